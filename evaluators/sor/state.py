"""State: what kernels work on, as arrays; and what a method is to them."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Matrix(NamedTuple):
    """The arrays of `Entries`."""

    stops: Any
    starts: Any
    columns: Any
    values: Any
    classes: Any
    distinct: Any


class Queue(NamedTuple):
    """Lanes to solve, in the order in which they are begun.

    Attributes:
        residuals: At the start, of every system [systems, rows].
        facts: Of every system: its shift; the squared norm of the residual that is small enough,
            and that at which a lane is given up [3, systems].
        lanes: Of every lane: its system; iterations after which it is given up [2, lanes].
        omegas: Of every lane and step [lanes, steps].
        last: How many lanes there are; the rest is padding.
    """

    residuals: Any
    facts: Any
    lanes: Any
    omegas: Any
    last: Any


class State(NamedTuple):
    """The lanes at work, and what came out of others.

    Attributes:
        columns: What a method keeps of every unknown, arrays [rows, width]; the residual at the
            start of a lane comes into the first, zeros into the others.
        sums: What it keeps besides, arrays [width], zero at the start of a lane.
        reciprocals: Of every distinct diagonal element, shifted [classes, width].
        omegas: Of this iteration [omegas of an iteration, width]; zero where nobody is at work.
        carries: 1 / omega - 1 of the iteration before, likewise; infinite at the start of a lane.
        shifts: Of the system of each lane at work.
        small: Squared norm of its residual that is small enough.
        large: That at which it is given up.
        caps: Its iterations at most.
        lanes: Which lane it is; one past the queue where nobody is at work.
        age: Iterations that it has had.
        before: Squared norm of its residual before the last iteration but one.
        after: That before the last iteration.
        done: Whether it makes room.
        next: The lane that is next in the queue.
        at_work: How many lanes there are.
        counts: Iterations of each lane of the queue, and one more [lanes + 1].
        norms: Its ``before`` and ``after`` [2, lanes + 1].
    """

    columns: tuple[Any, ...]
    sums: tuple[Any, ...]
    reciprocals: Any
    omegas: Any
    carries: Any
    shifts: Any
    small: Any
    large: Any
    caps: Any
    lanes: Any
    age: Any
    before: Any
    after: Any
    done: Any
    next: Any
    at_work: Any
    counts: Any
    norms: Any


Iterate = Callable[[Matrix, State], State]


class Method(NamedTuple):
    """What one iteration does.

    Attributes:
        iterate: Changes columns and sums of all lanes, and adds up the squared norms of the
            residuals *before* the iteration, which it sees anyway, as ``after``.
        columns: How many arrays [rows, width] it keeps.
        sums: How many arrays [width].
        omegas: How many omegas an iteration has.
        least: Iterations before which no lane is done.
    """

    iterate: Iterate
    columns: int = 1
    sums: int = 0
    omegas: int = 1
    least: int = 0
