"""Squash: the value of a program as an omega.

    omega = 2 / (1 + exp(-f)),  kept within [0.001, 1.999999]

Every real value gives an omega of a convergent iteration (Ostrowski and Reich), value 0 is
Gauss-Seidel, and equal steps in f divide 2 - omega by equal factors where omega is close to 2,
which is how iteration counts depend on it.
"""

import numpy as np
from jaxtyping import Float64

LOWEST, HIGHEST = 1e-3, 2.0 - 1e-6


def squash(values: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """Omegas of values; NaN stays NaN."""
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(2.0 / (1.0 + np.exp(-values)), LOWEST, HIGHEST))


def unsquash(omegas: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """The value that gives each omega in (0, 2)."""
    return np.asarray(-np.log(2.0 / omegas - 1.0))
