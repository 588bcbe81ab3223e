"""Filters: what can be said of a function before anything is trained.

A function and its negative are the same to a network whose next layer is linear, so a function is
put into one of the two signs first, and rounded: formulas of one function then have equal values,
to the last bit, and equal scores.
"""

from collections.abc import Mapping
from hashlib import blake2b

import numpy as np
from jaxtyping import Float64

BOUND = 50.0  # of values and slopes
_FLAT = 1e-6  # a function that varies less is constant
_BITS = 22  # values are rounded to the largest one times 2^-22: the precision of float32
_POINTS = 256  # of a behaviour
_DIGITS = 5  # of a behaviour, after the largest value is 1

Values = Float64[np.ndarray, "functions points"]


def refusals(values: Values, step: float) -> Mapping[int, str]:
    """Which functions are not worth training, and why.

    Args:
        values: At points that are ``step`` apart.
        step: Distance of the points.
    """
    found = dict[int, str]()
    for row, each in enumerate(values):
        if not np.isfinite(each).all():
            found[row] = "not finite everywhere on [-8, 8]"
        elif np.abs(each).max() > BOUND:
            found[row] = f"larger than {BOUND:g} on [-8, 8]"
        elif np.ptp(each) <= _FLAT:
            found[row] = "constant"
        elif np.abs(np.diff(each)).max() > BOUND * step:
            found[row] = f"steeper than {BOUND:g} on [-8, 8]"
    return found


def canonical(values: Values) -> Values:
    """Rounded, and of the sign in which the last of the values largest in size is positive."""
    largest = np.abs(values).max(axis=1, keepdims=True).astype(np.float32).astype(np.float64)
    grain = np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))) - _BITS)
    rounded = np.round(values / grain) * grain
    last = values.shape[1] - 1 - np.abs(rounded)[:, ::-1].argmax(axis=1)
    sign = np.where(rounded[np.arange(len(values)), last] < 0, -1.0, 1.0)
    return np.asarray(sign[:, None] * rounded + 0.0)  # no negative zeros


def behaviours(values: Values) -> list[bytes]:
    """A digest of each function's values at 256 of the points, whatever its scale and sign."""
    places = np.linspace(0, values.shape[1] - 1, _POINTS).round().astype(np.int64)
    some = canonical(values)[:, places]
    largest = np.abs(some).max(axis=1, keepdims=True)
    shapes = np.round(some / np.where(largest > 0, largest, 1.0), _DIGITS) + 0.0
    return [blake2b(row.tobytes(), digest_size=16).digest() for row in shapes]
