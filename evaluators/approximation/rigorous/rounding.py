"""What rounding can add when a program is run in a binary format, bounded.

Every operation of a program run in IEEE 754 arithmetic, to nearest, gives

    fl(a op b) = (a op b)(1 + d) + h,   |d| <= u,   |h| <= eta,

with h = 0 except for products and quotients (Higham, Accuracy and Stability of Numerical
Algorithms, 2002, section 2.2). The program's value is a function of all d and h, and by the mean
value theorem differs from its value without them by at most

    sum_k |dv/dv_k| (|a op b| u + eta)

with derivatives and values anywhere in the box of all d and h, and all x of the piece: balls, in
reverse mode. A product that is fused with a sum has d = h = 0, so that fused arithmetic is
covered too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from flint import arb, arb_series

from evaluators.approximation.rigorous.enclosure import Bounds, Error
from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.steps import Steps
from evaluators.approximation.rigorous.taylor import Piece
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT


class Format(NamedTuple):
    """A binary format: unit roundoff 2^-digits, smallest number 2^tiny, largest number."""

    name: str
    digits: int
    tiny: int
    largest: float

    @classmethod
    def named(cls, name: str) -> "Format":
        """``float64`` or ``float32``."""
        info = np.finfo(name)
        return cls(name, info.nmant + 1, info.minexp - info.nmant, float(info.max))


class _Local(NamedTuple):
    """An operation at given arguments: value, derivatives, and whether it is rounded."""

    value: arb
    slopes: tuple[arb, ...]
    relative: bool = True
    tiny: bool = False


def _divide(a: arb, b: arb) -> _Local:
    if b.contains(0):
        raise UndefinedError("a division by zero may happen")
    return _Local(a / b, (1 / b, -(a / b) / b), tiny=True)


def _sqrt(a: arb) -> _Local:
    if not a > 0:
        raise UndefinedError("the argument of a square root may be zero or negative")
    root = a.sqrt()
    return _Local(root, (1 / (2 * root),))


def _absolute(a: arb) -> _Local:
    slope = arb(1) if a > 0 else arb(-1) if a < 0 else arb(0, 1)
    return _Local(abs(a), (slope,), relative=False)


def _choose(value: arb, first: bool, second: bool) -> _Local:
    share = arb(1) if first else arb(0) if second else arb(0.5, 0.5)
    return _Local(value, (share, 1 - share), relative=False)


_OPERATIONS: Mapping[str, Callable[..., _Local]] = {
    "add": lambda a, b: _Local(a + b, (arb(1), arb(1))),
    "sub": lambda a, b: _Local(a - b, (arb(1), arb(-1))),
    "mul": lambda a, b: _Local(a * b, (b, a), tiny=True),
    "div": _divide,
    "sqrt": _sqrt,
    "neg": lambda a: _Local(-a, (arb(-1),), relative=False),
    "abs": _absolute,
    "max": lambda a, b: _choose(a.max(b), a > b, b > a),
    "min": lambda a, b: _choose(a.min(b), a < b, b < a),
}


def unrounded(steps: Steps) -> list[str]:
    """Operations of a program whose rounding IEEE 754 does not fix."""
    return sorted(set(steps.unfused().ops) - set(_OPERATIONS))


@dataclass(frozen=True)
class RoundedError:
    """The weighted error of a program as it is run in a format.

    Attributes:
        error: The error in exact arithmetic, with constants of that format.
        format: The format.
    """

    error: Error
    format: Format

    def bounds(self, piece: Piece) -> Bounds:
        """Bounds of the exact error plus the worst case of rounding, over a piece.

        The upper one bounds the error; the lower one tells how close the bound over the piece is,
        not how close the error.

        Raises:
            UndefinedError: There may be a pole, an overflow, or no real value in the piece.
        """
        low, high = self.error.bounds(piece)
        least, most = self._rounding(piece.ball)
        target = self.error.function(arb_series([piece.ball, 1], 2))
        small, large = self.error.sizes(piece, target)
        if self.error.measure.kind == "relative":
            if not small > 0:
                raise UndefinedError("the target may be zero")
            least, most = least / large, most / small
        elif self.error.measure.kind == "ulp":
            least, most = least * self.error.unit(large), most * self.error.unit(small)
        return Bounds((low + least).lower(), (high + most).upper())

    def _rounding(self, x: arb) -> tuple[arb, arb]:
        """Bounds of the sum over all operations, see the top of the module."""
        steps = self.error.steps.unfused()
        tape = self._tape(steps, x)
        weights = {steps.output: arb(1)}
        low = high = arb(0)
        for k in reversed(range(len(tape))):
            if k not in weights:
                continue
            size = abs(weights[k])
            rounding = arb(abs(tape[k].value) * self._unit if tape[k].relative else 0)
            low += (size * rounding).abs_lower()
            high += (size * (rounding + (self._tiny if tape[k].tiny else 0))).abs_upper()
            passed = weights[k] * (1 + self._either(self._unit if tape[k].relative else arb(0)))
            for a, slope in zip(steps.args[k], tape[k].slopes, strict=True):
                weights[a] = weights.get(a, arb(0)) + passed * slope
        return low, high

    def _tape(self, steps: Steps, x: arb) -> list[_Local]:
        """Every operation on arguments that carry all roundings before it."""
        nodes = {FIRST_INPUT: x}
        nodes |= {FIRST_CONSTANT - j: c for j, c in enumerate(self.error.constants)}
        tape = []
        for k, (op, args) in enumerate(zip(steps.ops, steps.args, strict=True)):
            local = _OPERATIONS[op](*(nodes[a] for a in args))
            value = local.value
            if local.relative:
                value *= 1 + self._either(self._unit)
            if local.tiny:
                value += self._either(self._tiny)
            if not value.abs_upper() <= self.format.largest:
                raise UndefinedError("an operation may overflow")
            nodes[k] = value
            tape.append(local)
        return tape

    @property
    def _unit(self) -> arb:
        return arb(2) ** -self.format.digits

    @property
    def _tiny(self) -> arb:
        return arb(2) ** (self.format.tiny - 1)

    @staticmethod
    def _either(size: arb) -> arb:
        return arb(0, size)
