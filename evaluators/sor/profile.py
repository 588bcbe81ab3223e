"""Profile: how many iterations every system takes with every omega of a grid."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from evaluators.sor.squash import squash, unsquash

POINTS = 96
LOWEST, HIGHEST = 0.5, 1.9995
_SLOPE = 0.05  # of the logarithm of iterations beyond the grid, by a step of the grid
_FAR = 500.0  # steps beyond which it is far enough


def grid() -> Float64[np.ndarray, " omegas"]:
    """Omegas, evenly spread in the value that `squash` makes them of."""
    low, high = unsquash(np.array([LOWEST, HIGHEST]))
    return squash(np.linspace(low, high, POINTS))


@dataclass(frozen=True)
class Profile:
    """Iterations by omega, the cost that fitting looks up instead of solving.

    Attributes:
        crossing: Fractional iterations at each point of `grid`.
    """

    crossing: Float64[np.ndarray, "systems omegas"]

    def at(
        self, values: Float64[np.ndarray, "rows systems"]
    ) -> Float64[np.ndarray, "rows systems"]:
        """Iterations at values before they are squashed; logarithms are interpolated linearly.

        Values beyond the grid cost as much as at its end and more with distance, so that what is
        fitted comes back.
        """
        low, high = unsquash(np.array([LOWEST, HIGHEST]))
        with np.errstate(over="ignore", invalid="ignore"):
            wanted = (values - low) / (high - low) * (POINTS - 1)
        place = np.clip(np.nan_to_num(wanted, nan=-_FAR), -_FAR, _FAR)
        inside = np.clip(place, 0.0, POINTS - 1 - 1e-9)
        below = inside.astype(np.int64)
        logs, systems = np.log(self.crossing), np.arange(len(self.crossing))
        left, right = logs[systems, below], logs[systems, below + 1]
        between = left + (right - left) * (inside - below)
        return np.asarray(np.exp(between + _SLOPE * abs(place - inside)))
