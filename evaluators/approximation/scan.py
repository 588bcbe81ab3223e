"""Scan: the target at a dense set of points, exactly; finds the extrema of an error curve."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import mpmath
import numpy as np
from mpmath import mp, mpf

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.targets import Target

Real = Any  # mpmath.mpf
Function = Callable[[Sequence[Real]], list[Real]]  # values of an approximation at points

_GOLDEN = mpf("0.381966011250105")
_STEPS = 60
_OPEN_GAP = mpf(2) ** -100  # of the width


class Extremum(NamedTuple):
    """A local extremum of the weighted error."""

    x: Real
    error: Real

    @property
    def size(self) -> Real:
        """Magnitude; infinite where there is no number."""
        return abs(self.error) if mpmath.isfinite(self.error) else mpmath.inf


class Weighing(Protocol):
    """What weighs errors: a `Measure`, or one derived from it."""

    def weight(self, y: Real) -> Real:
        """Weight of an error where the target is ``y``."""
        ...


@dataclass(frozen=True, eq=False)
class Scan:
    """The target ``y`` and its weights ``w`` at ascending points ``x`` (all mpf)."""

    target: Target
    measure: Weighing
    x: Sequence[Real]
    y: Sequence[Real]
    w: Sequence[Real]

    @classmethod
    def of(cls, target: Target, interval: Interval, measure: Weighing, n: int) -> "Scan":
        """At n Chebyshev extreme points and n // 4 points log-spaced towards the ends."""
        points = np.union1d(interval.extremes(n), interval.near_ends(n // 4))
        x = [mpf(point) for point in points.tolist()]
        y = [target.exact(point) for point in x]
        return cls(target, measure, x, y, [measure.weight(value) for value in y])

    def errors(self, function: Function) -> list[Real]:
        """Weighted errors of an approximation at the points."""
        values = function(self.x)
        return [w * (v - y) for w, v, y in zip(self.w, values, self.y, strict=True)]

    def error_at(self, function: Function, x: Real) -> Extremum:
        """Weighted error at one more point."""
        y = self.target.exact(x)
        return Extremum(x, self.measure.weight(y) * (function([x])[0] - y))

    def extrema(
        self, function: Function, extra: Iterable[Real] = (), settled: float = 1e-14
    ) -> list[Extremum]:
        """Local maxima of the absolute error, ascending in x, each found by local search.

        ``extra`` are points to be looked at besides the scan's own; ``settled`` is the relative
        accuracy of the errors found.
        """
        curve = [Extremum(x, e) for x, e in zip(self.x, self.errors(function), strict=True)]
        curve += [self.error_at(function, x) for x in extra]
        curve.sort(key=lambda extremum: extremum.x)
        found = []
        for i, here in enumerate(curve):
            left, right = curve[max(i - 1, 0)], curve[min(i + 1, len(curve) - 1)]
            if here.size == mpmath.inf:
                return [here]
            if _rises(left, here) and _rises(right, here) and here.error:
                found.append(self._climb(function, left, here, right, settled))
        return found or curve[:1]

    def _climb(
        self, function: Function, left: Extremum, here: Extremum, right: Extremum, settled: float
    ) -> Extremum:
        """Largest absolute error between two points, from one in between that is larger.

        Parabolic interpolation, every third step a golden section (Brent 1973, chapter 5), until
        the parabola promises a gain below ``settled``, relative.
        """
        sign = mpmath.sign(here.error)
        for step in range(_STEPS):
            x, gain = _vertex(left, here, right)
            at_end = here.x in (left.x, right.x)
            if (step >= 2 and gain <= settled * here.size) or (step >= 3 and at_end):
                break
            if step % 3 == 2 or not left.x < x < right.x or x == here.x:
                far = left if here.x - left.x > right.x - here.x else right
                x = here.x + _GOLDEN * (far.x - here.x)
            if x in (left.x, here.x, right.x):
                break
            new = self.error_at(function, x)
            if new.size == mpmath.inf:
                return new
            edge = new
            if sign * new.error > sign * here.error:
                edge, here = here, new
            left, right = (edge, right) if edge.x < here.x else (left, edge)
        return here


def _rises(other: Extremum, here: Extremum) -> bool:
    return bool(other.error * here.error < 0 or other.size <= here.size)


def _vertex(a: Extremum, b: Extremum, c: Extremum) -> tuple[Real, Real]:
    """Vertex of the parabola through three points: its x, and how far it is above b.

    At an end of the interval, where two of them are one: b itself, and an unknown (infinite) gain.
    """
    if b.x in (a.x, c.x):
        return b.x, mpmath.inf
    before, after = (b.error - a.error) / (b.x - a.x), (c.error - b.error) / (c.x - b.x)
    curvature = (after - before) / (c.x - a.x)
    if not curvature:
        return b.x, mpf(0)
    slope = before + curvature * (b.x - a.x)
    return b.x - slope / (2 * curvature), abs(slope**2 / (4 * curvature))


def next_to_open_ends(interval: Interval) -> list[Real]:
    """Points next to the open ends, closer than any float64: nearly the limits there."""
    gap, low, high = mpf(interval.width) * _OPEN_GAP, mpf(interval.low), mpf(interval.high)
    points = [low + gap] if interval.open_low else []
    points += [high - gap] if interval.open_high else []
    return [point for point in points if low < point < high]


@lru_cache(maxsize=64)
def scan_of(target: Target, interval: Interval, measure: Measure, digits: int, n: int) -> Scan:
    """A scan (see `Scan.of`) at this precision; kept, because the target's values are costly.

    Raises:
        ConfigError: The target is a table, undefined somewhere, or zero under a relative error.
    """
    points = interval.extremes(65)
    measure.weights(points, target.values(points))  # refuses zeros
    with mp.workdps(digits):
        return Scan.of(target, interval, measure, n)
