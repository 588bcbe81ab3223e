"""Engines timed in turn: every round times each of them once, ratios are taken within a round."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.throughput.engines import Engine

SHORTEST = 0.03  # seconds; what takes less is repeated within its round


@dataclass
class Times:
    """Seconds of one run, a value a round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def timed(engines: Sequence[Engine], rounds: int, shortest: float = SHORTEST) -> list[Times]:
    """Time every engine ``rounds`` times, round-robin, after a run that is not timed."""
    repeats = [_repeats(engine, shortest) for engine in engines]
    times = [Times() for _ in engines]
    for _ in range(rounds):
        for engine, count, taken in zip(engines, repeats, times, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(count):
                engine.run()
            taken.wall.append((time.perf_counter() - wall) / count)
            taken.cpu.append((time.process_time() - cpu) / count)
    return times


def _repeats(engine: Engine, shortest: float) -> int:
    engine.run()
    started = time.perf_counter()
    engine.run()
    return max(1, min(50, int(np.ceil(shortest / (time.perf_counter() - started)))))


def quartiles(values: npt.ArrayLike) -> dict[str, float]:
    """Median, and the quartiles around it."""
    low, median, high = np.quantile(np.asarray(values, float), (0.25, 0.5, 0.75))
    return {"median": float(median), "low": float(low), "high": float(high)}


def ratios(fast: Times, slow: Times, fast_work: float, slow_work: float) -> dict[str, float]:
    """How many times the node evaluations a second of ``slow`` those of ``fast`` are."""
    wall = (fast_work / np.array(fast.wall)) / (slow_work / np.array(slow.wall))
    cpu = (fast_work / np.array(fast.cpu)) / (slow_work / np.array(slow.cpu))
    return {**quartiles(wall), "cpu": float(np.median(cpu))}
