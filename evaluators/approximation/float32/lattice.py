"""Lattice: constants on a grid that together compute nearly what real constants do.

Rounding each constant by itself loses up to half a unit of each. But the errors that constants
make overlap, and another rounding of one can make up for that of others: the nearest point of the
lattice spanned by the columns of the Jacobian (Brisebarre and Chevillard 2007, fpminimax). Its
basis is reduced (Lenstra, Lenstra and Lovasz 1982); Babai's nearest plane gives a close point, and
the short vectors of the basis are the moves that change the function least.
"""

import numpy as np
from jaxtyping import Float64, Int64

_REDUCED = 0.75  # Lovasz's condition
_SWAPS = 400  # at most: a bound on time, not reached by up to 16 constants


def reduce(basis: Float64[np.ndarray, "rows n"]) -> Int64[np.ndarray, "n n"]:
    """Integer combinations of the columns, one a column, that are short and nearly orthogonal."""
    n = basis.shape[1]
    triangle = np.linalg.qr(basis)[1]
    combination = np.eye(n)
    k = 1
    for _ in range(_SWAPS):
        if k >= n:
            break
        for j in range(k - 1, -1, -1):  # size reduction of column k
            times = np.rint(triangle[j, k] / triangle[j, j])
            if times:
                triangle[:, k] -= times * triangle[:, j]
                combination[:, k] -= times * combination[:, j]
        above, own = triangle[k - 1, k], triangle[k, k]
        if above**2 + own**2 >= _REDUCED * triangle[k - 1, k - 1] ** 2:
            k += 1
            continue
        for array in (triangle, combination):
            array[:, [k - 1, k]] = array[:, [k, k - 1]]
        _restore(triangle, k)
        k = max(k - 1, 1)
    return combination.astype(np.int64)


def _restore(triangle: Float64[np.ndarray, "n n"], k: int) -> None:
    """Make it upper triangular again after columns k - 1 and k were exchanged (Givens)."""
    a, b = triangle[k - 1, k - 1], triangle[k, k - 1]
    length = np.hypot(a, b)
    rotation = np.array([[a, b], [-b, a]]) / length
    triangle[[k - 1, k]] = rotation @ triangle[[k - 1, k]]
    triangle[k, k - 1] = 0.0


def nearest_plane(
    basis: Float64[np.ndarray, "rows n"], target: Float64[np.ndarray, " rows"]
) -> Int64[np.ndarray, " n"]:
    """Integers z that make ``basis @ z`` close to ``target`` (Babai 1986)."""
    orthogonal, triangle = np.linalg.qr(basis)
    rest = orthogonal.T @ target
    z = np.zeros(basis.shape[1])
    for j in reversed(range(len(z))):
        z[j] = np.rint(rest[j] / triangle[j, j])
        rest = rest - z[j] * triangle[:, j]
    return z.astype(np.int64)
