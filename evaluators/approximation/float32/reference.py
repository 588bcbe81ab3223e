"""Reference: values of a target at many float32 inputs, with a relative error below 2^-48.

That is 2^-24 ULP of float32: nothing beside the errors that are measured, and exact arithmetic
settles the last digit of what is claimed (see `evaluators.approximation.float32.exhaustive`).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64

from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import Target
from evosearch.errors import ConfigError

Array = npt.NDArray[Any]

ACCURACY = 2.0**-48
_CHECKED = 200

_FAST: Mapping[str, Callable[[Array], Array]] = {
    "exp2": np.exp2,
    "exp": np.exp,
    "expm1": np.expm1,
    "log2": np.log2,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log1p2": lambda x: np.log1p(x) * np.float64(1.4426950408889634),
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "gaussian": lambda x: np.exp(-x * x),
}


def has_fast(target: Target) -> bool:
    """Whether a fast reference is known."""
    return target.name in _FAST


@lru_cache(maxsize=16)
def fast(target: Target, interval: Interval) -> Callable[[Array], Array]:
    """A vectorised function of float64, compared with the target at 200 points of the interval.

    Raises:
        ConfigError: None is known for this target, or it is not accurate enough here.
    """
    function = _FAST.get(target.name)
    if function is None:
        raise ConfigError(
            f"target {target.name}: no fast reference is known for it; expected one of "
            f"{', '.join(_FAST)}"
        )
    x = np.union1d(interval.extremes(_CHECKED // 2), interval.near_ends(_CHECKED // 2))
    y = target.values(x)
    error = np.max(np.abs(function(x) - y) / np.maximum(np.abs(y), 2.0**-1000))
    if not error <= ACCURACY:
        raise ConfigError(
            f"target {target.name} on {interval}: its fast reference is off by {error:.1e}, "
            f"relative; expected at most {ACCURACY:.1e}"
        )
    return function


def values(
    target: Target, interval: Interval, x: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """By the fast reference where there is one, else one point at a time in exact arithmetic."""
    if has_fast(target):
        return np.asarray(fast(target, interval)(x))
    return target.values(x)
