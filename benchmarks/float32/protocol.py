"""The clock: contestants in turn, round after round in one run; the shortest time counts.

The protocol of AutoNumerics-Zero (`wall_clock_cost_estimator.py`): a function is iterated 100
times on 10,000 float32 points inside one compiled loop, the values kept within the interval but
for a tenth at either end ([0.1, 0.9] for [0, 1]); compiled and warmed before; the minimum of many
repeats. Reading, writing and keeping the values inside is part of every time.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FEWEST = 20  # rounds, however long they take
MOST = 5000


@dataclass(frozen=True)
class Times:
    """Nanoseconds of one evaluation at one point, a value a round."""

    rounds: npt.NDArray[np.float64]

    @property
    def best(self) -> float:
        """The shortest."""
        return float(self.rounds.min())

    @property
    def spread(self) -> float:
        """How far the lower quartile of the rounds is above the shortest, as a part of it."""
        return float(np.quantile(self.rounds, 0.25)) / self.best - 1

    def ratio(self, other: "Times") -> float:
        """How many times as long the other one takes."""
        return other.best / self.best

    def ratio_by_round(self, other: "Times") -> float:
        """The same as the median of the ratios of the rounds."""
        return float(np.median(other.rounds / self.rounds))


def timed(
    contestants: Mapping[str, Callable[[], float]],
    seconds: float = 10.0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Times]:
    """Every contestant once a round, for about so many seconds.

    Args:
        contestants: Functions that run once and tell how many nanoseconds an evaluation took.
        seconds: For all of them together, without the first run, which is not counted.
        clock: Tells seconds.
    """
    for run in contestants.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    ends, rounds = clock() + seconds, 0
    while rounds < FEWEST or (rounds < MOST and clock() < ends):
        for name, run in contestants.items():
            taken[name].append(run())
        rounds += 1
    return {name: Times(np.array(values)) for name, values in taken.items()}
