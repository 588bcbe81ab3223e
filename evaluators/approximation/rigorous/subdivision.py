"""Worst-first subdivision: the largest error over an interval, from bounds over its pieces."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from flint import arb, fmpq

from evaluators.approximation.rigorous.enclosure import Bounds
from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.taylor import Piece, largest

MAX_PIECES = 20_000
_FIRST_PIECES = 8  # and up to twice as many
_NARROWEST = fmpq(1, 2**200)  # of the width
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
    reason: str = field(compare=False, default="")


def largest_error(bounds: Callable[[Piece], Bounds], whole: Piece, tolerance: float) -> Bounds:
    """Bounds of the largest error that differ by at most ``tolerance``, relative.

    The piece with the largest upper bound is halved until that bound is close to the largest of
    all lower bounds.

    Raises:
        UndecidedError: A pole, no real value, or too many pieces.
    """
    known = arb(0)
    heap: list[_Open] = []

    def put(piece: Piece) -> None:
        nonlocal known
        try:
            low, high = bounds(piece)
            if not (low.is_finite() and high.is_finite()):
                raise UndefinedError("the error may be infinite")
            known = known.max(low)
            reason = ""
        except UndefinedError as error:
            high, reason = arb("inf"), str(error)
        key = inf if reason else float(high)
        heappush(heap, _Open(-key, float(piece.width), piece, high, reason))

    for piece in _first(whole):
        put(piece)
    while True:
        worst = heap[0]
        if worst.high <= known * (1 + tolerance) or worst.high < NEGLIGIBLE:
            return Bounds(known, largest(each.high for each in heap))
        if worst.piece.width < _NARROWEST * whole.width or len(heap) >= MAX_PIECES:
            reason = worst.reason or "the upper and the lower bound do not come together"
            raise UndecidedError(worst.piece, reason)
        heappop(heap)
        for half in worst.piece.halves():
            put(half)


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
