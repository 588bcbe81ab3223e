"""Baselines: the classical approximations of a target, computed here, by operation count.

Counted are operations that depend on x. The forms of a polynomial or a ratio and what they cost
stand in `forms`. Besides in x itself they are tried

- in x^2, where f is even: 1 operation more; odd: times x, 2 more; a constant plus an odd function,
  as the normal distribution function: 3 more
- times x, where f vanishes at the left end 0 and the error is relative: 1 more; times sqrt(x),
  where it does so like a square root: 2 or 3 more, in x, sqrt(x) or x^2
- for an inner function, out of which f is had by a functional equation (`theorems`): 1 to 3 more
  each time, at most three times
- in u = x / (x + 2), where f is odd in u as logarithms of 1 + x are: 2 more

Every error is measured on a scan of its own; a fit that did not converge is left out.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import mpmath
from mpmath import mp, mpf

from evaluators.approximation.adapted import adapted
from evaluators.approximation.forms import ADAPTED, FRACTION, SYMMETRIC, Form, forms
from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.minimax import Fit, Parameters
from evaluators.approximation.rational import Ratio, Variable, continued_fraction
from evaluators.approximation.scan import Real, Scan
from evaluators.approximation.setting import Setting
from evaluators.approximation.targets import Target
from evaluators.approximation.theorems import ROOT
from evosearch.contracts import Baseline

_DIGITS = 40
_FIT_POINTS = 97
_FLOOR = mpf(10) ** -30  # smaller errors are not reliable with these digits
_OFF_DIAGONAL = 4  # how far the degrees of a ratio may be apart
_TIMES = ("", "once", "twice", "thrice")
_WITHOUT_PARITY = 9  # operations up to which a form that ignores a parity may still be the best
_COMPOSED = 4  # the same for an inner function


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
    primitives: Iterable[str] = ("add", "sub", "mul", "div", "sqrt"),
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
    allowed = frozenset(primitives)
    if target.function is None or not {"add", "mul"} <= allowed:
        return []
    best: dict[tuple[str, int], Entry] = {}
    with mp.workdps(_DIGITS):
        for setting in Setting.all(target, interval, measure):
            for entry in Classics(setting, max_ops, allowed).entries():
                known = best.get((entry.family, entry.ops))
                if known is None or entry.error < known.error:
                    best[entry.family, entry.ops] = entry
    error, ops = objectives
    return [
        Baseline(entry.family, entry.label, {error: float(entry.error), ops: float(entry.ops)})
        for entry in sorted(best.values(), key=lambda entry: (entry.ops, entry.error))
    ]


def best(
    found: Sequence[Baseline], ops: float, *, objectives: tuple[str, str] = ("error", "operations")
) -> Baseline | None:
    """The baseline of the smallest error with at most that many operations; None without one."""
    error, count = objectives
    within = [b for b in found if b.objectives[count] <= ops]
    return min(within, key=lambda b: (b.objectives[error], b.objectives[count]), default=None)


def best_at(
    found: Sequence[Baseline], ops: float, *, objectives: tuple[str, str] = ("error", "operations")
) -> float:
    """Smallest error of a baseline with at most that many operations; infinite without one."""
    known = best(found, ops, objectives=objectives)
    return math.inf if known is None else known.objectives[objectives[0]]


@dataclass(frozen=True)
class Classics:
    """All classical approximations on one road. Work inside ``mp.workdps``.

    Attributes:
        setting: The road.
        max_ops: Largest operation count.
        primitives: Operations that may be used.
    """

    setting: Setting
    max_ops: int
    primitives: frozenset[str]

    def entries(self) -> Iterator[Entry]:
        """Minimax fits in every variable."""
        composition = self.setting.composition
        if not self._allowed(["div"] * (self.setting.argument != "x")):
            return
        for variable in self.setting.variables():
            room = self.max_ops - variable.ops - composition.ops
            if variable.power == 1 and self.setting.parity:
                room = min(room, _COMPOSED if composition.levels else _WITHOUT_PARITY)
            if self._allowed(["sqrt"] * (variable.roots or composition.name == ROOT)):
                yield from self._minimax(variable, room)

    def _allowed(self, names: Sequence[str]) -> bool:
        return self.primitives.issuperset(names)

    def _minimax(self, variable: Variable, room: int) -> Iterator[Entry]:
        """Fits of every type for which there is room, in each form."""
        setting = self.setting
        scan = Scan.of(setting.composition.inner, variable.interval, setting, _FIT_POINTS)
        symmetric = setting.symmetric(variable)
        known: dict[tuple[int, int], Fit] = {}
        exact: list[tuple[int, int]] = []
        for m, n in self.types(variable, room):
            ways = [form for form in self._forms(variable, m, n, symmetric) if form.ops <= room]
            if any(m >= a and n >= b for a, b in exact):
                continue
            ratio = Ratio(variable, m, n)
            fit = ratio.minimax(scan, known)
            error = setting.error(ratio, fit.parameters) if fit else mpmath.inf
            if error <= _FLOOR:
                exact.append((m, n))
            if fit is None or not _FLOOR < error < setting.ceiling:
                continue
            known[m, n] = fit
            for form in ways:
                if _exists(ratio, fit.parameters, form):
                    ops = form.ops + variable.ops + setting.composition.ops
                    yield Entry(self._family(form, variable), self._label(ratio), ops, error)

    def types(self, variable: Variable, room: int) -> Iterator[tuple[int, int]]:
        """Types [m/n] by total degree that a form has room for; no constants."""
        symmetric = self.setting.symmetric(variable)
        for degree in range(0 if variable.factor else 1, room + 2):  # some cost 1 less than that
            for n in range(degree + 1 if "div" in self.primitives else 1):
                m = degree - n
                near = not n or not m or abs(m - n) <= _OFF_DIAGONAL
                if near and any(f.ops <= room for f in self._forms(variable, m, n, symmetric)):
                    yield m, n

    def _forms(self, variable: Variable, m: int, n: int, symmetric: bool) -> list[Form]:
        found = forms(m, n, symmetric=symmetric, fused="fma" in self.primitives)
        if (variable.power, variable.factor, m, n) == (2, "x", 0, 1):
            found.append(Form(FRACTION, 1))  # a / (x + b / x) does without x^2
        if (variable.power, variable.factor, m, n) == (1, "x", 0, 2):
            found.append(Form(FRACTION, 3))  # a / (x + b / x + c)
        if self.setting.composition.scaled:  # a leading coefficient is 1, or a / v is v
            found = [
                form if m == n and form.family in (FRACTION, SYMMETRIC) else form.cheaper()
                for form in found
            ]
        return found

    def _family(self, form: Form, variable: Variable) -> str:
        argument, done = self.setting.argument, self.setting.composition.name
        name = variable.name
        if argument != "x":
            name = argument if variable.power == 1 else f"({argument})^2"
        place = f" in {name}" if name != "x" else ""
        return f"{form.family}{place} and {done}" if done else f"{form.family}{place}"

    def _label(self, ratio: Ratio) -> str:
        variable, times = ratio.variable, len(self.setting.composition.levels)
        label = f"[{ratio.m}/{ratio.n}]" if ratio.n else f"degree {ratio.m}"
        if variable.factor:
            label = f"{variable.factor.replace('x', self.setting.argument)} times {label}"
        label = f"constant plus {label}" if variable.offset else label
        return f"{label}, {_TIMES[times]}" if times else label


def _exists(ratio: Ratio, parameters: Parameters, form: Form) -> bool:
    """Whether this ratio can be written in the form."""
    p, q, _ = ratio.parts(parameters)
    if form.family == ADAPTED:
        return adapted(p) is not None
    if form.family not in (FRACTION, SYMMETRIC):
        return True
    pairs = continued_fraction(p, q)
    if pairs is None:
        return False
    return form.family == FRACTION or all(abs(b) < 1e-4 for _, b in pairs[1:])
