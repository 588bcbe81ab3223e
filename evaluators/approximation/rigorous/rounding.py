"""A program as it runs in a binary format, every operation rounded to nearest.

IEEE 754 gives fl(a op b) = (a op b)(1 + d) + h with |d| <= u and |h| <= eta; h = 0 except for
products and quotients (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 2.2).
A product that is fused with a sum has d = h = 0, so that fused arithmetic is covered too.

A continued fraction may divide by zero on its way, 1/0 = inf and 1/inf = 0. Values near such a
pole are quotients of two entries of the tape. The rules above hold there as well, if no quotient
overflows but the one by zero: two floats that cancel leave zero, or no less than u^2 of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from flint import arb

from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.steps import Steps
from evaluators.approximation.rigorous.tape import Tape

_ZERO = arb(0)


class Format(NamedTuple):
    """A binary format: u, eta, and its largest number."""

    unit: arb
    tiny: arb
    largest: arb

    @classmethod
    def named(cls, name: str) -> "Format":
        """``float64`` or ``float32``."""
        info = np.finfo(name)
        smallest = info.minexp - info.nmant  # exponent of the smallest number
        return cls(
            arb(2) ** -(info.nmant + 1), arb(2) ** (int(smallest) - 1), arb(float(info.max))
        )


class Value(NamedTuple):
    """``above / below``: entries of the tape, ``below`` None where it is 1.

    The number in the format is infinite, zero, or between ``low`` and ``high`` in size.
    """

    above: int
    below: int | None
    low: arb
    high: arb


class Run:
    """One run of a program for all numbers of a ball at once."""

    def __init__(self, format: Format) -> None:
        self.format = format
        self.tape = Tape(format.unit, format.tiny)
        self._compute: Mapping[str, Callable[..., Value]] = {
            "add": self._add,
            "sub": lambda a, b: self._add(a, b, -1),
            "mul": self._multiply,
            "div": self._divide,
            "fma": lambda a, b, c: self._add(self._multiply(a, b), c),
            "neg": lambda a: a._replace(above=self._scaled(a.above, -1)),
            "abs": self._absolute,
            "max": lambda a, b: self._larger(a, b, 1),
            "min": lambda a, b: self._larger(a, b, -1),
            "sqrt": self._root,
        }

    def unrounded(self, steps: Steps) -> list[str]:
        """Operations of a program whose rounding IEEE 754 does not fix."""
        return sorted(set(steps.ops) - set(self._compute))

    def spread(self, steps: Steps, x: arb, constants: Sequence[arb]) -> tuple[arb, arb]:
        """Bounds of the worst that all roundings together can do, at every number of the ball.

        Raises:
            UndefinedError: There may be an overflow, a pole, or no real value.
        """
        leaves = [self._made(self.tape.put(value)) for value in (x, *constants)]
        output = steps.run(leaves[0], leaves[1:], self._compute)[steps.output]
        return self.tape.spread(self._finite(output))

    def _made(
        self, above: int, below: int | None = None, low: arb = _ZERO, high: arb | None = None
    ) -> Value:
        """A value, divided where that can be done; ``high`` is needed where it cannot."""
        if below is not None and not self.tape.values[below].contains(0):
            above, below = self.tape.quotient(above, below), None
        value = self.tape.values[above]
        if below is None:
            low, high = low.max(value.abs_lower()), value.abs_upper()
        else:
            low = low.max(value.abs_lower() / self.tape.values[below].abs_upper())
        if high is None or not high <= self.format.largest:
            raise UndefinedError("an operation may overflow")
        return Value(above, below, low.max(arb(0)), high)

    def _finite(self, a: Value) -> int:
        if a.below is not None:
            raise UndefinedError("a value may be infinite")
        return a.above

    def _scaled(self, a: int, factor: int) -> int:
        return self.tape.put(self.tape.values[a] * factor, (a, arb(factor)))

    def _add(self, a: Value, b: Value, sign: int = 1) -> Value:
        left, right = self.tape.product(a.above, b.below), self.tape.product(b.above, a.below)
        assert left is not None
        assert right is not None
        rounded = self.tape.round(self.tape.sum(left, right, sign))
        low = a.low.min(b.low) * self.format.unit**2
        high = (a.high + b.high) * (1 + self.format.unit)
        return self._made(rounded, self.tape.product(a.below, b.below), low, high)

    def _multiply(self, a: Value, b: Value) -> Value:
        above, below = self.tape.product(a.above, b.above), self.tape.product(a.below, b.below)
        assert above is not None
        return self._scale(above, below, a.low * b.low, a.high * b.high)

    def _divide(self, a: Value, b: Value) -> Value:
        if not b.low > self.format.tiny / self.format.unit:
            raise UndefinedError("a denominator may be zero or subnormal")
        above, below = self.tape.product(a.above, b.below), self.tape.product(a.below, b.above)
        assert above is not None
        return self._scale(above, below, a.low / b.high, a.high / b.low)

    def _scale(self, above: int, below: int | None, low: arb, high: arb) -> Value:
        """A product or a quotient, which may be subnormal."""
        unit, tiny, _ = self.format
        rounded = self.tape.round_with_underflow(above, below)
        return self._made(rounded, below, low * (1 - unit) - tiny, high * (1 + unit) + tiny)

    def _root(self, a: Value) -> Value:
        entry = self._finite(a)
        value = self.tape.values[entry]
        if not value > 0:
            raise UndefinedError("the argument of a square root may be zero or negative")
        root = value.sqrt()
        return self._made(self.tape.round(self.tape.put(root, (entry, 1 / (2 * root)))))

    def _absolute(self, a: Value) -> Value:
        entry = self._finite(a)
        value = self.tape.values[entry]
        slope = arb(1) if value > 0 else arb(-1) if value < 0 else arb(0, 1)
        return self._made(self.tape.put(abs(value), (entry, slope)), low=a.low)

    def _larger(self, a: Value, b: Value, sign: int) -> Value:
        first, second = self._finite(a), self._finite(b)
        x, y = self.tape.values[first] * sign, self.tape.values[second] * sign
        share = arb(1) if x >= y else arb(0) if y >= x else arb(0.5, 0.5)
        value = x.max(y) * sign
        made = self.tape.put(value, (first, share), (second, 1 - share))
        return self._made(made, low=a.low.min(b.low))
