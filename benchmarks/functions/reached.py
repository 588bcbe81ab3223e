"""When the campaigns of the results page reached what they reached, seed by seed.

    python -m benchmarks.functions.reached exp2_full --seeds 1 2 3

Reads the database that `python -m benchmarks functions` left. For each number of operations and
each seed: the best error as searched, the minute (and evaluation) at which an error at most 5 %
above it was first stored, and the error after polish where the campaign has ended.
"""

import argparse
from typing import NamedTuple

import numpy as np

from benchmarks.functions.__main__ import STORAGE
from benchmarks.functions.problems import Problem
from evosearch.contracts import Status
from evosearch.store import queries
from evosearch.store.store import Store

NEAR = 1.05


class Reached(NamedTuple):
    """The best of one number of operations."""

    error: float
    minutes: float
    evaluations: int
    polished: float | None

    def __str__(self) -> str:
        polished = f", polished {self.polished:.3e}" if self.polished is not None else ""
        return f"{self.error:.3e} ({self.minutes:.1f} min, {self.evaluations:,}){polished}"


def reached(store: Store, name: str) -> dict[int, Reached]:
    """By operations; counts that did not improve on a smaller one are left out."""
    told, pace = queries.history(store, name), queries.generations(store, name)
    polished = {
        member.size: min(v for k, v in member.polish["metrics"].items() if k.startswith("max_"))
        for member in queries.front(store, name)
        if member.polish is not None
    }
    fine = told.status == Status.OK
    sizes, errors = told.sizes[fine], told.objectives[fine, 0]
    born = np.searchsorted(pace.generation, told.generation[fine])
    found: dict[int, Reached] = {}
    for size in np.unique(sizes).tolist():
        own = sizes == size
        best = errors[own].min()
        if any(best > other.error * 0.99 for other in found.values()):
            continue
        at = born[own][np.flatnonzero(errors[own] <= NEAR * best)[0]]
        when = pace.seconds[at] / 60, int(pace.evaluations[at])
        found[size] = Reached(best, *when, polished.get(size))
    return found


def table(found: dict[int, dict[int, Reached]]) -> list[str]:
    """Markdown rows: operations, then error (minute, evaluations) of each seed."""
    lines = [
        "| operations | " + " | ".join(f"seed {seed}" for seed in found) + " |",
        "|---:|" + "---|" * len(found),
    ]
    for size in sorted({size for sizes in found.values() for size in sizes}):
        cells = [str(sizes.get(size, "-")) for sizes in found.values()]
        lines.append(f"| {size} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--storage", default=STORAGE)
    options = parser.parse_args()
    problem = Problem(options.name)
    with Store.open(options.storage) as store:
        found = {seed: reached(store, problem.campaign(seed)) for seed in options.seeds}
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
