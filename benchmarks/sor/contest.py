"""A contest: every round runs each contestant once; counts are compared, times are ratios."""

import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.sor.contestants import Contestant, Counts
from benchmarks.tables import number, table

ALLOWED = 0.01  # share of lanes whose counts may differ: they stop within a rounding error


@dataclass
class Result:
    """Of one contestant.

    Attributes:
        counts: Sweeps of every lane.
        first: Seconds of the first run, which compiles.
        wall: Seconds of the others.
        cpu: Seconds of all cores together.
    """

    counts: Counts
    first: float
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def contest(found: list[Contestant], missing: list[str], rounds: int) -> bool:
    """Print a table; True where our counts differ from those of a peer of the same ordering."""
    results = [_first(each) for each in found]
    for _ in range(rounds):
        for each, result in zip(found, results, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            each.run()
            result.wall.append(time.perf_counter() - wall)
            result.cpu.append(time.process_time() - cpu)
    differing = [_differing(each, found, results) for each in found]
    rows = [
        [
            each.name,
            number(1e3 * float(np.median(result.wall))),
            number(1e3 * float(np.median(result.cpu))),
            number(float(np.median(np.divide(result.wall, results[0].wall)))),
            number(result.first, 2),
            f"{result.counts.sum():,}",
            "–" if differ is None else str(differ),
        ]
        for each, result, differ in zip(found, results, differing, strict=True)
    ]
    head = ["", "ms", "CPU ms", "times as long", "first run s", "sweeps", "lanes that differ"]
    print(table(head, rows))
    for reason in missing:
        print(f"\nNot here: {reason}")
    return any((differ or 0) > ALLOWED * len(results[0].counts) for differ in differing)


def _first(contestant: Contestant) -> Result:
    started = time.perf_counter()
    counts = contestant.run()
    return Result(counts, time.perf_counter() - started)


def _differing(
    contestant: Contestant, found: list[Contestant], results: list[Result]
) -> int | None:
    """How many of our counts are not those of the first peer of the same ordering."""
    peers = [
        result.counts
        for each, result in zip(found, results, strict=True)
        if not each.ours and each.ordering == contestant.ordering
    ]
    if not contestant.ours or not peers:
        return None
    own = results[found.index(contestant)].counts
    return int((own != peers[0]).sum())
