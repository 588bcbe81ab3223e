"""The kernel: many lanes iterate in step in one native loop nest; who is done makes room.

A lane is one system with one omega, or one a sweep. It is a column of a few arrays [rows, width],
so that whatever a method does to one element it does to a row of lanes at once. Between two
iterations lanes that are done are replaced by the next of a queue: the nest runs until the queue
is empty and few lanes are left.

XLA:CPU compiles the nest into one native function only where every access is a slice, and changes
an array in place only where nothing still reads it: see `evaluators.sor.sweep`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from evaluators.sor.slices import get, loop, paste, put, row


class Matrix(NamedTuple):
    """The arrays of `Entries`."""

    stops: Any
    starts: Any
    columns: Any
    values: Any
    classes: Any
    distinct: Any


class Queue(NamedTuple):
    """Lanes to solve, with what they share; the same during the whole run.

    Attributes:
        residuals: At the start, of every system [systems, rows].
        shifts: Of every system.
        limits: Squared norm of the residual that is small enough, and that at which a lane is
            given up, of every system [2, systems].
        systems: The system of every lane.
        omegas: Of every lane and step [lanes, steps].
        caps: Iterations after which a lane is given up.
        last: How many lanes there are.
        least: Iterations before which no lane is done.
        enough: Where no more lanes than this are left, the kernel returns.
    """

    residuals: Any
    shifts: Any
    limits: Any
    systems: Any
    omegas: Any
    caps: Any
    last: Any
    least: Any
    enough: Any


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


Method = Callable[[Matrix, State], State]


def kernel(method: Method) -> Callable[..., State]:
    """The function to compile: matrix, queue and state to the state where few lanes are left.

    Args:
        method: One iteration of all lanes: it changes their columns and sums, and adds up the
            squared norms of the residuals *before* it, which it sees anyway, as ``after``.
    """

    def run(matrix: Matrix, queue: Queue, state: State) -> State:
        def step(state: State) -> State:
            state = _schedule(queue, _refill(matrix, queue, state))
            return _measure(queue, method(matrix, state._replace(before=state.after)))

        return lax.while_loop(lambda state: state.at_work > queue.enough, step, state)

    return run


def _measure(queue: Queue, state: State) -> State:
    """Which lanes were done before this iteration, and what the next one carries on."""
    over = (state.after <= state.small) | ~(state.after <= state.large) | (state.age >= state.caps)
    done = over & (state.age >= queue.least) & (state.lanes < queue.systems.shape[0])
    return state._replace(
        done=done.astype(jnp.int32), age=state.age + 1, carries=1 / state.omegas - 1
    )


def _refill(matrix: Matrix, queue: Queue, state: State) -> State:
    """The state with the next lanes of the queue in the place of those that are done."""

    def look(at: Any, state: Any) -> Any:
        return loop(0, get(state.done, at), lambda _, s: _replaced(matrix, queue, at, s), state)

    def look_at_all(_: Any, state: Any) -> Any:
        return loop(0, state.lanes.shape[0], look, state)

    return State(*loop(0, jnp.max(state.done), look_at_all, state))


def _replaced(matrix: Matrix, queue: Queue, at: Any, state: State) -> State:
    """The state with what came out of one lane recorded, and the next one in its place."""
    here = state.next < queue.last
    lane = jnp.where(here, state.next, queue.systems.shape[0])
    system = get(queue.systems, lane)
    shift = get(queue.shifts, system)
    residual = jnp.where(here, row(queue.residuals, system), 0.0)
    omega = jnp.where(here, get(queue.omegas, lane, 0), 0.0)
    every = (state.omegas.shape[0], 1)
    first, *others = state.columns
    finished, counts = get(state.lanes, at), state.counts
    return state._replace(
        columns=(
            paste(first, residual[:, None], (0, at)),
            *(paste(each, jnp.zeros((each.shape[0], 1)), (0, at)) for each in others),
        ),
        sums=tuple(put(each, 0.0, at) for each in state.sums),
        reciprocals=paste(state.reciprocals, 1 / (matrix.distinct + shift)[:, None], (0, at)),
        omegas=paste(state.omegas, jnp.full(every, omega), (0, at)),
        carries=paste(state.carries, jnp.full(every, jnp.inf), (0, at)),
        shifts=put(state.shifts, shift, at),
        small=put(state.small, get(queue.limits, 0, system), at),
        large=put(state.large, get(queue.limits, 1, system), at),
        caps=put(state.caps, get(queue.caps, lane), at),
        lanes=put(state.lanes, lane, at),
        age=put(state.age, 0, at),
        done=put(state.done, 0, at),
        next=state.next + here,
        at_work=state.at_work - ~here,
        counts=put(counts, get(state.age, at) - 1, finished),
        norms=put(
            put(state.norms, get(state.before, at), 0, finished),
            get(state.after, at),
            1,
            finished,
        ),
    )


def _schedule(queue: Queue, state: State) -> State:
    """The state with the omegas of this iteration, where they differ from one to the next."""
    (lanes, steps), each = queue.omegas.shape, state.omegas.shape[0]
    if steps == 1:
        return state

    def look(at: Any, omegas: Any) -> Any:
        lane, age = get(state.lanes, at), get(state.age, at)
        for place in range(each):
            step = jnp.minimum(age * each + place, steps - 1)
            omega = jnp.where(lane < lanes, get(queue.omegas, lane, step), 0.0)
            omegas = put(omegas, omega, place, at)
        return omegas

    return state._replace(omegas=loop(0, state.lanes.shape[0], look, state.omegas))
