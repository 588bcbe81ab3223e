"""Red-black sweeps in NumPy: one omega after another, a colour by a mask."""

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.float64]


def numpy_loop(
    side: int, b: Grid, omegas: Grid, tolerance: float, cap: int
) -> npt.NDArray[np.int64]:
    """Sweeps for each omega; the residual's norm after every sweep."""
    return np.array([_solve(b.reshape(side, side), omega, tolerance, cap) for omega in omegas])


def _solve(b: Grid, omega: float, tolerance: float, cap: int) -> int:
    side = len(b)
    x = np.zeros((side + 2, side + 2))
    middle, up, down = x[1:-1, 1:-1], x[:-2, 1:-1], x[2:, 1:-1]
    left, right = x[1:-1, :-2], x[1:-1, 2:]
    black = np.add.outer(np.arange(side), np.arange(side)) % 2
    scales = (omega / 4 * (1 - black), omega / 4 * black)
    limit = tolerance**2 * np.vdot(b, b)
    for k in range(1, cap + 1):
        for scale in scales:
            middle += scale * (b + up + down + left + right - 4 * middle)
        residual = b + up + down + left + right - 4 * middle
        if np.vdot(residual, residual) < limit:
            return k
    return cap
