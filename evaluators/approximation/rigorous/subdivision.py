"""Worst-first subdivision: the largest error over an interval, from bounds over its pieces."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from flint import arb, fmpq

from evaluators.approximation.rigorous.enclosure import Bounds
from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.taylor import Piece, largest

MAX_PIECES = 30_000  # that are looked at
_FIRST_PIECES = 8  # and up to twice as many
_NARROWEST = fmpq(1, 2**200)  # of the width
_APART = "the upper and the lower bound do not come together"
NEGLIGIBLE = 1e-39  # an error that is not told from zero


class NotProvedError(Exception):
    """There is no bound, or none that is close enough."""


class UndecidedError(NotProvedError):
    """The bounds do not come together; ``piece`` is where they are worst."""

    def __init__(self, piece: Piece, reason: str) -> None:
        super().__init__(f"{reason} near x = {float(arb(piece.middle)):.8g}")
        self.piece = piece


@dataclass(order=True)
class _Open:
    """A piece, sorted by its bound, largest first; the narrowest first among infinite ones."""

    key: float
    width: float
    piece: Piece = field(compare=False)
    high: arb = field(compare=False)
    reason: str = field(compare=False)

    @classmethod
    def of(cls, piece: Piece, high: arb, reason: str) -> "_Open":
        """A piece with its upper bound, or with the reason why it has none."""
        return cls(-inf if reason else -float(high), float(piece.width), piece, high, reason)


def largest_error(bounds: Callable[[Piece], Bounds], whole: Piece, tolerance: float) -> Bounds:
    """Bounds of the largest error that differ by at most ``tolerance``, relative.

    The piece with the largest upper bound is halved until that bound is close to the largest of
    all lower bounds. A piece that is too narrow for that is set aside: another one may reach it.

    Raises:
        UndecidedError: A pole, no real value, or too many pieces.
    """
    known = aside = arb(0)
    heap: list[_Open] = []
    narrowest = _NARROWEST * whole.width
    waiting, tried = _first(whole), 0
    while True:
        for piece in waiting:
            low, high, reason = _tried(bounds, piece)
            known = known.max(low)
            heappush(heap, _Open.of(piece, high, reason))
        tried += len(waiting)
        worst = heap[0]
        high = worst.high.max(aside)
        if high <= known * (1 + tolerance) or high < NEGLIGIBLE:
            return Bounds(known, largest(each.high for each in heap).max(aside))
        narrow = worst.piece.width < narrowest
        if (narrow and worst.reason) or tried >= MAX_PIECES:
            raise UndecidedError(worst.piece, worst.reason or _APART)
        heappop(heap)
        waiting = [] if narrow else [*worst.piece.halves()]
        if narrow:
            aside = high
            if not heap or aside > heap[0].high * (1 + tolerance):
                raise UndecidedError(worst.piece, _APART)


def _tried(bounds: Callable[[Piece], Bounds], piece: Piece) -> tuple[arb, arb, str]:
    """Bounds over a piece, and why the upper one is infinite."""
    try:
        low, high = bounds(piece)
    except UndefinedError as error:
        return arb(0), arb("inf"), str(error)
    if low.is_finite() and high.is_finite():
        return low, high, ""
    return arb(0), arb("inf"), "the error may be infinite"


def _first(whole: Piece) -> list[Piece]:
    """Pieces of equal width, a power of two, which balls can have without growing much.

    The last one reaches back into the one before it.
    """
    width = fmpq(2)
    while width * _FIRST_PIECES > whole.width:
        width /= 2
    while width * _FIRST_PIECES * 2 < whole.width:
        width *= 2
    count = int((whole.width / width).floor())
    starts = [whole.low + k * width for k in range(count)] + [whole.high - width]
    return [Piece(start, start + width) for start in starts]
