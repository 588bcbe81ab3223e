"""Errors in units in the last place (ULP) of float32.

The convention: the error of a computed float32 v where the real value is y is |v - y| / ulp(y),
with ulp(y) = 2^(e - 23) for 2^e <= |y| < 2^(e + 1), and 2^-149 for |y| < 2^-126 (Goldberg 1991,
with the unit taken at the real value). A correctly rounded result is within 0.5 ULP; results
within 1 ULP and on either side of y are *faithful*.
"""

import numpy as np
from jaxtyping import Float32, Float64

_SMALLEST = np.int64(1023 - 126)  # biased float64 exponents of normal float32 numbers: from here
_UNIT = np.int64(23)


def ulp(y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Unit in the last place of float32 at the real values ``y``, as they are in float64.

    The float64 nearest a real value just below a power of two may be that power, whose unit is
    twice as large: `at_power` tells where.
    """
    exponent = (y.view(np.int64) >> 52) & 0x7FF
    unit = (np.maximum(exponent, _SMALLEST) - _UNIT) << 52
    return np.asarray(unit.view(np.float64))


def at_power(y: Float64[np.ndarray, " n"]) -> np.ndarray:
    """Where |y| is a power of two."""
    return np.asarray((y.view(np.int64) & 0x000FFFFFFFFFFFFF) == 0)


def errors(
    values: Float32[np.ndarray, "*rows points"],
    y: Float64[np.ndarray, " points"],
    unit: Float64[np.ndarray, " points"],
) -> Float64[np.ndarray, "*rows points"]:
    """Errors in ULP, with ``unit = ulp(y)``; infinite where a value is not finite."""
    error = np.abs(values - y)
    error /= unit
    error[~np.isfinite(error)] = np.inf
    return np.asarray(error)
