"""The error in exact arithmetic over the whole interval, up to its ends where that can be."""

from dataclasses import dataclass, replace

from flint import fmpq

from evaluators.approximation.interval import Interval
from evaluators.approximation.rigorous.enclosure import Bounds, Error, value_at
from evaluators.approximation.rigorous.functions import Function
from evaluators.approximation.rigorous.series import UndefinedError
from evaluators.approximation.rigorous.subdivision import UndecidedError, largest_error
from evaluators.approximation.rigorous.taylor import Piece


@dataclass(frozen=True)
class Whole:
    """Bounds of the largest error over ``piece`` and at the closed ends beside it.

    Attributes:
        bounds: Of the largest error.
        piece: The interval, or what is left of it without the closest surroundings of an end.
        notes: What was left out and why.
    """

    bounds: Bounds
    piece: Piece
    notes: tuple[str, ...] = ()


def over(error: Error, interval: Interval, tolerance: float) -> Whole:
    """Bounds over an interval, see `subdivision.largest_error`.

    Where the bounds fail at an end of the interval they are tried again without the part of
    ``2**-50`` of its width next to that end; a closed end itself is still included.

    Raises:
        UndecidedError: They fail elsewhere, or still fail.
    """
    piece = closure(interval)
    error = replace(error, zeros=_zeros(error.function, piece))
    notes: tuple[str, ...] = ()
    ends: list[Bounds] = []
    while True:
        try:
            found = largest_error(error.bounds, piece, tolerance)
            break
        except UndecidedError as failure:
            piece, end = _without_end(failure, piece, interval)
            notes += (f"nothing is proved closer than 2^-50 of the width to {end}: {failure}",)
            if not (interval.open_low if end == closure(interval).low else interval.open_high):
                ends.append(_at(error, end))
    for bounds in ends:
        found = Bounds(found.low.max(bounds.low), found.high.max(bounds.high))
    return Whole(found, piece, notes)


def closure(interval: Interval) -> Piece:
    """The interval with its ends."""
    return Piece(exactly(interval.low), exactly(interval.high))


def numbers(interval: Interval) -> Piece:
    """From the first to the last number that stands for the interval."""
    return Piece(exactly(interval.first), exactly(interval.last))


def exactly(x: float) -> fmpq:
    """A float as the fraction that it is."""
    return fmpq(*x.as_integer_ratio())


def _zeros(function: Function, piece: Piece) -> frozenset[fmpq]:
    """Ends where the target is exactly zero."""
    found = []
    for end in piece:
        try:
            if value_at(function, end).is_zero():
                found.append(end)
        except UndefinedError:
            continue  # a pole, perhaps
    return frozenset(found)


def _without_end(failure: UndecidedError, piece: Piece, interval: Interval) -> tuple[Piece, fmpq]:
    """A shorter piece, and the end that it lost; raises the failure again if that is no help."""
    whole = closure(interval)
    inner = numbers(replace(interval, open_low=True, open_high=True))
    if failure.piece.low == piece.low == whole.low:
        return Piece(inner.low, piece.high), whole.low
    if failure.piece.high == piece.high == whole.high:
        return Piece(piece.low, inner.high), whole.high
    raise failure


def _at(error: Error, point: fmpq) -> Bounds:
    try:
        return error.bounds(Piece(point, point))
    except UndefinedError as failure:
        raise UndecidedError(Piece(point, point), str(failure)) from failure
