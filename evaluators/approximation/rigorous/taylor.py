"""Taylor forms: enclosures of a function over one piece of an interval.

The coefficients at a point of the piece, and the next coefficient over the whole piece as the
remainder (Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, section 9.4). The
largest value of the first three terms is taken exactly, the others are added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from flint import arb, arb_poly, arb_series, fmpq

from evaluators.approximation.rigorous.series import UndefinedError


class Piece(NamedTuple):
    """Real numbers from ``low`` to ``high``."""

    low: fmpq
    high: fmpq

    @property
    def middle(self) -> fmpq:
        """Half way."""
        return (self.low + self.high) / 2

    @property
    def width(self) -> fmpq:
        """``high - low``."""
        return self.high - self.low

    @property
    def ball(self) -> arb:
        """A ball that contains the piece."""
        return arb(self.middle, arb(self.width / 2))

    def halves(self) -> tuple["Piece", "Piece"]:
        """The pieces on either side of the middle."""
        return Piece(self.low, self.middle), Piece(self.middle, self.high)


def largest(values: Iterable[arb]) -> arb:
    """Maximum of some balls."""
    return reduce(arb.max, values)


@dataclass(frozen=True)
class TaylorForm:
    """``sum(center[k] t^k) + last t^n`` with t from ``low`` to ``high``, n = len(center)."""

    center: Sequence[arb]
    last: arb
    low: arb
    high: arb

    @classmethod
    def of(cls, center: arb_series, wide: arb_series, low: arb, high: arb) -> "TaylorForm":
        """From the series about a point and about the whole piece, as long as they are known.

        Raises:
            UndefinedError: Not even the value is finite.
        """
        terms = _known(center, wide)
        return cls([center[k] for k in range(terms)], wide[terms], low, high)

    @classmethod
    def of_quotient(
        cls,
        above: tuple[arb_series, arb_series],
        below: tuple[arb_series, arb_series],
        t: tuple[arb, arb],
    ) -> "TaylorForm":
        """Of a quotient whose parts are both exactly zero at t = 0: that many terms cancel.

        Args:
            above: The numerator about t = 0, and about the whole piece.
            below: The denominator likewise.
            t: Range of t; one of its ends is zero.

        Raises:
            UndefinedError: The quotient is not finite at t = 0, or that cannot be told.
        """
        terms = min(_known(*above), _known(*below))
        zeros = next((k for k in range(terms) if not below[0][k].is_zero()), terms)
        if zeros == terms or not all(above[0][k].is_zero() for k in range(zeros)):
            raise UndefinedError("the program is not exactly zero where the target is")
        a, b = (
            [*(part[0][k] for k in range(zeros, terms)), part[1][terms]] for part in (above, below)
        )
        if b[0].contains(0):
            raise UndefinedError("a zero of the target cannot be resolved")
        n = terms - zeros
        center = arb_series(a[:n]) / arb_series(b[:n])
        quotient = [center[k] for k in range(n)]
        rest = (arb_poly(a) - arb_poly(quotient) * arb_poly(b)).coeffs()[n:]
        ball = t[0].union(t[1])
        denominator = arb_poly(b)(ball)
        if denominator.contains(0):
            raise UndefinedError("a zero of the target cannot be resolved")
        return cls(quotient, arb_poly(rest)(ball) / denominator, *t)

    def bounds(self) -> tuple[arb, arb]:
        """Lower and upper bound of the largest absolute value."""
        reach = self.low.abs_upper().max(self.high.abs_upper())
        rest = self.last.abs_upper() * reach ** len(self.center)
        first = [*self.center[:3], arb(0), arb(0), arb(0)][:3]
        if first[2].contains(0):
            rest += first[2].abs_upper() * reach**2
            first[2] = arb(0)
        for k in range(3, len(self.center)):
            rest += self.center[k].abs_upper() * reach**k
        low, high = self._quadratic(*first)
        return (low - rest).lower().max(arb(0)), (high + rest).upper()

    def _quadratic(self, a: arb, b: arb, c: arb) -> tuple[arb, arb]:
        """Bounds of the largest absolute value of ``a + b t + c t^2``."""
        ends = [a + t * (b + t * c) for t in (self.low, self.high)]
        low = largest(end.abs_lower() for end in ends)
        high = largest(end.abs_upper() for end in ends)
        if c != 0:
            vertex, extreme = -b / (2 * c), a - b * b / (4 * c)
            if not (vertex < self.low or vertex > self.high):
                high = high.max(extreme.abs_upper())
            if self.low < vertex < self.high:
                low = low.max(extreme.abs_lower())
        return low, high


def _known(center: arb_series, wide: arb_series) -> int:
    """How many terms about a point are finite, and the one over the whole piece after them."""
    finite = 0
    while finite < center.prec and center[finite].is_finite():
        finite += 1
    for terms in range(min(finite, wide.prec - 1), -1, -1):
        if wide[terms].is_finite():
            return terms
    raise UndefinedError("no finite value")
