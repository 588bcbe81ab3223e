"""Spectrum: the extreme eigenvalues of diagonally scaled matrices, to working precision."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float64
from scipy.sparse.linalg import eigsh

from evaluators.sor.systems import Systems

_DENSE = 400  # unknowns up to which all eigenvalues are had at once


@dataclass(frozen=True)
class Spectrum:
    """Ends of the spectrum of D^-1/2 (A + cI) D^-1/2, D the diagonal of A + cI.

    Attributes:
        lowest: Smallest eigenvalue of every system, lambda.
        highest: Largest.
    """

    lowest: Float64[np.ndarray, " systems"]
    highest: Float64[np.ndarray, " systems"]

    @property
    def mu(self) -> Float64[np.ndarray, " systems"]:
        """Spectral radius of Jacobi's iteration, I - D^-1 (A + cI); 1 or more: it diverges."""
        return np.maximum(1.0 - self.lowest, self.highest - 1.0)


def spectrum(systems: Systems) -> Spectrum:
    """Both ends for every system; one eigenvalue problem where the diagonal of A is constant.

    Beyond 400 unknowns by Lanczos' method (scipy's ``eigsh``, the lower end by shift and invert)
    from a fixed start, so that it is the same every time.
    """
    diagonal = systems.matrix.diagonal()
    if np.all(diagonal == diagonal[0]):
        low, high = _ends(systems.matrix)
        scale = diagonal[0] + systems.shifts
        return Spectrum((low + systems.shifts) / scale, (high + systems.shifts) / scale)
    shifts, which = np.unique(systems.shifts, return_inverse=True)
    ends = np.array([_ends(_scaled(systems.matrix, c)) for c in shifts])
    return Spectrum(ends[which, 0], ends[which, 1])


def with_spectrum(systems: Systems) -> Systems:
    """The same systems with facts ``mu`` and ``lam``."""
    ends = spectrum(systems)
    known = dict(systems.facts) | {"mu": ends.mu, "lam": ends.lowest}
    return Systems(
        systems.name, systems.matrix, systems.shifts, systems.rhs, systems.starts, known
    )


def _scaled(matrix: scipy.sparse.csr_array, shift: float) -> scipy.sparse.csr_array:
    shifted = matrix + shift * scipy.sparse.eye_array(matrix.shape[0], format="csr")
    roots = scipy.sparse.diags_array(shifted.diagonal() ** -0.5)
    return scipy.sparse.csr_array(roots @ shifted @ roots)


def _ends(matrix: scipy.sparse.csr_array) -> tuple[float, float]:
    n = matrix.shape[0]
    if n <= _DENSE:
        values = scipy.linalg.eigvalsh(matrix.toarray())
        return float(values[0]), float(values[-1])
    start = np.random.default_rng(0).standard_normal(n)
    low = eigsh(matrix.tocsc(), k=1, sigma=0.0, v0=start, return_eigenvectors=False)
    high = eigsh(matrix, k=1, which="LA", v0=start, return_eigenvectors=False)
    return float(low[0]), float(high[0])
