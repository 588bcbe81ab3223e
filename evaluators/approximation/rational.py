"""Ratios of polynomials: minimax, interpolation, Taylor and Padé, and continued fractions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
from mpmath import mp, mpf

from evaluators.approximation.interval import Interval
from evaluators.approximation.linear import solve
from evaluators.approximation.minimax import Fit, Parameters, minimax
from evaluators.approximation.scan import Real, Scan
from evaluators.approximation.targets import Target

_TOLERANCE = 1e-7
_ROUNDS = 12
_LEVELLED = 1 - 1e-5  # below it a fit has not converged and is not given


@dataclass(frozen=True)
class Variable:
    """What the polynomials are polynomials in, and what multiplies them.

    Attributes:
        interval: The part of the target's interval that has to be fitted.
        power: 1 for x itself; 2 for x^2, where the target is even or odd.
        times_x: Whether the ratio is multiplied with x.
    """

    interval: Interval
    power: int = 1
    times_x: bool = False

    @classmethod
    def squared(cls, interval: Interval, *, odd: bool) -> "Variable":
        """x^2, fitted where x is positive: the other half has the same errors."""
        if interval.low < 0:
            interval = Interval(0.0, max(-interval.low, interval.high))
        return cls(interval, 2, odd)

    @property
    def ops(self) -> int:
        """Operations to square x and to multiply with x."""
        return self.power - 1 + self.times_x

    @property
    def name(self) -> str:
        """The variable, for people."""
        return "x" if self.power == 1 else f"x^{self.power}"

    @cached_property
    def ends(self) -> tuple[Real, Real]:
        """Smallest and largest value of the variable."""
        return mpf(self.interval.low) ** self.power, mpf(self.interval.high) ** self.power

    def scaled(self, x: Real) -> Real:
        """The variable at x, moved and scaled to [-1, 1]."""
        low, high = self.ends
        return (2 * x**self.power - low - high) / (high - low)

    def factor(self, x: Real) -> Real:
        """What the ratio is multiplied with at x."""
        return x if self.times_x else mpf(1)

    def where(self, s: Real) -> Real:
        """The x whose scaled variable is s."""
        low, high = self.ends
        value = (low + high + s * (high - low)) / 2
        return value if self.power == 1 else mp.root(value, self.power)


@dataclass(frozen=True)
class Ratio:
    """Ratios of type [m/n]. Parameters: p_0..p_m, then q_1..q_n, with q_0 = 1.

    The variable is scaled to [-1, 1]; a denominator that is not positive counts as a pole.
    """

    variable: Variable
    m: int
    n: int

    def values(self, parameters: Parameters, x: Sequence[Real]) -> list[Real]:
        """See `minimax.Family`."""
        p, q = self.coefficients(parameters)
        found = []
        for point in x:
            s = self.variable.scaled(point)
            below = _horner(q, s)
            value = _horner(p, s) / below if below > 0 else mpmath.nan
            found.append(self.variable.factor(point) * value)
        return found

    def gradients(
        self, parameters: Parameters, x: Sequence[Real]
    ) -> tuple[list[Real], list[list[Real]]]:
        """See `minimax.Family`."""
        p, q = self.coefficients(parameters)
        values, jacobian = [], []
        for point in x:
            s = self.variable.scaled(point)
            outer = self.variable.factor(point) / _horner(q, s)
            value = outer * _horner(p, s)
            ratio = value / _horner(q, s)
            powers = [s**i for i in range(max(self.m, self.n) + 1)]
            values.append(value)
            jacobian.append(
                [outer * power for power in powers[: self.m + 1]]
                + [-ratio * power for power in powers[1 : self.n + 1]]
            )
        return values, jacobian

    def coefficients(self, parameters: Parameters) -> tuple[list[Real], list[Real]]:
        """Numerator and denominator, constant term first."""
        return list(parameters[: self.m + 1]), [mpf(1), *parameters[self.m + 1 :]]

    def interpolant(self, target: Target) -> Parameters | None:
        """The ratio through the target at m + n + 1 Chebyshev nodes; None where there is none."""
        rows = []
        for node in self.variable.interval.chebyshev(self.m + self.n + 1).tolist():
            x = mpf(node)
            s, y = self.variable.scaled(x), target.exact(x)
            above = [self.variable.factor(x) * s**i for i in range(self.m + 1)]
            rows.append([*above, *(-y * s**j for j in range(1, self.n + 1)), y])
        return solve(rows)

    def minimax(self, scan: Scan, known: Mapping[tuple[int, int], Fit]) -> Fit | None:
        """The best ratio of this type on the scan's points; None where it was not found.

        Starts at the interpolant, and where that leads nowhere at the ``known`` fits of the types
        with one coefficient less.
        """
        for start in self._starts(scan.target, known):
            fit = minimax(self, start, scan, tolerance=_TOLERANCE, rounds=_ROUNDS)
            if fit.levelled > _LEVELLED:
                return fit
        return None

    def _starts(
        self, target: Target, known: Mapping[tuple[int, int], Fit]
    ) -> Iterator[Parameters]:
        interpolant = self.interpolant(target)
        if interpolant is not None:
            yield interpolant
        if (self.m - 1, self.n) in known:
            fewer = known[self.m - 1, self.n].parameters
            yield [*fewer[: self.m], mpf(0), *fewer[self.m :]]
        if (self.m, self.n - 1) in known:
            yield [*known[self.m, self.n - 1].parameters, mpf(0)]

    def pade(self, target: Target) -> Parameters | None:
        """The ratio with the target's derivatives in the middle (Taylor when n = 0)."""

        def local(s: Real) -> Real:
            x = self.variable.where(s)
            return target.exact(x) / self.variable.factor(x)

        try:
            series = mp.taylor(local, 0, self.m + self.n)
            p, q = mp.pade(series, self.m, self.n) if self.n else (series, [mpf(1)])
        except (ZeroDivisionError, ValueError, TypeError):
            return None
        return [*p, *q[1:]]


def continued_fraction(p: Sequence[Real], q: Sequence[Real]) -> list[tuple[Real, Real]] | None:
    """Euclid on p/q (constant term first) of type [n/n] or [n-1/n].

    Returns:
        Pairs (a_i, b_i) of c + a_1/(s + b_1 + a_2/(s + b_2 + ...)), without c; None unless every
        partial quotient has degree 1, as for a ratio that is not of a lower type.
    """
    above, below = list(p), list(q)
    if _degenerate(below):
        return None
    if len(above) == len(below):
        c = above[-1] / below[-1]
        above = [u - c * v for u, v in zip(above[:-1], below[:-1], strict=True)]
    pairs = []
    while len(below) > 1:
        if _degenerate(above):
            return None
        unit, monic = [u / above[-1] for u in above], [v / below[-1] for v in below]
        b = monic[-2] - (unit[-2] if len(unit) > 1 else 0)
        pairs.append((above[-1] / below[-1], b))
        # monic = (s + b) unit + rest
        rest = [v - b * u - w for v, u, w in zip(monic, unit, [0, *unit], strict=False)]
        above, below = rest[: len(unit) - 1], unit
    return pairs


def _degenerate(coefficients: Sequence[Real]) -> bool:
    """Whether the leading coefficient is zero for all that the fit's accuracy can tell."""
    return bool(abs(coefficients[-1]) <= mpf(10) ** -12 * max(map(abs, coefficients)))


def _horner(coefficients: Sequence[Real], s: Real) -> Any:
    value = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        value = value * s + c
    return value
