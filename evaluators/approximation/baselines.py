"""Baselines: the classical approximations of a target, computed here, by operation count.

Counted are operations that depend on x; constants are free, a square is one multiplication:

- Horner polynomial of degree d: 2d, or d with fused multiply-add
- Horner ratio [m/n] with a monic denominator: 2(m + n), or m + n + 1 with fused multiply-add
- continued fraction c + a_1/(x + b_1 + a_2/(x + b_2 + ...)): 3n for [n/n], 3n - 1 for [n-1/n]
- symmetric continued fraction in t = x - (a + b)/2, where f(a + b - x) f(x) is constant on [a, b]
  and so all b_i behind the first are zero: 2n + 2 for [n/n]
- any of them for the 2^k-th root of a positive f (2^(x / 2^k) for 2^x), squared k times: k more
- any of them in x^2, where f is even: 1 more; odd: 2 more
- any of them times x, where f vanishes at the left end 0 and the error is relative: 1 more

Every error is measured on a scan of its own; a fit that did not converge is left out.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import mpmath
from mpmath import mp, mpf

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.minimax import Fit, Parameters
from evaluators.approximation.rational import Ratio, Variable, continued_fraction
from evaluators.approximation.scan import Real, Scan, next_to_open_ends
from evaluators.approximation.targets import Target
from evosearch.contracts import Baseline
from evosearch.errors import ConfigError

_DIGITS = 40
_FIT_POINTS = 129
_CHECK_POINTS = 190
_FLOOR = mpf(10) ** -30  # smaller errors are not reliable with these digits
_MOST_SQUARINGS = 3


class Form(NamedTuple):
    """A way to write a ratio, and what it costs."""

    family: str
    ops: int


class Entry(NamedTuple):
    """One baseline before it is chosen among its family."""

    family: str
    label: str
    ops: int
    error: Real


def baselines(
    target: Target,
    interval: Interval,
    measure: Measure,
    max_ops: int,
    *,
    primitives: Iterable[str] = ("add", "sub", "mul", "div"),
    objectives: tuple[str, str] = ("error", "operations"),
) -> list[Baseline]:
    """Classical approximations of at most ``max_ops`` operations out of ``primitives``.

    Args:
        target: What is approximated; a table has no baselines.
        interval: Where.
        measure: Its kind counts; the error is always the maximal one, in exact arithmetic.
        max_ops: Largest operation count.
        primitives: Names of the operations that may be used.
        objectives: Names for error and operation count in the result.

    Returns:
        Each family's best entry at each operation count, ascending in operations, then error.
    """
    if target.function is None:
        return []
    best: dict[tuple[str, int], Entry] = {}
    with mp.workdps(_DIGITS):
        for entry in Classics(target, interval, measure, max_ops, frozenset(primitives)).entries():
            known = best.get((entry.family, entry.ops))
            if known is None or entry.error < known.error:
                best[entry.family, entry.ops] = entry
    error, ops = objectives
    return [
        Baseline(entry.family, entry.label, {error: float(entry.error), ops: float(entry.ops)})
        for entry in sorted(best.values(), key=lambda entry: (entry.ops, entry.error))
    ]


def best_at(
    found: Sequence[Baseline], ops: float, *, objectives: tuple[str, str] = ("error", "operations")
) -> float:
    """Smallest error of a baseline with at most that many operations; infinite without one."""
    error, count = objectives
    within = [b.objectives[error] for b in found if b.objectives[count] <= ops]
    return min(within, default=math.inf)


@dataclass(frozen=True)
class Classics:
    """All classical approximations of one target. Work inside ``mp.workdps``."""

    target: Target
    interval: Interval
    measure: Measure
    max_ops: int
    primitives: frozenset[str]

    def entries(self) -> Iterator[Entry]:
        """In x, or where the target is even or odd in x^2 too; with and without squarings."""
        if not {"add", "mul"} <= self.primitives:
            return
        parity = self._parity()
        variables = [Variable(self.interval, times_x=self._vanishes())]
        if parity:
            variables.append(Variable.squared(self.interval, odd=parity < 0))
        for variable in variables:
            yield from self._minimax(variable, 0)
            yield from self._derivatives(variable)
        if self._positive() and not variables[-1].times_x:
            for squarings in range(1, _MOST_SQUARINGS + 1):
                yield from self._minimax(variables[-1], squarings)

    def _minimax(self, variable: Variable, squarings: int) -> Iterator[Entry]:
        """Minimax fits of every type for which there is room, in each form."""
        root = _root(self.target, squarings)
        weighing = SquaredMeasure(self.measure, squarings) if squarings else self.measure
        scan = Scan.of(root, variable.interval, weighing, _FIT_POINTS)
        symmetric = variable.ops == 0 and self._symmetric()
        more = variable.ops + squarings
        known: dict[tuple[int, int], Fit] = {}
        for m, n in self._types(variable, self.max_ops - more):
            forms = self._forms(m, n, symmetric, self.max_ops - more)
            if not forms or (squarings and n and abs(m - n) > 1):
                continue
            ratio = Ratio(variable, m, n)
            fit = ratio.minimax(scan, known)
            error = self._error(ratio, fit.parameters, squarings) if fit else mpmath.inf
            if fit is None or not _FLOOR < error < self._ceiling:
                continue
            known[m, n] = fit
            for form in forms:
                if form.family.endswith("fraction") and not _expands(ratio, fit.parameters, form):
                    continue
                family = form.family + f" in {variable.name}" * (variable.power > 1)
                family += " and squarings" * (squarings > 0)
                yield Entry(family, _label(ratio, squarings), form.ops + more, error)

    def _derivatives(self, variable: Variable) -> Iterator[Entry]:
        """Taylor polynomials and near-diagonal Padé approximants about the middle."""
        room = self.max_ops - variable.ops
        for m, n in self._types(variable, room):
            ops = self._horner(m, n)
            if ops > room or (n and abs(m - n) > 1):
                continue
            ratio = Ratio(variable, m, n)
            parameters = ratio.pade(self.target)
            error = self._error(ratio, parameters, 0) if parameters else mpmath.inf
            if _FLOOR < error < self._ceiling:
                family = "Padé approximant" if n else "Taylor polynomial"
                family += f" in {variable.name}" * (variable.power > 1)
                yield Entry(family, _label(ratio, 0), ops + variable.ops, error)

    def _types(self, variable: Variable, room: int) -> Iterator[tuple[int, int]]:
        """Types [m/n] by total degree, as far as any form could have room; no constants."""
        for degree in range(0 if variable.times_x else 1, room + 1):
            for n in range(degree + 1 if "div" in self.primitives else 1):
                yield degree - n, n

    def _forms(self, m: int, n: int, symmetric: bool, room: int) -> list[Form]:
        """The ways to write type [m/n] in at most ``room`` operations."""
        forms = [Form("Horner ratio" if n else "Horner polynomial", self._horner(m, n))]
        if n and m in (n - 1, n):
            forms.append(Form("continued fraction", 3 * n - (m < n)))
        if symmetric and m == n > 1:
            forms.append(Form("symmetric continued fraction", 2 * n + 2))
        return [form for form in forms if form.ops <= room]

    def _horner(self, m: int, n: int) -> int:
        if "fma" in self.primitives:
            return m + n + (n > 0)
        return 2 * (m + n)

    def _error(self, ratio: Ratio, parameters: Parameters, squarings: int) -> Real:
        """Largest error on a scan that no fit has seen."""
        extrema = self._check.extrema(
            lambda x: [v ** (2**squarings) for v in ratio.values(parameters, x)],
            next_to_open_ends(self.interval),
            settled=1e-6,
        )
        return max(extremum.size for extremum in extrema)

    @property
    def _ceiling(self) -> Real:
        """An error that zero would have: nothing worse is an approximation."""
        return max(w * abs(y) for w, y in zip(self._check.w, self._check.y, strict=True))

    @cached_property
    def _check(self) -> Scan:
        return Scan.of(self.target, self.interval, self.measure, _CHECK_POINTS)

    def _vanishes(self) -> bool:
        """Whether f has a simple zero at the left end 0, which a relative error has to keep."""
        if self.interval.low or self.measure.kind != "relative":
            return False
        near, nearer = (self.target.exact(mpf(10) ** -k) for k in (20, 21))
        return bool(abs(near - 10 * nearer) < abs(near) * mpf(10) ** -6)

    def _parity(self) -> int:
        """1 for an even target, -1 for an odd one, else 0, as far as a few points can tell."""
        try:
            pairs = [(self.target.exact(x), self.target.exact(-x)) for x in self._probes()]
        except ConfigError:  # undefined on the other side
            return 0
        for parity in (1, -1):
            if all(self._same(y, parity * mirrored) for y, mirrored in pairs):
                return parity
        return 0

    def _symmetric(self) -> bool:
        """Whether f(a + b - x) f(x) is constant and the relative errors so are symmetric."""
        if self.measure.kind != "relative":
            return False
        across = mpf(self.interval.low) + mpf(self.interval.high)
        products = [self.target.exact(x) * self.target.exact(across - x) for x in self._probes()]
        return all(self._same(product, products[0]) for product in products)

    def _positive(self) -> bool:
        return all(y > 0 for y in self._check.y)

    def _probes(self) -> list[Real]:
        return [mpf(x) for x in self.interval.chebyshev(5).tolist()]

    def _same(self, a: Real, b: Real) -> bool:
        return bool(abs(a - b) <= abs(a) * mpf(10) ** -(min(self.target.digits, 30) - 3))


@dataclass(frozen=True)
class SquaredMeasure:
    """Weights for a fit of g = f^(1 / 2^k) that is then squared k times, to first order."""

    outer: Measure
    squarings: int

    def weight(self, y: Real) -> Real:
        """Weight of an error of g where its value is ``y``."""
        value = y ** (2**self.squarings)
        return self.outer.weight(value) * abs(value / y) * 2**self.squarings


def _root(target: Target, squarings: int) -> Target:
    """The target's 2^k-th root."""
    if not squarings:
        return target
    return Target(
        f"{target.name}^(1/{2**squarings})",
        target.formula,
        lambda x: mp.root(target.exact(x), 2**squarings),
        target.digits,
    )


def _expands(ratio: Ratio, parameters: Parameters, form: Form) -> bool:
    """Whether the continued fraction exists, and where it has to be is symmetric."""
    pairs = continued_fraction(*ratio.coefficients(parameters))
    if pairs is None:
        return False
    symmetric = form.family.startswith("symmetric")
    return not symmetric or all(abs(b) < 1e-6 for _, b in pairs[1:])


def _label(ratio: Ratio, squarings: int) -> str:
    label = f"[{ratio.m}/{ratio.n}]" if ratio.n else f"degree {ratio.m}"
    label = f"x times {label}" if ratio.variable.times_x else label
    return f"{label}, power {2**squarings}" if squarings else label
