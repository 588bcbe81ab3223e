"""Losses: what is kept of a program's values, computed in the same loop as the values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from evosearch.errors import ConfigError


@dataclass(frozen=True)
class Loss:
    """A number per program from its values at all points.

    Attributes:
        row: JAX function of (values, target, weights), each [points], returning [points]; operates
            on every point alone.
        reduce: Whether the points' losses are added up or the largest counts.
        finish: NumPy function of (reduced [programs], target, weights) for what is left to do.
    """

    row: Callable[[Any, Any, Any], Any]
    reduce: Literal["sum", "max"] = "sum"
    finish: Callable[[Any, Any, Any], npt.NDArray[Any]] | None = None


def _squared(value: Any, target: Any, weight: Any) -> Any:
    residual = weight * (value - target)
    return residual * residual


def _absolute(value: Any, target: Any, weight: Any) -> Any:
    return jnp.abs(weight * (value - target))


def _relative(value: Any, target: Any, weight: Any) -> Any:
    return jnp.abs(weight * (value - target) / target)


def _weighted(value: Any, target: Any, weight: Any) -> Any:
    return weight * (value - target) ** 2


def _coefficient(
    reduced: npt.NDArray[Any], target: npt.NDArray[Any], weights: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    mean = np.average(target, weights=weights)
    return np.asarray(1 - reduced / np.sum(weights * (target - mean) ** 2))


LOSSES = {
    "sum_squares": Loss(_squared),
    "sum_abs": Loss(_absolute),
    "max_abs": Loss(_absolute, "max"),
    "max_relative": Loss(_relative, "max"),
    "weighted_squares": Loss(_weighted),
    "r2": Loss(_weighted, finish=_coefficient),
}
"""By name.

``sum_squares``: sum of ``(weight * (value - target))**2``. ``sum_abs``, ``max_abs``: sum, largest
of ``|weight * (value - target)|``. ``max_relative``: largest of
``|weight * (value - target) / target|``. ``weighted_squares``: sum of
``weight * (value - target)**2``. ``r2``: coefficient of determination,
1 - ``weighted_squares`` / sum of ``weight * (target - mean)**2``; the larger the better.
"""


def loss_of(kind: "str | Loss") -> Loss:
    """The loss of this name, or the user's own.

    Raises:
        ConfigError: If there is none of this name.
    """
    if isinstance(kind, Loss):
        return kind
    if kind not in LOSSES:
        raise ConfigError(f"unknown loss {kind!r}: expected a Loss or one of {', '.join(LOSSES)}")
    return LOSSES[kind]
