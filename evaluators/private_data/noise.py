"""Noise: OpenDP's discrete Gaussian and its report noisy max. Neither can be seeded."""

from dataclasses import dataclass
from fractions import Fraction
from math import inf, isqrt, nextafter
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Int64

from evosearch.errors import EvaluatorError, UsageError

Neighbours = Literal["replace-one", "add-remove"]

# squared L2 sensitivity of the counts of one marginal: a row in another cell, or one row more
SQUARED_SENSITIVITY: dict[Neighbours, int] = {"replace-one": 2, "add-remove": 1}

_ULPS = 4  # OpenDP rounds rho up on its way; that much larger, a scale keeps below what was asked
_ROOT = 1 << 128  # fineness of a root before it becomes a float64


@dataclass(frozen=True)
class Stated:
    """What OpenDP's own privacy map says of one release.

    Attributes:
        rho: Of zCDP, rounded up by OpenDP.
        scale: Standard deviation of the noise that is added.
    """

    rho: Fraction
    scale: float


def discrete_gaussian(
    counts: Int64[np.ndarray, " cells"], variance: Fraction
) -> Int64[np.ndarray, " cells"]:
    """Counts plus discrete Gaussian noise, drawn by OpenDP from the system's randomness.

    Args:
        counts: Of a marginal, or of several.
        variance: In counts; the scale used is its root, rounded up by a few units in the last
            place.

    Raises:
        EvaluatorError: OpenDP says that more is spent than the definition says, see `stated`.
        UsageError: OpenDP is not installed.
    """
    for neighbours in SQUARED_SENSITIVITY:
        stated(variance, neighbours)
    measurement = _gaussian(_scale(variance))
    return np.array(measurement(counts.tolist()), np.int64)


def stated(variance: Fraction, neighbours: Neighbours) -> Stated:
    """What `discrete_gaussian` of one marginal spends, in OpenDP's words.

    Raises:
        EvaluatorError: It is more than the definition says: sensitivity^2 / (2 variance).
        UsageError: OpenDP is not installed.
    """
    squared = SQUARED_SENSITIVITY[neighbours]
    scale = _scale(variance)
    sensitivity = _root(Fraction(squared))
    rho = Fraction(_gaussian(scale).map(sensitivity))
    asked = Fraction(squared) / (2 * variance)
    if rho > asked:
        raise EvaluatorError(
            f"OpenDP says that noise of scale {scale!r} spends rho {float(rho)!r}, expected at "
            f"most {float(asked)!r}"
        )
    return Stated(rho, scale)


def variance_of(rho: Fraction, neighbours: Neighbours) -> Fraction:
    """The variance, in counts, with which releasing one marginal is rho-zCDP.

    Bun and Steinke (2016), proposition 1.6; Canonne, Kamath and Steinke (2020), theorem 4, for
    discrete noise: rho = sensitivity^2 / (2 variance).
    """
    return Fraction(SQUARED_SENSITIVITY[neighbours]) / (2 * rho)


def report_noisy_max(
    scores: Float64[np.ndarray, " candidates"], sensitivity: Fraction, epsilon: Fraction
) -> int:
    """The exponential mechanism: Gumbel noise on each score, and the position of the largest.

    It is epsilon-DP and (epsilon^2 / 8)-zCDP (Cesar and Rogers, 2021).

    Args:
        scores: More is better; finite.
        sensitivity: What a change between neighbours can do to one score.
        epsilon: More than 0.

    Raises:
        EvaluatorError: OpenDP says that more than epsilon^2 / 8 is spent.
        UsageError: OpenDP is not installed.
    """
    dp = _opendp()
    scale = _up(_rounded_up(2 * sensitivity / epsilon))
    measurement = dp.m.make_noisy_max(
        dp.vector_domain(dp.atom_domain(T="f64", nan=False)),
        dp.linf_distance(T="f64"),
        dp.zero_concentrated_divergence(),
        scale=scale,
    )
    rho = Fraction(measurement.map(_rounded_up(sensitivity)))
    if rho > epsilon**2 / 8:
        raise EvaluatorError(
            f"OpenDP says that a choice of scale {scale!r} spends rho {float(rho)!r}, expected "
            f"at most {float(epsilon**2 / 8)!r}"
        )
    return int(measurement(scores.tolist()))


def _gaussian(scale: float) -> Any:
    dp = _opendp()
    return dp.m.make_gaussian(
        dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"), scale=scale
    )


def _opendp() -> Any:
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise UsageError("noise needs the opendp package: pip install 'evosearch[dp]'") from error
    dp.enable_features("contrib")
    return dp


def _scale(variance: Fraction) -> float:
    if variance <= 0:
        raise ValueError(f"expected a variance of more than 0, received {variance}")
    return _up(_root(variance))


def _root(value: Fraction) -> float:
    """A float64 not below the square root."""
    ceiling = isqrt(value.numerator * _ROOT**2 // value.denominator) + 1
    return _rounded_up(Fraction(ceiling, _ROOT))


def _rounded_up(value: Fraction) -> float:
    nearest = float(value)
    return nearest if Fraction(nearest) >= value else nextafter(nearest, inf)


def _up(scale: float) -> float:
    for _ in range(_ULPS):
        scale = nextafter(scale, inf)
    return scale
