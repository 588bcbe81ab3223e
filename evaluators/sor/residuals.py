"""Residuals at the start."""

import numpy as np
from jaxtyping import Float64

from evaluators.sor.systems import Systems


def residuals(systems: Systems) -> Float64[np.ndarray, "systems n"]:
    """The residual b - (A + cI) x_0 of every system."""
    if systems.starts is None:
        return systems.rhs
    shifted = systems.shifts[:, None] * systems.starts
    products = (systems.matrix @ systems.starts.T).T
    found: Float64[np.ndarray, "systems n"] = systems.rhs - (products + shifted)
    return found
