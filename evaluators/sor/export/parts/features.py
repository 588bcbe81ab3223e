"""What the policy is told about a matrix, computed from the matrix."""

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
from scipy.sparse.linalg import eigsh

from evaluators.sor.export.parts.constants import DENSE


def diagonal_dominance(matrix: Any) -> float:
    """The smallest a_ii / sum_j |a_ij| of a row; at least 1/2 where the diagonal dominates."""
    return float((matrix.diagonal() / abs(matrix).sum(axis=1)).min())


def jacobi_radius(matrix: Any, lam: float) -> float:
    """Spectral radius of Jacobi's iteration, I - D^-1 A, from the smallest eigenvalue."""
    return max(1.0 - lam, largest_eigenvalue(matrix) - 1.0)


def smallest_eigenvalue(matrix: Any) -> float:
    """Of D^-1/2 A D^-1/2, D the diagonal of A."""
    scaled = unit_diagonal(matrix)
    if matrix.shape[0] <= DENSE:
        return float(scipy.linalg.eigvalsh(scaled.toarray())[0])
    start = np.random.default_rng(0).standard_normal(matrix.shape[0])
    [low] = eigsh(scaled.tocsc(), k=1, sigma=0.0, v0=start, return_eigenvectors=False)
    return float(low)


def largest_eigenvalue(matrix: Any) -> float:
    """Of D^-1/2 A D^-1/2, D the diagonal of A."""
    scaled = unit_diagonal(matrix)
    if matrix.shape[0] <= DENSE:
        return float(scipy.linalg.eigvalsh(scaled.toarray())[-1])
    start = np.random.default_rng(0).standard_normal(matrix.shape[0])
    [high] = eigsh(scaled, k=1, which="LA", v0=start, return_eigenvectors=False)
    return float(high)


def unit_diagonal(matrix: Any) -> Any:
    """D^-1/2 A D^-1/2."""
    roots = scipy.sparse.diags_array(matrix.diagonal() ** -0.5)
    return scipy.sparse.csr_array(roots @ matrix @ roots)
