"""The chain: Metropolis moves of single cells of a table, in one native loop nest.

Every row in turn, every column in turn, a new value is proposed from the column's marginal and
accepted by its effect on the energy

    E = sum over partitions p, cells c of w_p (S_c - a_c)^2

where S counts the rows in a cell and a is what was answered. A row is in one cell of each
partition, so a proposal looks two cells up in each partition of its column: the incremental
fitness of Private-GSD (Liu et al., ICML 2023, arXiv:2306.03257) without its table of queries. At
temperature T the chain samples tables with probability proportional to exp(-E / T) times that of
independent rows with these marginals; at T = 0 it is a strict climb.

Residuals S - a are whole numbers of 1/256 of a row, so that no rounding builds up.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from evaluators.private_data.layout import BLOCK, Layout
from evaluators.private_data.partition import Kind
from evosearch.interpreter import loops
from evosearch.interpreter.loops import cut, loop, paste, row

UNIT = 256  # parts of a row that residuals are counted in
_MULTIPLIER, _INCREMENT = 6364136223846793005, 1442695040888963407  # Knuth's MMIX


class _State(NamedTuple):
    """What changes while a table is worked on."""

    table: Any  # int32 [rows, columns]
    sums: Any  # int32 [rows, partitions], of steps, and of the first cell where kind is CELL
    residuals: Any  # int32 [cells], in units
    random: Any  # uint64
    accepted: Any  # int32


def get(array: Any, *place: Any) -> Any:
    """One element; no place is negative."""
    return loops.get(array, *map(jnp.uint32, place))


def put(array: Any, value: Any, *place: Any) -> Any:
    """The array with one element changed; no place is negative."""
    return loops.put(array, value, *map(jnp.uint32, place))


def chain() -> Callable[..., tuple[Any, Any, Any]]:
    """The function to compile.

    Returns:
        A function of a layout and, for each table, its codes [rows, columns], targets [cells] in
        units, temperatures [longest], number of sweeps and seed, to tables, their residuals
        [cells] in units, and how many moves were accepted.
    """

    def run(
        layout: Layout, tables: Any, targets: Any, temperatures: Any, sweeps: Any, seeds: Any
    ) -> tuple[Any, Any, Any]:
        def one(at: Any, done: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            tables, residuals, accepted = done
            table = cut(tables, (at, 0, 0), (1, *tables.shape[1:]))[0]
            sums = jnp.zeros((len(table), len(layout.starts)), jnp.int32)
            state = _State(table, sums, -row(targets, at), get(seeds, at), jnp.int32(0))
            state = _counted(layout, state)
            state = _swept(layout, row(temperatures, at), get(sweeps, at), state)
            return (
                paste(tables, state.table[None], (at, 0, 0)),
                paste(residuals, state.residuals[None], (at, 0)),
                put(accepted, state.accepted, at),
            )

        done = tables, jnp.zeros_like(targets), jnp.zeros(len(tables), jnp.int32)
        tables, residuals, accepted = loop(0, len(tables), one, done)
        return tables, residuals, accepted

    return run


def _cell(layout: Layout, p: Any, total: Any) -> Any:
    """The cell of a row with this sum, in a partition of any kind."""
    kind, start = get(layout.kinds, p), get(layout.starts, p)
    place = get(layout.places, p) + jnp.where(kind == Kind.OUTCOME, total, 0)
    sign = start + (total >= 0).astype(jnp.int32)
    looked_up = start + get(layout.outcomes, place)
    among = jnp.where(kind == Kind.SIGN, sign, total)
    return jnp.where(kind == Kind.OUTCOME, looked_up, among)


def _same(_layout: Layout, _p: Any, total: Any) -> Any:
    """The same for kind CELL, where the first cell of the partition is part of the sum."""
    return total


def _counted(layout: Layout, state: _State) -> _State:
    """The sums of every row, and residuals with all of them counted."""
    (rows, columns), (partitions, arity) = state.table.shape, layout.members.shape

    def sum_of(at: Any, p: Any) -> Any:
        total = jnp.where(get(layout.kinds, p) == Kind.CELL, get(layout.starts, p), 0)
        for k in range(arity):
            column = get(layout.members, p, k)
            here = column < columns
            code = get(layout.firsts, column) + jnp.where(here, get(state.table, at, column), 0)
            step = get(layout.steps, code, get(layout.slots, p, k))
            total = total + jnp.where(here, step, 0)
        return total

    def of_row(at: Any, state: _State) -> _State:
        def of_partition(p: Any, state: _State) -> _State:
            total = sum_of(at, p)
            here = _cell(layout, p, total)
            residuals = put(state.residuals, get(state.residuals, here) + UNIT, here)
            return state._replace(sums=put(state.sums, total, at, p), residuals=residuals)

        return _State(*loop(0, partitions, of_partition, state))

    return _State(*loop(0, rows, of_row, state))


def _swept(layout: Layout, temperatures: Any, sweeps: Any, state: _State) -> _State:
    rows, columns = state.table.shape

    def sweep(at: Any, state: _State) -> _State:
        move = partial(_moved, layout, get(temperatures, at))
        return _State(*loop(0, rows, lambda r, s: loop(0, columns, partial(move, r), s), state))

    return _State(*loop(0, sweeps, sweep, state))


def _moved(layout: Layout, temperature: Any, at: Any, column: Any, state: _State) -> _State:
    """One proposal for one cell of the table."""
    first = get(layout.firsts, column)
    random, value = _draw(layout, column, state.random)
    random, uniform = _uniform(random)
    old, new = first + get(state.table, at, column), first + value
    cells_end, end = get(layout.blocks, column, 0), get(layout.blocks, column, 1)
    differs = (new != old).astype(jnp.int32)

    def moves(q: Any, sums: Any) -> tuple[Any, Any, Any]:
        p = get(layout.touched, column, q)
        total = get(sums, at, p)
        return p, total, total + get(layout.steps, new, q) - get(layout.steps, old, q)

    def look(cell: Callable[..., Any], block: Any, change: Any) -> Any:
        for lane in range(BLOCK):  # written out: one expression of all their look-ups
            q = block * BLOCK + lane
            p, total, other = moves(q, state.sums)
            here, there = cell(layout, p, total), cell(layout, p, other)
            gap = get(state.residuals, there) - get(state.residuals, here) + UNIT
            moved = get(layout.weights, column, q) * gap.astype(jnp.float32)
            change = change + jnp.where(there == here, jnp.float32(0), moved)
        return change

    change = loop(0, differs * cells_end, partial(look, _same), jnp.float32(0))
    change = loop(cells_end, differs * end, partial(look, _cell), change)
    heat = -temperature * jnp.log(uniform)
    accepted = (change * jnp.float32(2 / UNIT) < heat).astype(jnp.int32) * differs

    def recount(q: Any, counted: tuple[Any, Any]) -> tuple[Any, Any]:
        residuals, done = counted
        p, total, other = moves(q, state.sums)
        here, there = _cell(layout, p, total), _cell(layout, p, other)
        residuals = put(residuals, get(residuals, here) - UNIT, here)
        return put(residuals, get(residuals, there) + UNIT, there), done | p | 1

    def resum(q: Any, sums: Any) -> Any:
        p, _, other = moves(q, sums)
        return put(sums, other, at, p)

    # two loops, the second after the first: what reads sums while they change reads a copy
    touched = end * BLOCK
    residuals, done = loop(0, accepted * touched, recount, (state.residuals, jnp.int32(0)))
    sums = loop(0, jnp.where(done > 0, touched, 0), resum, state.sums)
    code = jnp.where(accepted > 0, value, old - first)
    table = put(state.table, code, at, column)
    return _State(table, sums, residuals, random, state.accepted + accepted)


def _draw(layout: Layout, column: Any, random: Any) -> tuple[Any, Any]:
    """A code of the column from its marginal."""
    random, bits = _bits(random)
    first = get(layout.firsts, column)
    size = (get(layout.firsts, column + 1) - first).astype(jnp.uint32)
    place = (((bits >> 16) * size) >> 16).astype(jnp.int32)
    kept = (bits & 0xFFFF).astype(jnp.int32) < get(layout.chances, first + place)
    return random, jnp.where(kept, place, get(layout.aliases, first + place))


def _uniform(random: Any) -> tuple[Any, Any]:
    """In (0, 1]."""
    random, bits = _bits(random)
    return random, ((bits >> 8).astype(jnp.float32) + 1) * jnp.float32(2**-24)


def _bits(random: Any) -> tuple[Any, Any]:
    """The next 32 bits of PCG-XSH-RR (O'Neill 2014)."""
    random = lax.bitcast_convert_type(random, jnp.uint64)
    mixed = (((random >> 18) ^ random) >> 27).astype(jnp.uint32)
    turn = (random >> 59).astype(jnp.uint32)
    bits = (mixed >> turn) | (mixed << ((32 - turn) & 31))
    return random * jnp.uint64(_MULTIPLIER) + jnp.uint64(_INCREMENT), bits
