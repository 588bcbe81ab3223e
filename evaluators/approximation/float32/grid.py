"""The grid of float32 numbers as integers in order, and which of them lie in an interval."""

from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32, Float64, Int64

from evaluators.approximation.interval import Interval
from evosearch.errors import ConfigError

LARGEST = 0x7F7FFFFF  # index of the largest finite float32


def index(values: Float32[np.ndarray, "*shape"]) -> Int64[np.ndarray, "*shape"]:
    """Place of each number on the grid: 0 for 0.0, 1 for 2^-149, -1 for -2^-149."""
    bits = values.view(np.int32).astype(np.int64)
    return np.where(bits >= 0, bits, -(bits & 0x7FFFFFFF))


def number(indices: Int64[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """The numbers at these places; beyond the largest finite one, that one."""
    inside = np.clip(indices, -LARGEST, LARGEST)
    bits = np.where(inside >= 0, inside, -inside | 0x80000000)
    return np.asarray(bits.astype(np.uint32).view(np.float32))


def ends(interval: Interval) -> tuple[int, int]:
    """Places of the first and the last float32 in an interval; raises ConfigError if empty."""
    first = _place(interval.low, up=True, strictly=interval.open_low)
    last = _place(interval.high, up=False, strictly=interval.open_high)
    if first > last:
        raise ConfigError(f"interval {interval}: expected a float32 in it, found none")
    return first, last


def _place(end: float, *, up: bool, strictly: bool) -> int:
    with np.errstate(over="ignore"):
        nearest = np.float32(end)
    place, value = int(index(np.array([nearest]))[0]), float(nearest)
    sign = 1 if up else -1
    outside = (end - value) * sign > 0 or (strictly and value == end)
    return int(np.clip(place + sign * outside, -LARGEST, LARGEST))


def rounded(values: Float64[np.ndarray, "*n"]) -> Float32[np.ndarray, "*n"]:
    """The nearest float32 numbers; infinite ones for those that are too large."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def spacing(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Distance from each float32 to the next one away from zero."""
    return np.abs(np.spacing(values.astype(np.float32))).astype(np.float64)
