"""Conjugate gradients with symmetric successive over-relaxation as their preconditioner."""

from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import splu

from evaluators.sor.export.parts.system import Info


def ssor_cg(
    matrix: Any,
    b: np.ndarray,
    x: np.ndarray,
    omegas: np.ndarray,
    tolerance: float,
    maxiter: int,
) -> tuple[np.ndarray, Info]:
    """Conjugate gradients, preconditioned by (D + omega L^T) D^-1 (D + omega L).

    D is the diagonal of A, L what is below it. They end where ||b - A x|| <= tolerance ||b||.
    """
    diagonal = matrix.diagonal()
    lower = omegas[0] * scipy.sparse.tril(matrix, -1, format="csc")
    triangle = lower + scipy.sparse.diags_array(diagonal, format="csc")
    factors = splu(triangle, permc_spec="NATURAL", diag_pivot_thresh=0.0)
    enough = tolerance * np.linalg.norm(b)
    residual = b - matrix @ x
    norms = [np.linalg.norm(residual)]
    direction, energy = np.zeros_like(x), np.inf
    while len(norms) <= maxiter and norms[-1] > enough:
        solved = factors.solve(diagonal * factors.solve(residual, "T"))
        before, energy = energy, residual @ solved
        direction = solved + energy / before * direction
        product = matrix @ direction
        curvature = direction @ product
        if not curvature > 0:
            raise ValueError("A: expected a positive definite matrix, received one that is not")
        x = x + energy / curvature * direction
        residual = residual - energy / curvature * product
        norms.append(np.linalg.norm(residual))
    relative = np.array(norms) / (np.linalg.norm(b) or 1.0)
    return x, Info(omegas, relative, bool(norms[-1] <= enough))
