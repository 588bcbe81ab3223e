"""Lanczos: cheap estimates of the ends of the spectrum of many systems at once.

A few steps of Lanczos' method (1950) on D^-1/2 (A + cI) D^-1/2, D the diagonal of A + cI, give an
upper bound of its smallest eigenvalue and a lower bound of its largest. A step costs a product
with A, about as much as a sweep.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from evaluators.sor.systems import Systems

_SMALL = 1e-10  # norm of what is left of a unit vector when a space is exhausted
_CHUNK = 1 << 22  # numbers kept of the vectors of some systems at a time


@dataclass(frozen=True)
class Ritz:
    """Ritz values after each step; they stay as they are where there are no more directions.

    Attributes:
        lowest: The smallest of each step, which falls to the smallest eigenvalue.
        highest: The largest of each step, which rises to the largest eigenvalue.
    """

    lowest: Float64[np.ndarray, "systems steps"]
    highest: Float64[np.ndarray, "systems steps"]

    @property
    def mu(self) -> Float64[np.ndarray, "systems steps"]:
        """The radius of Jacobi's iteration, max |1 - lambda|; estimated from below."""
        return np.maximum(abs(1.0 - self.lowest), abs(1.0 - self.highest))


def ritz(systems: Systems, steps: int, start: Float64[np.ndarray, " n"]) -> Ritz:
    """Ritz values of every system after 1, 2, ... ``steps`` steps from a vector.

    Args:
        systems: With a positive diagonal.
        steps: At least 1; may be more than there are unknowns.
        start: Not zero.
    """
    chunk = max(1, _CHUNK // (systems.n * steps))
    parts = [
        _ritz(systems.take(np.arange(first, min(first + chunk, len(systems)))), steps, start)
        for first in range(0, len(systems), chunk)
    ]
    return Ritz(*(np.concatenate([part[end] for part in parts]) for end in (0, 1)))


def lowest_ritz(systems: Systems, steps: int) -> Float64[np.ndarray, " systems"]:
    """The smallest Ritz value of every system after so many steps from a fixed Gaussian vector."""
    start = np.random.default_rng(0).normal(size=systems.n)
    return ritz(systems, steps, start).lowest[:, -1]


def _ritz(
    systems: Systems, steps: int, start: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, "systems steps"], Float64[np.ndarray, "systems steps"]]:
    count = len(systems)
    scale = 1 / np.sqrt(systems.matrix.diagonal()[:, None] + systems.shifts)
    vector = np.repeat(start[:, None] / np.linalg.norm(start), count, axis=1)
    vectors = np.zeros((steps, systems.n, count))
    projected = np.zeros((count, steps, steps))
    ends = np.empty((2, count, steps))
    alive = np.ones(count, bool)
    for step in range(steps):
        vectors[step] = vector
        scaled = scale * vector
        product = scale * (systems.matrix @ scaled + systems.shifts * scaled)
        projected[:, step, step] = (vector * product).sum(axis=0)
        ends[:, :, step] = _ends(projected[:, : step + 1, : step + 1], ends[:, :, step - 1], alive)
        if step + 1 < steps:
            left = _orthogonal(product, vectors[: step + 1])
            norm = np.linalg.norm(left, axis=0)
            alive &= norm > _SMALL
            vector = np.where(alive, left / np.where(alive, norm, 1.0), 0.0)
            projected[:, step, step + 1] = projected[:, step + 1, step] = norm
    return ends[0], ends[1]


def _orthogonal(
    product: Float64[np.ndarray, "n systems"], vectors: Float64[np.ndarray, "steps n systems"]
) -> Float64[np.ndarray, "n systems"]:
    """What is left of the product: twice, or rounding errors would bring the vectors back."""
    for _ in range(2):
        parts = np.einsum("knt,nt->kt", vectors, product)
        product = product - np.einsum("knt,kt->nt", vectors, parts)
    return product


def _ends(
    projected: Float64[np.ndarray, "systems k k"],
    before: Float64[np.ndarray, "2 systems"],
    alive: Bool[np.ndarray, " systems"],
) -> Float64[np.ndarray, "2 systems"]:
    """Smallest and largest eigenvalues, or those before where the space is exhausted."""
    values = np.linalg.eigvalsh(projected)
    return np.where(alive, values[:, [0, -1]].T, before)
