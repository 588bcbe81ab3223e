"""Milliseconds of NSGA-II: survivors of 10,000 and 10,000 children, and the pool they breed from.

    python -m benchmarks.survivors [--json]

Two objectives: random ones, an error beside a count of operations (many ties), and points along a
line (few fronts). CPU time, the least of several runs, each of a population not seen before.
DEAP's ``selNSGA2`` with its faster sort chooses the same individuals from a tenth of them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from evosearch import deap_adapter
from evosearch.genomes.program import ProgramBatch
from evosearch.population import Population
from evosearch.selection import build

SURVIVORS = 10_000
TENTH = SURVIVORS // 10
RUNS = 7


def objectives(kind: str, n: int) -> np.ndarray:
    """Costs of n individuals."""
    rng = np.random.default_rng(0)
    if kind == "random":
        return rng.normal(size=(n, 2))
    if kind == "error and operations":
        return np.stack([np.exp(3 * rng.normal(size=n)), rng.integers(1, 25, n)], axis=1)
    x = rng.random(n)
    return np.stack([x, 1 - x + 1e-3 * rng.random(n)], axis=1)


def population(costs: np.ndarray) -> Population:
    """Individuals of these costs, all different."""
    n = len(costs)
    return Population(
        ids=np.arange(1, n + 1),
        genomes=ProgramBatch.identity(n),
        digests=[blake2b(b"%d" % row, digest_size=16).digest() for row in range(n)],
        objectives=costs,
        costs=costs,
        status=np.zeros(n, np.int8),
        measures=np.zeros((n, 0)),
        sizes=np.ones(n, np.int64),
        births=np.zeros(n, np.int64),
    )


def measure(kind: str) -> dict[str, float]:
    """Milliseconds by step."""
    costs = objectives(kind, 2 * SURVIVORS)
    rng = np.random.default_rng(1)
    many, few = (build("nsga2", {"survivors": n}) for n in (SURVIVORS, TENTH))
    everyone = population(costs)
    bred = everyone.take(many.survivors(everyone, rng))
    small = population(costs[: 2 * TENTH])
    results = {
        "survivors": _least(everyone, lambda people: many.survivors(people, rng)),
        "mating pool": _least(bred, lambda people: many.mating_pool(people, SURVIVORS, 2, rng)),
        "survivors, a tenth": _least(small, lambda people: few.survivors(people, rng)),
        "DEAP, a tenth": _least(small, lambda people: _deap(people, TENTH)),
    }
    chosen, peer = small.costs[few.survivors(small, rng)], _deap(small, TENTH)
    if kind != "error and operations":  # individuals as crowded as each other: either will do
        assert np.array_equal(np.sort(chosen, axis=0), np.sort(peer, axis=0))
    return results


def _deap(people: Population, survivors: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    rows = deap_adapter.select("selNSGA2", people.costs, survivors, rng, nd="log")
    return np.asarray(people.costs[rows])


def _least(people: Population, action: Callable[[Population], Any]) -> float:
    times = []
    for _ in range(RUNS):
        unseen = people.take(np.arange(len(people)))
        started = time.process_time()
        action(unseen)
        times.append(time.process_time() - started)
    return 1e3 * min(times)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description="Speed of selection.")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    kinds = ("random", "error and operations", "along a line")
    results = {kind: measure(kind) for kind in kinds}
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for kind, steps in results.items():
        print(f"  {kind}")
        for name, milliseconds in steps.items():
            print(f"    {name:20} {milliseconds:8.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
