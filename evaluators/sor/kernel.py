"""The kernel: many lanes swept in step by one native loop nest, a lane for a system and an omega.

What is swept is not x but its change d = x_k - x_(k-1), which the same sweep takes to the next one
with no right-hand side. With s_i = (D d)_i / omega of the sweep before, in the order of the sweep:

    u_i = (1 - omega) s_i - sum_(j > i) a_ij d_j      d_j of the sweep before
    d_i = omega / a_ii (u_i - sum_(j < i) a_ij d_j)   d_j of this sweep

u is the residual b - A x before the sweep, so that its norm is free, and a lane is one column of
one array. In the first sweep of a lane the column holds b - A x_0, and u is what it holds.

Lanes that are done make room for the next in the queue, between two sweeps. XLA compiles the nest
into one native function only where every access is a slice; and it updates an array in place only
where nothing else still reads it: hence a row is written one step after it was computed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from evaluators.sor.entries import Form
from evaluators.sor.slices import get, loop, paste, put, row

GROWTH = 1e6  # of the residual's norm, at which a lane is given up


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
        residuals: b - A x_0 of every system [systems, rows].
        shifts: Of every system.
        systems: The system of every lane.
        omegas: Of every lane and step; one step a colour if colours differ [lanes, steps].
        caps: Sweeps after which a lane is given up.
        last: How many lanes there are.
        tolerance: Reduction of the residual's norm, squared.
        enough: Where no more lanes than this are left, the kernel returns.
    """

    residuals: Any
    shifts: Any
    systems: Any
    omegas: Any
    caps: Any
    last: Any
    tolerance: Any
    enough: Any


class State(NamedTuple):
    """The lanes at work, and what came out of others.

    Attributes:
        changes: d [rows, width].
        reciprocals: Of every distinct diagonal element, shifted [classes, width].
        omegas: Of this sweep, per colour [colours, width].
        carries: 1 / omega - 1 of the sweep before [colours, width]; infinite in a lane's first.
        shifts: Of the system of each lane at work.
        caps: Its sweeps at most.
        lanes: Which lane it is; one past the queue where idle.
        sweeps: How many it has had.
        first: Squared norm of its first residual, ``before`` of the last but one, ``after`` of
            the last.
        done: Whether it makes room.
        next: The lane that is next in the queue.
        at_work: How many lanes are not idle.
        counts: Sweeps of each lane of the queue, and one more [lanes + 1].
        norms: Its squared norms: first, before, after [3, lanes + 1].
    """

    changes: Any
    reciprocals: Any
    omegas: Any
    carries: Any
    shifts: Any
    caps: Any
    lanes: Any
    sweeps: Any
    first: Any
    before: Any
    after: Any
    done: Any
    next: Any
    at_work: Any
    counts: Any
    norms: Any


def kernel(forms: tuple[Form, ...], colours: int) -> Callable[..., State]:
    """The function to compile: matrix, queue and state to the state where few lanes are left.

    Args:
        forms: Of the runs of rows.
        colours: How many omegas a sweep has: one, or one a run.
    """

    def run(matrix: Matrix, queue: Queue, state: State) -> State:
        def step(state: State) -> State:
            state = _sweep(matrix, forms, colours, state)
            return _schedule(queue, _refill(matrix, queue, _measure(queue, state)))

        state = _schedule(queue, _refill(matrix, queue, state))
        return lax.while_loop(lambda state: state.at_work > queue.enough, step, state)

    return run


def _sweep(matrix: Matrix, forms: tuple[Form, ...], colours: int, state: State) -> State:
    """One sweep of all lanes, and the norms of the residuals before it."""
    changes, total, begin = state.changes, jnp.zeros_like(state.after), jnp.int32(0)
    for number, form in enumerate(forms):
        colour = number if colours > 1 else 0
        visit = _visit(matrix, form, begin, state.omegas[colour], state.carries[colour], state)
        stop = get(matrix.stops, number)
        inner = (changes, row(changes, begin), total)
        changes, last, total = loop(begin, stop, visit, inner)
        changes = paste(changes, last[None], (stop - 1, 0))
        begin = stop
    return state._replace(changes=changes, before=state.after, after=total)


def _visit(
    matrix: Matrix, form: Form, begin: Any, omega: Any, carry: Any, state: State
) -> Callable[[Any, Any], Any]:
    """The body of the loop over the rows of one run.

    Its state: the changes, that of the row before, which is still to be written, and the sum of
    squares.
    """

    def visit(i: Any, inner: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        changes, last, total = inner
        changes = paste(changes, last[None], (jnp.maximum(i - 1, begin), 0))
        own, kind = row(changes, i), get(matrix.classes, i)
        diagonal = get(matrix.distinct, kind) + state.shifts
        upper = _weighted(matrix, 1, form.upper, form.looped, i, changes)
        u = jnp.where(carry < jnp.inf, diagonal * (carry * own) - upper, own)
        lower = _weighted(matrix, 0, form.lower, form.looped, i, changes)
        change = (omega * row(state.reciprocals, kind)) * (u - lower)
        return changes, change, total + u * u

    return visit


def _weighted(matrix: Matrix, side: int, width: int, looped: bool, i: Any, changes: Any) -> Any:
    """Sum of a_ij d_j over the entries of row i on that side of the diagonal, for every lane."""
    start = get(matrix.starts, side, i)

    def block(q: Any, total: Any) -> Any:
        for place in range(width):
            at = start + q * width + place
            column, value = get(matrix.columns, side, at), get(matrix.values, side, at)
            total = total + value * row(changes, column)
        return total

    nothing = jnp.zeros(changes.shape[1], changes.dtype)
    if not looped:
        return block(jnp.int32(0), nothing)
    return loop(0, (get(matrix.starts, side, i + 1) - start) // width, block, nothing)


def _measure(queue: Queue, state: State) -> State:
    """Which lanes are done by the residual before this sweep, and what the next one carries on."""
    first = jnp.where(state.sweeps == 0, state.after, state.first)
    small = (state.after < queue.tolerance * first) | (state.after == 0)
    grown = ~(state.after <= GROWTH**2 * first)
    done = (state.sweeps > 0) & (small | grown | (state.sweeps >= state.caps))
    return state._replace(
        first=first,
        done=(done & (state.lanes < queue.systems.shape[0])).astype(jnp.int32),
        sweeps=state.sweeps + 1,
        carries=1 / state.omegas - 1,
    )


def _refill(matrix: Matrix, queue: Queue, state: State) -> State:
    """The state with the next lanes of the queue in the place of those that are done."""

    def replace(at: Any, state: Any) -> Any:
        state = _record(at, state)
        here = state.next < queue.last
        lane = jnp.where(here, state.next, queue.systems.shape[0])
        system = get(queue.systems, lane)
        shift = get(queue.shifts, system)
        column = jnp.where(here, row(queue.residuals, system), 0.0)
        omega = jnp.where(here, get(queue.omegas, lane, 0), 0.0)  # an idle lane stays zero
        colours = state.omegas.shape[0]
        return state._replace(
            changes=paste(state.changes, column[:, None], (0, at)),
            reciprocals=paste(state.reciprocals, 1 / (matrix.distinct + shift)[:, None], (0, at)),
            omegas=paste(state.omegas, jnp.full((colours, 1), omega), (0, at)),
            carries=paste(state.carries, jnp.full((colours, 1), jnp.inf), (0, at)),
            shifts=put(state.shifts, shift, at),
            caps=put(state.caps, get(queue.caps, lane), at),
            lanes=put(state.lanes, lane, at),
            sweeps=put(state.sweeps, 0, at),
            done=put(state.done, 0, at),
            next=state.next + here,
            at_work=state.at_work - ~here,
        )

    def look(at: Any, state: Any) -> Any:
        return loop(0, get(state.done, at), lambda _, state: replace(at, state), state)

    def look_at_all(_: Any, state: Any) -> Any:
        return loop(0, state.lanes.shape[0], look, state)

    return State(*loop(0, jnp.max(state.done), look_at_all, state))


def _record(at: Any, state: State) -> State:
    """The state with what came out of the lane at work there."""
    lane, norms = get(state.lanes, at), state.norms
    for place, values in enumerate((state.first, state.before, state.after)):
        norms = put(norms, get(values, at), place, lane)
    return state._replace(counts=put(state.counts, get(state.sweeps, at) - 1, lane), norms=norms)


def _schedule(queue: Queue, state: State) -> State:
    """The state with the omegas of the next sweep, where they differ from sweep to sweep."""
    steps, colours = queue.omegas.shape[1], state.omegas.shape[0]
    if steps == 1:
        return state

    def look(at: Any, omegas: Any) -> Any:
        lane, sweep = get(state.lanes, at), get(state.sweeps, at)
        for colour in range(colours):
            number = jnp.minimum(sweep * colours + colour, steps - 1)
            omega = jnp.where(lane < queue.omegas.shape[0], get(queue.omegas, lane, number), 0.0)
            omegas = put(omegas, omega, colour, at)
        return omegas

    return state._replace(omegas=loop(0, state.lanes.shape[0], look, state.omegas))
