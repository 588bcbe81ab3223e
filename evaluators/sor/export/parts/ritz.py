"""A cheap estimate of the smallest eigenvalue."""

from typing import Any

import numpy as np

from evaluators.sor.export.parts.features import unit_diagonal


def lowest_ritz(matrix: Any, steps: int) -> float:
    """Estimate of the smallest eigenvalue of D^-1/2 A D^-1/2, from above.

    It takes so many steps of Lanczos' method (1950) from a fixed Gaussian vector, each as much
    work as a sweep.
    """
    scaled, n = unit_diagonal(matrix), matrix.shape[0]
    steps = min(steps, n)
    vector = np.random.default_rng(0).normal(size=n)
    vectors, diagonal, beside = [vector / np.linalg.norm(vector)], [], []
    while True:
        product = scaled @ vectors[-1]
        diagonal.append(vectors[-1] @ product)
        for _ in range(2):  # twice, or rounding errors would bring the vectors back
            product = product - np.array(vectors).T @ (np.array(vectors) @ product)
        left = np.linalg.norm(product)
        if len(vectors) == steps or left <= 1e-10:
            break
        beside.append(left)
        vectors.append(product / left)
    projected = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    return float(np.linalg.eigvalsh(projected)[0])
