"""Successive over-relaxation, in the order of the unknowns and by colours."""

from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import splu

from evaluators.sor.export.parts.constants import GROWTH, HALF_SWEEPS
from evaluators.sor.export.parts.system import Info


def sor(
    matrix: Any,
    b: np.ndarray,
    x: np.ndarray,
    omegas: np.ndarray,
    tolerance: float,
    maxiter: int,
) -> tuple[np.ndarray, Info]:
    """Sweeps x <- x + (D / omega + L)^-1 (b - A x), in the order of the unknowns.

    D is the diagonal of A, L what is below it. Sweep k has the k-th omega, or the last one.
    """
    diagonal = matrix.diagonal()
    lower = scipy.sparse.tril(matrix, -1, format="csc")
    residual = b - matrix @ x
    norms = [float(np.linalg.norm(residual))]
    factored = np.nan
    while len(norms) <= maxiter and not finished(norms, tolerance):
        omega = omegas[min(len(norms), len(omegas)) - 1]
        if omega != factored:
            triangle = lower + scipy.sparse.diags_array(diagonal / omega, format="csc")
            factors = splu(triangle, permc_spec="NATURAL", diag_pivot_thresh=0.0)
            factored = omega
        x = x + factors.solve(residual)
        residual = b - matrix @ x
        norms.append(float(np.linalg.norm(residual)))
    return x, outcome(norms, omegas[: len(norms) - 1], tolerance)


def coloured_sor(
    matrix: Any,
    b: np.ndarray,
    x: np.ndarray,
    omegas: np.ndarray,
    colours: np.ndarray,
    tolerance: float,
    maxiter: int,
) -> tuple[np.ndarray, Info]:
    """Sweeps x_i <- x_i + omega / a_ii (b - A x)_i, one colour after the other.

    Each sweep, or each colour of each sweep, has the next omega, until the last one stays.
    """
    blocks = [np.flatnonzero(colours == colour) for colour in range(colours.max() + 1)]
    rows = [matrix[block] for block in blocks]
    diagonals = [matrix.diagonal()[block] for block in blocks]
    each = len(blocks) if HALF_SWEEPS else 1
    norms = [float(np.linalg.norm(b - matrix @ x))]
    while len(norms) <= maxiter and not finished(norms, tolerance):
        first = (len(norms) - 1) * each
        for number, block in enumerate(blocks):
            omega = omegas[min(first + number % each, len(omegas) - 1)]
            x[block] += omega * (b[block] - rows[number] @ x) / diagonals[number]
        norms.append(float(np.linalg.norm(b - matrix @ x)))
    return x, outcome(norms, omegas[: (len(norms) - 1) * each], tolerance)


def finished(norms: list[float], tolerance: float) -> bool:
    """Whether sweeps end: at least one was made, and it is enough or it is hopeless."""
    return len(norms) > 1 and (small(norms, tolerance) or not norms[-1] <= GROWTH * norms[0])


def small(norms: list[float], tolerance: float) -> bool:
    """Whether the last residual is small beside the first."""
    return norms[-1] < tolerance * norms[0] or norms[-1] == 0


def outcome(norms: list[float], omegas: np.ndarray, tolerance: float) -> Info:
    """What the norms of the residuals of x_0, x_1, ... say."""
    converged = len(norms) > 1 and small(norms, tolerance)
    return Info(omegas, np.array(norms) / (norms[0] or 1.0), converged)
