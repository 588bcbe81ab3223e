"""The weighted error of a program as it runs in a binary format."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
from flint import arb, arb_series

from evaluators.approximation.rigorous.enclosure import Bounds, Error
from evaluators.approximation.rigorous.rounding import Format, Run
from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.subdivision import NotProvedError
from evaluators.approximation.rigorous.taylor import Piece


@dataclass(frozen=True)
class RoundedError:
    """The error in exact arithmetic, with constants of the format, plus what rounding adds.

    Attributes:
        error: The error in exact arithmetic.
        format: The format.
    """

    error: Error
    format: Format

    @classmethod
    def of(cls, error: Error, constants: Sequence[str], name: str) -> "RoundedError":
        """The program with its constants rounded to the format of that name.

        Raises:
            NotProvedError: Nothing is known about the rounding of an operation or a constant.
        """
        format = Format.named(name)
        unknown = Run(format).unrounded(error.steps)
        if unknown:
            raise NotProvedError(f"how {', '.join(unknown)} is rounded is not fixed by IEEE 754")
        with np.errstate(over="ignore"):
            values = [float(np.dtype(name).type(float(text))) for text in constants]
        if not all(map(isfinite, values)):
            raise NotProvedError(f"a constant is beyond the range of {name}")
        return cls(replace(error, constants=[arb(value) for value in values]), format)

    def bounds(self, piece: Piece) -> Bounds:
        """Bounds of the exact error plus the worst case of rounding, over a piece.

        The upper one bounds the error. The lower one tells how close the upper one is to this
        sum, not to the error.

        Raises:
            UndefinedError: There may be a pole, an overflow, or no real value in the piece.
        """
        error = self.error
        low, high = error.bounds(piece)
        least, most = Run(self.format).spread(error.steps, piece.ball, error.constants)
        target = error.function(arb_series([piece.ball, 1], 2))
        small, large = error.sizes(piece, target)
        if error.measure.kind == "relative":
            if not small > 0:
                raise UndefinedError("the target may be zero")
            least, most = least / large, most / small
        elif error.measure.kind == "ulp":
            least, most = least * error.unit(large), most * error.unit(small)
        return Bounds((low + least).lower(), (high + most).upper())
