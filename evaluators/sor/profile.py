"""Profile: how many iterations every system takes with every omega of a grid."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64

from evaluators.sor.squash import squash, unsquash

LOWEST, HIGHEST = 0.5, 1.9995
_SLOPE = 5.0  # of the logarithm of iterations beyond the grid, by its length
_FAR = 5.0  # lengths beyond which it is far enough


def grid(points: int) -> Float64[np.ndarray, " omegas"]:
    """Omegas, evenly spread in the value that `squash` makes them of."""
    low, high = unsquash(np.array([LOWEST, HIGHEST]))
    return squash(np.linspace(low, high, points))


@dataclass(frozen=True)
class Profile:
    """Iterations by omega, the cost that fitting looks up instead of solving.

    Attributes:
        counts: Iterations at each point of `grid`.
    """

    counts: Float64[np.ndarray, "systems omegas"]

    @cached_property
    def best(self) -> Float64[np.ndarray, " systems"]:
        """Each system's best omega of the grid."""
        return np.asarray(grid(self.counts.shape[1])[self.counts.argmin(axis=1)])

    @cached_property
    def _logs(self) -> Float64[np.ndarray, "systems omegas"]:
        return np.asarray(np.log(self.counts))

    def at(
        self, values: Float64[np.ndarray, "rows systems"]
    ) -> Float64[np.ndarray, "rows systems"]:
        """Iterations at values before they are squashed; logarithms are interpolated linearly.

        Values beyond the grid cost as much as at its end and more with distance, so that what is
        fitted comes back.
        """
        low, high = unsquash(np.array([LOWEST, HIGHEST]))
        last = self.counts.shape[1] - 1
        with np.errstate(over="ignore", invalid="ignore"):
            wanted = np.nan_to_num((values - low) / (high - low), nan=-_FAR)
        share = np.clip(wanted, -_FAR, _FAR)
        inside = np.clip(share, 0.0, 1.0)
        below = np.minimum((inside * last).astype(np.int64), last - 1)
        systems = np.arange(len(self.counts))
        left, right = self._logs[systems, below], self._logs[systems, below + 1]
        between = left + (right - left) * (inside * last - below)
        return np.asarray(np.exp(between + _SLOPE * abs(share - inside)))
