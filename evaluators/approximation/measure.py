"""Measure: how the error of an approximation is weighed and summed up."""

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from jaxtyping import Float64

from evosearch.errors import ConfigError

KINDS = ("relative", "absolute", "ulp")
NORMS = ("max", "rms")
FORMATS = {"float64": (53, -1021), "float32": (24, -125)}  # digits, smallest normal exponent


@dataclass(frozen=True)
class Measure:
    """error = norm(weight * (approximation - target)).

    Attributes:
        kind: ``relative`` (weight 1/abs(y)), ``absolute`` (1) or ``ulp`` (1/ulp(y)).
        norm: ``max`` or ``rms``, over the interval.
        format: The format whose units in the last place ``ulp`` counts.
    """

    kind: str = "relative"
    norm: str = "max"
    format: str = "float64"

    def __post_init__(self) -> None:
        """Raises ConfigError for an unknown kind, norm or format."""
        allowed = {"kind": KINDS, "norm": NORMS, "format": tuple(FORMATS)}
        mistakes = [
            f"measure {field}: expected one of {', '.join(values)}, "
            f"received {getattr(self, field)!r}"
            for field, values in allowed.items()
            if getattr(self, field) not in values
        ]
        if mistakes:
            raise ConfigError(mistakes)

    @property
    def name(self) -> str:
        """Name of the error in metrics, e.g. ``max_relative_error``."""
        return f"{self.norm}_{self.kind}_error"

    def weights(
        self, x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " n"]:
        """Weights at points ``x`` (in any order) where the target is ``y``.

        Raises:
            ConfigError: The error is relative and the target is zero at, or changes its sign
                between, two of the points.
        """
        if self.kind == "absolute":
            return np.ones_like(y)
        if self.kind == "ulp":
            digits, lowest = FORMATS[self.format]
            exponents = np.frexp(y)[1]
            return np.asarray(np.ldexp(1.0, digits - np.maximum(exponents, lowest)))
        self._refuse_zeros(x, y)
        return np.asarray(1.0 / np.abs(y))

    def weight(self, y: Any) -> Any:
        """Weight at one point where the target is ``y``; mpf in, mpf out."""
        if self.kind == "absolute":
            return mpmath.mpf(1)
        if self.kind == "relative":
            return 1 / abs(y)
        digits, lowest = FORMATS[self.format]
        return mpmath.ldexp(1, digits - max(mpmath.frexp(y)[1], lowest))

    def error(
        self, weights: Float64[np.ndarray, " n"], differences: Float64[np.ndarray, "*batch n"]
    ) -> Float64[np.ndarray, "*batch"]:
        """Norm of the weighted differences along the last axis."""
        weighted = weights * differences
        if self.norm == "max":
            return np.asarray(np.max(np.abs(weighted), axis=-1))
        return np.asarray(np.sqrt(np.mean(weighted**2, axis=-1)))

    def _refuse_zeros(self, x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> None:
        order = np.argsort(x, kind="stable")
        sign = np.sign(y[order])
        zeros = np.flatnonzero(sign == 0)
        turns = np.flatnonzero(sign[1:] * sign[:-1] < 0)
        if not len(zeros) and not len(turns):
            return
        where = x[order[zeros[0]]] if len(zeros) else x[order[turns[0]]]
        raise ConfigError(
            f"measure 'relative': the target is zero near x = {where:.6g}, where a relative error "
            "has no meaning; write 'absolute', or choose an interval without that point "
            '(an open end such as "(0, 1]" leaves the end out)'
        )
