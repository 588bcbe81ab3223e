"""When the campaigns of the results page reached what they reached, seed by seed.

    python -m benchmarks.functions.reached exp2_full --seeds 1 2 3

Reads the database that `python -m benchmarks functions` left. For each number of operations and
each seed: the best error, and the minute (and evaluation) of the search at which an error at most
5 % above it was first stored.
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


def reached(store: Store, name: str) -> dict[int, Reached]:
    """By operations; counts that did not improve on a smaller one are left out."""
    told, pace = queries.history(store, name), queries.generations(store, name)
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
        found[size] = Reached(best, pace.seconds[at] / 60, int(pace.evaluations[at]))
    return found


def table(found: dict[int, dict[int, Reached]]) -> list[str]:
    """Markdown rows: operations, then error (minute, evaluations) of each seed."""
    lines = [
        "| operations | " + " | ".join(f"seed {seed}" for seed in found) + " |",
        "|---:|" + "---|" * len(found),
    ]
    for size in sorted({size for sizes in found.values() for size in sizes}):
        cells = []
        for sizes in found.values():
            one = sizes.get(size)
            cells.append(
                f"{one.error:.3e} ({one.minutes:.1f} min, {one.evaluations:,})" if one else "-"
            )
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
