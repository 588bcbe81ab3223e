"""Milliseconds from parents to digests of their children, on one core.

    python -m benchmarks.births [--size 20] [--json]

Parents are 4,096 random programs of one size over seven primitives and two inputs. Children are
bred by the operators of ``expressions`` at their own weights, which includes the canonical form;
then come their byte forms and digests, and their structures. CPU time, the least of several runs.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evosearch.config import AlgorithmSection
from evosearch.genomes.program import ProgramBatch
from evosearch.population import Population
from evosearch.selection import build
from evosearch.variation import Births, breed, weighted
from search_spaces.expressions import Expressions, ExpressionsOptions

CHILDREN = (128, 1_024, 4_096, 100_000)
PARENTS = 4_096
SECONDS = 4.0
PRIMITIVES = ("add", "sub", "mul", "div", "max", "exp", "sin")
TARGETS = {4_096: 25.0, 100_000: 500.0}


def space(size: int) -> Expressions:
    """Programs up to a quarter above this size."""
    most = size * 5 // 4
    return Expressions(
        ExpressionsOptions(
            primitives=PRIMITIVES, inputs=2, max_operations=most, max_constants=most
        )
    )


def parents(own: Expressions, size: int) -> Population:
    """Random programs of exactly that many operations, all of one cost."""
    rng = np.random.default_rng(0)
    random = own.operators["random"].apply
    found = ProgramBatch.identity(0, own.options.inputs)
    while len(found) < PARENTS:
        born: ProgramBatch = random(rng, (), PARENTS)
        found = found.concatenate([born.take(np.flatnonzero(born.lengths == size))])
    genomes = found.take(np.arange(PARENTS))
    costs = np.zeros((PARENTS, 1))
    return Population(
        ids=np.arange(1, PARENTS + 1),
        genomes=genomes,
        digests=genomes.digests(),
        objectives=costs,
        costs=costs,
        status=np.zeros(PARENTS, np.int8),
        measures=np.zeros((PARENTS, 0)),
        sizes=genomes.sizes(),
        births=np.zeros(PARENTS, np.int64),
    )


def children(own: Expressions, people: Population, n: int, mutations: Sequence[float]) -> Births:
    """n children by the space's own weights."""
    return breed(
        weighted(own, {}),
        build("ageing", {"tournament": 1}),
        people,
        n,
        mating=np.random.default_rng(1),
        variation=np.random.default_rng(2),
        mutations=mutations,
    )


def measure(size: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each step by number of children."""
    own = space(size)
    people = parents(own, size)
    default = AlgorithmSection.model_fields["mutations"].default
    results = {}
    for n in CHILDREN:
        genomes = children(own, people, n, (1.0,)).genomes
        results[f"{n:,}"] = {
            "breed, one mutation": _least(lambda n=n: children(own, people, n, (1.0,))),
            "digests": _least(lambda g=genomes: _unseen(g).digests()),
            "digests, structures": _least(lambda g=genomes: _both(_unseen(g))),
            "breed, default mutations": _least(lambda n=n: children(own, people, n, default)),
        }
    return results


def _unseen(genomes: ProgramBatch) -> ProgramBatch:
    """The same programs, whose byte forms nobody has asked for."""
    return genomes.narrow(genomes.ops.shape[1], genomes.constants.shape[1])


def _both(genomes: ProgramBatch) -> None:
    genomes.digests()
    genomes.structures()


def _least(action: Callable[[], Any]) -> float:
    times: list[float] = []
    while len(times) < 3 or (sum(times) < SECONDS and len(times) < 20):
        started = time.process_time()
        action()
        times.append(time.process_time() - started)
    return 1e3 * min(times)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description="Speed of breeding.")
    parser.add_argument("--size", type=int, default=20, help="operations of the parents")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    results = measure(options.size)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for n, steps in results.items():
        print(f"  {n} children")
        for name, milliseconds in steps.items():
            print(f"    {name:28} {milliseconds:8.1f} ms")
        total = steps["breed, one mutation"] + steps["digests"]
        target = TARGETS.get(int(n.replace(",", "")))
        aim = f"  (at most {target:.0f})" if target else ""
        print(f"    {'bred and digested':28} {total:8.1f} ms{aim}")


if __name__ == "__main__":
    main(sys.argv[1:])
