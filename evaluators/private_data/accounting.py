"""Accounting: (epsilon, delta) as zero-concentrated differential privacy (zCDP), and back.

Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (2020), corollary
13: rho-zCDP implies (epsilon, delta)-DP for every alpha > 1 with

    delta = exp((alpha - 1) (alpha rho - epsilon)) (1 - 1/alpha)^alpha / (alpha - 1).

So each alpha gives a rho, or an epsilon, that is sound; the best alpha is sought in float64, and
what it gives is computed with 60 digits and rounded to the safe side.
"""

from collections.abc import Callable
from fractions import Fraction
from math import exp, inf, log, log1p, nextafter

import mpmath

from evosearch.errors import ConfigError

_DIGITS = 60
_GRID = 1 << 100  # of rho
_LOWEST, _HIGHEST = -60.0, 200.0  # log(alpha - 1)
_STEPS = 160  # of a golden section
_GOLDEN = (5**0.5 - 1) / 2
Real = float | Fraction


def rho_of(epsilon: Real, delta: Real) -> Fraction:
    """The largest rho for which rho-zCDP implies (epsilon, delta)-DP, rounded down.

    Args:
        epsilon: More than 0.
        delta: Between 0 and 1, neither of them.

    Raises:
        ConfigError: They are not.
    """
    bound, log_delta = _checked(epsilon, "epsilon", inf), log(_checked(delta, "delta", 1))
    best = _lowest(lambda t: -(bound + (log_delta - _rest(t)) / exp(t)) / (1 + exp(t)))
    with mpmath.workdps(_DIGITS):
        order, tail, known = _exactly(best, delta)
        rho = (_mpf(epsilon) + (known - tail) / (order - 1)) / order
        return Fraction(max(0, int(mpmath.floor(rho * _GRID)) - 1), _GRID)


def epsilon_of(rho: Real, delta: Real) -> float:
    """The smallest epsilon for which rho-zCDP implies (epsilon, delta)-DP, rounded up.

    Args:
        rho: Not less than 0.
        delta: Between 0 and 1, neither of them.

    Raises:
        ConfigError: They are not.
    """
    if rho == 0:
        return 0.0
    spent, log_delta = _checked(rho, "rho", inf), log(_checked(delta, "delta", 1))
    best = _lowest(lambda t: (1 + exp(t)) * spent + (_rest(t) - log_delta) / exp(t))
    with mpmath.workdps(_DIGITS):
        order, tail, known = _exactly(best, delta)
        epsilon = float(order * _mpf(rho) + (tail - known) / (order - 1))
    return max(0.0, nextafter(epsilon, inf))


def _rest(t: float) -> float:
    """Log of (1 - 1/alpha)^alpha / (alpha - 1) at alpha = 1 + exp(t)."""
    return -(1 + exp(t)) * log1p(exp(-t)) - t


def _exactly(t: float, delta: Real) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    """alpha, the logarithm that `_rest` approximates, and log(delta)."""
    order = 1 + mpmath.exp(mpmath.mpf(t))
    tail = order * mpmath.log(1 - 1 / order) - mpmath.log(order - 1)
    return order, tail, mpmath.log(_mpf(delta))


def _mpf(value: Real) -> mpmath.mpf:
    exact = Fraction(value)
    return mpmath.mpf(exact.numerator) / exact.denominator


def _lowest(function: Callable[[float], float]) -> float:
    """Where a function with one minimum is lowest, by golden section."""
    low, high = _LOWEST, _HIGHEST
    for _ in range(_STEPS):
        width = _GOLDEN * (high - low)
        if function(high - width) < function(low + width):
            high = low + width
        else:
            low = high - width
    return (low + high) / 2


def _checked(value: Real, name: str, limit: float) -> float:
    if not 0 < value < limit:
        upper = f" and less than {limit:g}" if limit < inf else ", finite"
        raise ConfigError(f"{name}: expected a number more than 0{upper}, received {value}")
    return float(value)
