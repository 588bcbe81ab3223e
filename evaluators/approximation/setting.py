"""Setting: one road to a target, and what is known of the function that is fitted on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from mpmath import mpf

from evaluators.approximation import theorems
from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.minimax import Parameters
from evaluators.approximation.rational import Factor, Ratio, Variable
from evaluators.approximation.scan import Real, Scan, next_to_open_ends
from evaluators.approximation.targets import Target
from evaluators.approximation.theorems import Composition
from evosearch.errors import ConfigError

_CHECK_POINTS = 190
_MOST_USES = 3  # of a functional equation


@dataclass(frozen=True)
class Setting:
    """A target, what is fitted instead of it, and how that leads back. Work in ``mp.workdps``.

    Attributes:
        target: What the error is measured against.
        interval: Where.
        measure: How.
        composition: What is fitted, and what is done with it.
        argument: What stands in place of x.
    """

    target: Target
    interval: Interval
    measure: Measure
    composition: Composition
    argument: str = "x"

    @classmethod
    def all(cls, target: Target, interval: Interval, measure: Measure) -> Iterator["Setting"]:
        """The target as it is, and by every functional equation that it satisfies."""
        plain = cls(target, interval, measure, Composition("", 0, target))
        yield plain
        uses = range(1, _MOST_USES + 1)
        if plain.exponential:
            compositions = [theorems.squared(target, times) for times in uses]
        else:
            found = [t for t in theorems.THEOREMS if t.holds(target, plain.probes)]
            compositions = [theorems.composed(target, t, times) for t in found for times in uses]
            compositions += [theorems.rooted(target)] * (plain._factor == "sqrt(x)")
        for composition in compositions:
            yield cls(target, interval, measure, composition)
        if interval.low >= 0 and theorems.odd_in_quotient(target, plain.probes):
            low, high = (end / (end + 2) for end in (interval.low, interval.high))
            inside = Interval(low, high, interval.open_low, interval.open_high)
            quotient = theorems.in_quotient(target)
            yield cls(quotient, inside, measure, Composition("", 2, quotient), "x/(x + 2)")

    def variables(self) -> Iterator[Variable]:
        """x, and x^2 where there is a parity; both and sqrt(x) beside a square root."""
        factor = self._factor
        yield Variable(self.interval, 1, factor)
        if factor == "sqrt(x)":
            yield Variable(self.interval, 2, factor)
            yield Variable(self.interval, 0.5, factor)
        elif self.parity or self.composition.name == theorems.ROOT:
            yield Variable.squared(self.interval, "" if self.parity > 0 else "x")
        elif self._offset:
            yield Variable.squared(self.interval, "x", offset=True)

    def weight(self, y: Real) -> Real:
        """Weight of a small error of the inner function where its value is ``y``."""
        outer = self.measure.weight(self.composition.outer(y))
        return outer * abs(self.composition.slope(y))

    def error(self, ratio: Ratio, parameters: Parameters) -> Real:
        """Largest error on a scan that no fit has seen."""
        extrema = self._check.extrema(
            lambda x: [self.composition.outer(v) for v in ratio.values(parameters, x)],
            next_to_open_ends(self.interval),
            settled=1e-5,
        )
        return max(extremum.size for extremum in extrema)

    @cached_property
    def ceiling(self) -> Real:
        """An error that zero would have: nothing worse is an approximation."""
        return max(w * abs(y) for w, y in zip(self._check.w, self._check.y, strict=True))

    @cached_property
    def _check(self) -> Scan:
        return Scan.of(self.target, self.interval, self.measure, _CHECK_POINTS)

    @cached_property
    def probes(self) -> list[Real]:
        """A few points inside the interval."""
        return [mpf(x) for x in self.interval.chebyshev(5).tolist()]

    @cached_property
    def exponential(self) -> bool:
        """Whether the logarithm of the target is a polynomial of degree 1 in x or in x^2."""
        if not all(y > 0 for y in self._check.y):
            return False
        return self._geometric(1) or (self.interval.low >= 0 and self._geometric(2))

    def _geometric(self, power: int) -> bool:
        """Whether values at equal steps of x^power are a geometric sequence."""
        low, high = mpf(self.interval.low) ** power, mpf(self.interval.high) ** power
        steps = [low + (high - low) * k / 5 for k in (1, 2, 3, 4)]
        a, b, c, d = (self.target.exact(step ** (mpf(1) / power)) for step in steps)
        return self._same(a * d, b * c) and self._same(a * c, b * b)

    @cached_property
    def _factor(self) -> Factor:
        """How f vanishes at the left end 0, which a relative error has to keep."""
        if self.interval.low or self.measure.kind != "relative":
            return ""
        near, nearer = (self.composition.inner.exact(mpf(10) ** -k) for k in (20, 22))
        if abs(near - 100 * nearer) < abs(near) * mpf(10) ** -6:
            return "x"
        return "sqrt(x)" if abs(near - 10 * nearer) < abs(near) * mpf(10) ** -6 else ""

    @cached_property
    def parity(self) -> int:
        """1 for an even inner function, -1 for an odd one, else 0."""
        return next((parity for parity in (1, -1) if self._mirrored(parity, mpf(0))), 0)

    @cached_property
    def _offset(self) -> bool:
        """Whether the inner function is a constant and an odd function."""
        try:
            centre = self.composition.inner.exact(mpf(0))
        except ConfigError:
            return False
        return bool(centre) and self.interval.low >= 0 and self._mirrored(-1, centre)

    def _mirrored(self, parity: int, centre: Real) -> bool:
        """Whether f(-x) - centre is ``parity`` times f(x) - centre at a few points."""
        f = self.composition.inner.exact
        try:
            return all(self._same(f(x) - centre, parity * (f(-x) - centre)) for x in self.probes)
        except ConfigError:  # undefined on the other side
            return False

    def symmetric(self, variable: Variable) -> bool:
        """Whether f(s) f(-s) is constant in the scaled variable and relative errors symmetric."""
        if self.measure.kind != "relative" or variable.factor or variable.offset:
            return False
        f = self.composition.inner.exact
        products = [
            f(variable.where(mpf(s))) * f(variable.where(-mpf(s))) for s in (0.9, 0.6, 0.3)
        ]
        return all(self._same(product, products[0]) for product in products)

    def _same(self, a: Real, b: Real) -> bool:
        return theorems.same(a, b, self.target.digits)
