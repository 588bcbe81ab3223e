"""Successive over-relaxation one system at a time, as textbooks write it: the measure of ours."""

from collections.abc import Callable

import numpy as np
import scipy.sparse
from scipy.linalg import solve_triangular


def poisson(side: int) -> scipy.sparse.csr_array:
    """The 5-point Laplacian of a square of side x side points."""
    line = scipy.sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    unit = scipy.sparse.eye_array(side)
    return scipy.sparse.csr_array(scipy.sparse.kron(line, unit) + scipy.sparse.kron(unit, line))


def random_spd(n: int, density: float, seed: int) -> scipy.sparse.csr_array:
    """A positive definite matrix with a varied diagonal and no pattern."""
    made = scipy.sparse.random_array(
        (n, n), density=density, rng=np.random.default_rng(seed), dtype=np.float64
    )
    symmetric = made - 0.4 * made.T
    symmetric = symmetric + symmetric.T
    rows = np.asarray(abs(symmetric).sum(axis=1)).ravel()
    spread = np.linspace(1.05, 3.0, n)
    diagonal = scipy.sparse.diags_array(spread * rows + 0.1 - symmetric.diagonal())
    return scipy.sparse.csr_array(symmetric + diagonal)


def shifted(matrix: scipy.sparse.csr_array, shift: float) -> scipy.sparse.csr_array:
    return scipy.sparse.csr_array(matrix + shift * scipy.sparse.eye_array(matrix.shape[0]))


def norms(
    matrix: scipy.sparse.csr_array,
    b: np.ndarray,
    omega_of: Callable[[int], float | np.ndarray],
    *,
    start: np.ndarray | None = None,
    tolerance: float = 1e-8,
    cap: int = 10_000,
) -> list[float]:
    """Norms of the residuals of x_0, x_1, ... to the first that is small enough.

    ``omega_of(k)`` is the omega of sweep k = 1, 2, ..., or one for each row.
    """
    dense = matrix.toarray()
    lower, diagonal = np.tril(dense, -1), np.diag(dense)
    x = np.zeros(len(b)) if start is None else start
    residual = b - matrix @ x
    found = [float(np.linalg.norm(residual))]
    while len(found) <= cap and not (len(found) > 1 and found[-1] < tolerance * found[0]):
        splitting = lower + np.diag(diagonal / omega_of(len(found)))
        x = x + solve_triangular(splitting, residual, lower=True)
        residual = b - matrix @ x
        found.append(float(np.linalg.norm(residual)))
    return found


def crossing(found: list[float], tolerance: float = 1e-8) -> float:
    """Where between the last two the tolerance is crossed."""
    before, after = found[-2] / found[0], found[-1] / found[0]
    return len(found) - 2 + np.log(before / tolerance) / np.log(before / after)
