"""Ratios of polynomials in a variable: their minimax fits, and their continued fractions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import mpmath
from mpmath import mp, mpf

from evaluators.approximation.correction import corrected
from evaluators.approximation.interval import Interval
from evaluators.approximation.linear import solve
from evaluators.approximation.minimax import Fit, Parameters, minimax
from evaluators.approximation.scan import Real, Scan
from evaluators.approximation.targets import Target

_TOLERANCE = 1e-5
_ROUNDS = 12
_LINEAR = 1e-7  # smaller errors are out of the reach of linear programmes in float64
_LEVELLED = 1 - 1e-4  # below it a fit has not converged and is not given

Factor = Literal["", "x", "sqrt(x)"]


@dataclass(frozen=True)
class Variable:
    """What the polynomials are polynomials in, and what their ratio is multiplied with.

    Attributes:
        interval: The part of the target's interval that has to be fitted.
        power: 1 for x itself; 2 for x^2, as for an even target; 0.5 for sqrt(x).
        factor: What the ratio is multiplied with, as x for an odd target.
        offset: Whether a constant is added in the end, as for 1/2 plus an odd target.
    """

    interval: Interval
    power: float = 1
    factor: Factor = ""
    offset: bool = False

    @classmethod
    def squared(
        cls, interval: Interval, factor: Factor = "", *, offset: bool = False
    ) -> "Variable":
        """x^2, fitted where x is positive: the other half has the same errors."""
        if interval.low < 0:
            interval = Interval(0.0, max(-interval.low, interval.high))
        return cls(interval, 2, factor, offset)

    @property
    def roots(self) -> bool:
        """Whether the square root of x is needed."""
        return self.power == 0.5 or self.factor == "sqrt(x)"

    @property
    def ops(self) -> int:
        """Operations besides those of the ratio."""
        return (self.power == 2) + self.roots + (self.factor != "") + self.offset

    @property
    def name(self) -> str:
        """The variable, for people."""
        return {1.0: "x", 2.0: "x^2", 0.5: "sqrt(x)"}[self.power]

    @cached_property
    def ends(self) -> tuple[Real, Real]:
        """Smallest and largest value of the variable."""
        return mpf(self.interval.low) ** self.power, mpf(self.interval.high) ** self.power

    def scaled(self, x: Real) -> Real:
        """The variable at x, moved and scaled to [-1, 1]."""
        low, high = self.ends
        return (2 * x**self.power - low - high) / (high - low)

    def where(self, s: Real) -> Real:
        """The x whose scaled variable is s."""
        low, high = self.ends
        return ((low + high + s * (high - low)) / 2) ** (1 / mpf(self.power))

    def outside(self, x: Real) -> Real:
        """What the ratio is multiplied with at x."""
        if not self.factor:
            return mpf(1)
        return x if self.factor == "x" else mp.sqrt(x)


@dataclass(frozen=True)
class Ratio:
    """Ratios of type [m/n]. Parameters: p_0..p_m, then q_1..q_n, with q_0 = 1; then the offset.

    The variable is scaled to [-1, 1]; a denominator that is not positive counts as a pole.
    """

    variable: Variable
    m: int
    n: int

    def values(self, parameters: Parameters, x: Sequence[Real]) -> list[Real]:
        """See `minimax.Family`."""
        p, q, offset = self.parts(parameters)
        found = []
        for point in x:
            s = self.variable.scaled(point)
            below = _horner(q, s)
            value = _horner(p, s) / below if below > 0 else mpmath.nan
            found.append(self.variable.outside(point) * value + offset)
        return found

    def gradients(
        self, parameters: Parameters, x: Sequence[Real]
    ) -> tuple[list[Real], list[list[Real]]]:
        """See `minimax.Family`."""
        p, q, offset = self.parts(parameters)
        values, jacobian = [], []
        for point in x:
            s = self.variable.scaled(point)
            below = _horner(q, s)
            outer = self.variable.outside(point) / below
            value = outer * _horner(p, s)
            ratio = value / below
            powers = [s**i for i in range(max(self.m, self.n) + 1)]
            values.append(value + offset)
            jacobian.append(
                [outer * power for power in powers[: self.m + 1]]
                + [-ratio * power for power in powers[1 : self.n + 1]]
                + [mpf(1)] * self.variable.offset
            )
        return values, jacobian

    def parts(self, parameters: Parameters) -> tuple[list[Real], list[Real], Real]:
        """Numerator and denominator, constant term first, and the offset."""
        above, below = self.m + 1, self.m + 1 + self.n
        offset = parameters[below] if self.variable.offset else mpf(0)
        return list(parameters[:above]), [mpf(1), *parameters[above:below]], offset

    def minimax(self, scan: Scan, known: Mapping[tuple[int, int], Fit]) -> Fit | None:
        """The best ratio of this type on the scan's points; None where it was not found.

        Starts at the interpolant where that is better than the ``known`` fits of the types with
        one coefficient less, else where linear programmes lead, or where these cannot tell such
        small errors, at those fits.
        """
        for start in self._starts(scan, known):
            fit = minimax(self, start, scan, tolerance=_TOLERANCE, rounds=_ROUNDS)
            if fit.levelled > _LEVELLED:
                return fit
        return None

    def _starts(self, scan: Scan, known: Mapping[tuple[int, int], Fit]) -> Iterator[Parameters]:
        above, below = known.get((self.m - 1, self.n)), known.get((self.m, self.n - 1))
        fewer = min((fit.error for fit in (above, below) if fit), default=mpmath.inf)
        interpolant = self.interpolant(scan.target)
        promising = interpolant is not None and self._size(interpolant, scan) < fewer / 2
        if interpolant is not None and promising:
            yield interpolant
        if self.n and fewer > _LINEAR:
            found = corrected(self._local(scan), self.m, self.n)
            if found is not None:
                yield [*found, *([self._offset(scan.target)] * self.variable.offset)]
            return  # where that is not the best ratio, none has its type
        if above:
            yield [*above.parameters[: self.m], mpf(0), *above.parameters[self.m :]]
        if below:
            end = self.m + self.n
            yield [*below.parameters[:end], mpf(0), *below.parameters[end:]]
        if interpolant is not None and not promising:
            yield interpolant

    def _size(self, parameters: Parameters, scan: Scan) -> Real:
        """Largest error at the scan's points; infinite where there is a pole."""
        errors = [abs(e) for e in scan.errors(partial(self.values, parameters))]
        return max(errors) if all(map(mpmath.isfinite, errors)) else mpmath.inf

    def interpolant(self, target: Target) -> Parameters | None:
        """The ratio through the target at m + n + 1 Chebyshev nodes; None where there is none."""
        offset = self._offset(target)
        rows = []
        for node in self.variable.interval.chebyshev(self.m + self.n + 1).tolist():
            x = mpf(node)
            s, y = self.variable.scaled(x), target.exact(x) - offset
            above = [self.variable.outside(x) * s**i for i in range(self.m + 1)]
            rows.append([*above, *(-y * s**j for j in range(1, self.n + 1)), y])
        solution = solve(rows)
        return None if solution is None else [*solution, *([offset] * self.variable.offset)]

    def _offset(self, target: Target) -> Real:
        """Where the offset starts: at the centre of the symmetry."""
        return target.exact(mpf(0)) if self.variable.offset else mpf(0)

    def _local(self, scan: Scan) -> list[tuple[float, float, float]]:
        """The scaled variable, what the ratio has to be there, and the weight of its error."""
        offset, found = self._offset(scan.target), []
        for x, y, w in zip(scan.x, scan.y, scan.w, strict=True):
            outside = self.variable.outside(x)
            if outside:
                point = self.variable.scaled(x), (y - offset) / outside, w * abs(outside)
                found.append((float(point[0]), float(point[1]), float(point[2])))
        return found


def continued_fraction(p: Sequence[Real], q: Sequence[Real]) -> list[tuple[Real, Real]] | None:
    """Euclid on p/q (constant term first), or on q/p where q has the higher degree by 2 or more.

    Returns:
        Pairs (a_i, b_i) of a_1/(s + b_1 + a_2/(s + b_2 + ...)), without the polynomial that is
        added to it; None unless every partial quotient but that first one has degree 1, as for a
        ratio that is not of a lower type.
    """
    above, below = (list(q), list(p)) if len(q) > len(p) + 1 else (list(p), list(q))
    if _degenerate(below):
        return None
    while len(above) >= len(below):
        head, shift = above[-1] / below[-1], len(above) - len(below)
        shifted = [mpf(0)] * shift + below
        above = [u - head * v for u, v in zip(above[:-1], shifted[:-1], strict=True)]
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
