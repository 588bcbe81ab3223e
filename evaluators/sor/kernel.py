"""The kernel: many lanes iterate in step in one native loop nest; who is done makes room.

A lane is one system with one omega, or one a sweep. It is a column of a few arrays [rows, width],
so that whatever a method does to one element it does to a row of lanes at once. Between two
iterations lanes that are done are replaced by the next of a queue. When that is empty and few are
left, they go on in a narrower nest, where an iteration costs less.

XLA:CPU compiles the nest into one native function only where every access is a slice, and changes
an array in place only where nothing still reads it: see `evaluators.sor.sweep`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from evaluators.sor.slices import get, loop, paste, put, row
from evaluators.sor.state import Matrix, Method, Queue, State


def kernel(method: Method, widths: tuple[int, ...]) -> Callable[[Matrix, Queue], tuple[Any, Any]]:
    """The function to compile: matrix and queue to counts [lanes] and norms [2, lanes].

    Args:
        method: What one iteration does.
        widths: How many lanes are at work at first, and when no more than the next are left.
    """

    def run(matrix: Matrix, queue: Queue) -> tuple[Any, Any]:
        def step(state: State) -> State:
            state = _schedule(queue, _refill(matrix, queue, state))
            return _measure(method, method.iterate(matrix, state._replace(before=state.after)))

        state = _idle(method, matrix, queue, widths[0])
        for width, enough in zip(widths, (*widths[1:], 0), strict=True):
            state = _narrowed(state, width)
            state = lax.while_loop(partial(_busy, enough), step, state)
        return state.counts[:-1], state.norms[:, :-1]

    return run


def _busy(enough: int, state: State) -> Any:
    return state.at_work > enough


def _idle(method: Method, matrix: Matrix, queue: Queue, width: int) -> State:
    """Every place is done with a lane that is not in the queue, and makes room."""
    lanes, rows = queue.lanes.shape[1], queue.residuals.shape[1]
    zeros, whole = jnp.zeros(width), jnp.zeros(width, jnp.int32)
    return State(
        columns=(jnp.zeros((rows, width)),) * method.columns,
        sums=(zeros,) * method.sums,
        reciprocals=jnp.zeros((matrix.distinct.shape[0], width)),
        omegas=jnp.zeros((method.omegas, width)),
        carries=jnp.zeros((method.omegas, width)),
        shifts=zeros,
        small=zeros,
        large=zeros,
        caps=whole,
        lanes=whole + jnp.int32(lanes),
        age=whole,
        before=zeros,
        after=zeros,
        done=whole + jnp.int32(1),
        next=jnp.int32(0),
        at_work=jnp.int32(width),
        counts=jnp.zeros(lanes + 1, jnp.int32),
        norms=jnp.zeros((2, lanes + 1)),
    )


def _narrowed(state: State, width: int) -> State:
    """The state with the lanes that are at work in so many places."""
    if state.lanes.shape[0] == width:
        return state
    kept = jnp.argsort(state.lanes == state.counts.shape[0] - 1, stable=True)[:width]
    overall = {name: getattr(state, name) for name in ("next", "at_work", "counts", "norms")}
    own = state._replace(next=None, at_work=None, counts=None, norms=None)
    return State(*jax.tree.map(lambda values: values[..., kept], own)._replace(**overall))


def _measure(method: Method, state: State) -> State:
    """Which lanes were done before this iteration, and what the next one carries on."""
    over = (state.after <= state.small) | ~(state.after <= state.large) | (state.age >= state.caps)
    done = over & (state.age >= method.least) & (state.lanes < state.counts.shape[0] - 1)
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
    lane = jnp.where(here, state.next, queue.lanes.shape[1])
    system = get(queue.lanes, 0, lane)
    shift = get(queue.facts, 0, system)
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
        small=put(state.small, get(queue.facts, 1, system), at),
        large=put(state.large, get(queue.facts, 2, system), at),
        caps=put(state.caps, get(queue.lanes, 1, lane), at),
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
