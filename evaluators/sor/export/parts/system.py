"""The linear system that somebody wants solved, and what they get back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse


@dataclass(frozen=True)
class Info:
    """What solving took.

    Attributes:
        omegas: In the order of their use; the last one stayed.
        residuals: Norm of the residual after 0, 1, ... iterations, relative as ``tolerance`` is.
        converged: Whether the last one is small enough.
    """

    omegas: np.ndarray
    residuals: np.ndarray
    converged: bool

    @property
    def iterations(self) -> int:
        """How many it took."""
        return len(self.residuals) - 1

    @property
    def residual(self) -> float:
        """The last one."""
        return float(self.residuals[-1])


@dataclass
class State:
    """What the policy remembers of the system before; one for each sequence of systems.

    Attributes:
        omega1: Its omega.
        count1: Its iterations.
    """

    omega1: float = 1.0
    count1: float = 1.0


def checked(given: Any, b: Any, x0: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    """A in compressed rows, the right-hand side, and a start that may be changed."""
    if any(map(np.iscomplexobj, (given, b, x0))):
        raise ValueError("expected real A, b and x0, received complex numbers")
    shape = np.shape(given)
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        raise ValueError(f"A: expected a square matrix, received shape {shape}")
    matrix = scipy.sparse.csr_array(given, dtype=np.float64, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    b = np.asarray(b, np.float64)
    x = np.zeros(shape[0]) if x0 is None else np.array(x0, np.float64)
    for name, vector in (("b", b), ("x0", x)):
        if vector.shape != shape[:1]:
            raise ValueError(f"{name}: expected shape {shape[:1]}, received {vector.shape}")
    if not all(np.isfinite(values).all() for values in (matrix.data, b, x)):
        raise ValueError("expected finite numbers in A, b and x0, received infinite ones or NaN")
    skew = abs(matrix - matrix.T).max()
    if skew > 1e-10 * abs(matrix).max():
        raise ValueError(f"A: expected a symmetric matrix, received |a_ij - a_ji| up to {skew:g}")
    diagonal = matrix.diagonal()
    row = int(np.argmin(diagonal))
    if not diagonal[row] > 0:
        raise ValueError(
            f"A: expected a positive diagonal, received {diagonal[row]:g} in row {row}"
        )
    return matrix, b, x


def usable(omegas: Any, told: dict[str, Any]) -> np.ndarray:
    """One omega for each of the first sweeps, where the policy has one for these features."""
    steps: np.ndarray = np.atleast_1d(omegas)
    if np.isnan(steps).any():
        features = ", ".join(f"{name} = {float(value):g}" for name, value in told.items())
        raise ValueError(f"the policy has no omega for a system with {features}")
    return steps
