"""The weighted error of a program over one piece of the interval, enclosed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flint import arb, arb_series, fmpq

from evaluators.approximation.measure import FORMATS, Measure
from evaluators.approximation.rigorous import projective, series
from evaluators.approximation.rigorous.functions import Function
from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.steps import Steps
from evaluators.approximation.rigorous.taylor import Piece, TaylorForm


class Bounds(NamedTuple):
    """The largest absolute error over a piece is at least ``low`` and at most ``high``."""

    low: arb
    high: arb


def value_at(function: Function, x: fmpq) -> arb:
    """The target at one point."""
    return function(arb_series([arb(x)], 1))[0]


@dataclass(frozen=True)
class Error:
    """The weighted error of a program in exact arithmetic.

    Attributes:
        steps: The program.
        constants: Its constants.
        function: The target.
        measure: How errors are weighed.
        zeros: Ends of the interval where the target is exactly zero.
    """

    steps: Steps
    constants: Sequence[arb]
    function: Function
    measure: Measure
    zeros: frozenset[fmpq] = frozenset()

    def bounds(self, piece: Piece) -> Bounds:
        """Bounds of the largest weighted error over a piece.

        Raises:
            UndefinedError: There may be a pole, or no real value, in the piece.
        """
        if self.measure.kind != "absolute":
            for end in self.zeros.intersection(piece):
                return self._next_to_zero(piece, end)
        radius = arb(piece.width / 2)
        center, _ = self._series(arb(piece.middle))
        wide, target = self._series(piece.ball)
        low, high = TaylorForm.of(center, wide, -radius, radius).bounds()
        if center[0].is_finite():
            low = low.max(center[0].abs_lower())
        if self.measure.kind == "ulp":
            least, most = self.sizes(piece, target)
            low, high = low * self.unit(most), high * self.unit(least)
        return Bounds(low, high)

    def _series(self, x: arb) -> tuple[arb_series, arb_series]:
        """The error, weighed if the measure is relative, and the target about ``x``."""
        difference, target = self._difference(x)
        if self.measure.kind == "relative":
            return series.divide(difference, target), target
        return difference, target

    def _difference(self, x: arb) -> tuple[arb_series, arb_series]:
        variable = series.variable(x)
        target = self.function(variable)
        return self._program(variable) - target, target

    def _program(self, x: arb_series) -> arb_series:
        constants = [series.constant(c) for c in self.constants]
        try:
            return self.steps.run(x, constants, series.COMPUTE)[self.steps.output]
        except UndefinedError:
            quotients = [projective.whole(c) for c in constants]
            nodes = self.steps.run(projective.whole(x), quotients, projective.COMPUTE)
            return nodes[self.steps.output].value()

    def _next_to_zero(self, piece: Piece, end: fmpq) -> Bounds:
        """Bounds where the target, and so the program, is zero at one end of the piece."""
        at_end, near = self._difference(arb(end)), self._difference(piece.ball)
        t = (arb(piece.low - end), arb(piece.high - end))
        form = TaylorForm.of_quotient((at_end[0], near[0]), (at_end[1], near[1]), t)
        low, high = form.bounds()
        if self.measure.kind == "ulp":  # abs(y) / ulp(y) < 2^digits
            return Bounds(arb(0), high * 2 ** FORMATS[self.measure.format][0])
        return Bounds(low, high)

    def sizes(self, piece: Piece, target: arb_series) -> tuple[arb, arb]:
        """Bounds of the target's absolute value over a piece; tight where it is monotone."""
        if not target[0].is_finite():
            raise UndefinedError("the target may be infinite")
        if target.prec > 1 and target[1] != 0 and target[0] != 0:
            a, b = (value_at(self.function, end) for end in piece)
            return a.abs_lower().min(b.abs_lower()), a.abs_upper().max(b.abs_upper())
        return target[0].abs_lower(), target[0].abs_upper()

    def unit(self, size: arb) -> arb:
        """Weight where the target has this (exact) absolute value and errors count ulps."""
        digits, lowest = FORMATS[self.measure.format]
        mantissa, power = size.man_exp()
        exponent = int(power) + int(mantissa).bit_length() if mantissa else lowest
        return arb(2) ** (digits - max(exponent, lowest))
