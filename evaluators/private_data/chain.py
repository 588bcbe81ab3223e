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
from evosearch.interpreter.loops import cut, get, loop, paste, put, row

UNIT = 256  # parts of a row that residuals are counted in
_MULTIPLIER, _INCREMENT = 6364136223846793005, 1442695040888963407  # Knuth's MMIX


class _State(NamedTuple):
    """What changes while a table is worked on."""

    table: Any  # int32 [rows, columns]
    sums: Any  # int32 [rows, partitions], of steps
    residuals: Any  # int32 [cells], in units
    random: Any  # uint64
    accepted: Any  # int32


def chain(plain: bool) -> Callable[..., tuple[Any, Any, Any]]:
    """The function to compile.

    Args:
        plain: Whether every partition is of kind CELL.

    Returns:
        A function of a layout and, for each table, its codes [rows, columns], targets [cells] in
        units, temperatures [longest], number of sweeps and seed, to tables, their residuals
        [cells] in units, and how many moves were accepted.
    """

    def run(
        layout: Layout, tables: Any, targets: Any, temperatures: Any, sweeps: Any, seeds: Any
    ) -> tuple[Any, Any, Any]:
        cell = partial(_cell, layout, plain)

        def one(at: Any, done: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            tables, residuals, accepted = done
            table = cut(tables, (at, 0, 0), (1, *tables.shape[1:]))[0]
            sums = jnp.zeros((len(table), len(layout.starts)), jnp.int32)
            state = _State(table, sums, -row(targets, at), get(seeds, at), jnp.int32(0))
            state = _counted(layout, cell, state)
            state = _swept(layout, cell, row(temperatures, at), get(sweeps, at), state)
            return (
                paste(tables, state.table[None], (at, 0, 0)),
                paste(residuals, state.residuals[None], (at, 0)),
                put(accepted, state.accepted, at),
            )

        done = tables, jnp.zeros_like(targets), jnp.zeros(len(tables), jnp.int32)
        tables, residuals, accepted = loop(0, len(tables), one, done)
        return tables, residuals, accepted

    return run


def _cell(layout: Layout, plain: bool, p: Any, total: Any) -> Any:
    """The cell of a row whose steps have this sum."""
    start = get(layout.starts, p)
    if plain:
        return start + total
    kind = get(layout.kinds, p)
    place = get(layout.places, p) + jnp.where(kind == Kind.OUTCOME, total, 0)
    sign = (total >= 0).astype(jnp.int32)
    among = jnp.where(kind == Kind.SIGN, sign, total)
    return start + jnp.where(kind == Kind.OUTCOME, get(layout.outcomes, place), among)


def _counted(layout: Layout, cell: Callable[..., Any], state: _State) -> _State:
    """The sums of every row, and residuals with all of them counted."""
    (rows, columns), (partitions, arity) = state.table.shape, layout.members.shape

    def sum_of(at: Any, p: Any) -> Any:
        total = jnp.int32(0)
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
            here = cell(p, total)
            residuals = put(state.residuals, get(state.residuals, here) + UNIT, here)
            return state._replace(sums=put(state.sums, total, at, p), residuals=residuals)

        return _State(*loop(0, partitions, of_partition, state))

    return _State(*loop(0, rows, of_row, state))


def _swept(
    layout: Layout, cell: Callable[..., Any], temperatures: Any, sweeps: Any, state: _State
) -> _State:
    rows, columns = state.table.shape

    def sweep(at: Any, state: _State) -> _State:
        move = partial(_moved, layout, cell, get(temperatures, at))
        return _State(*loop(0, rows, lambda r, s: loop(0, columns, partial(move, r), s), state))

    return _State(*loop(0, sweeps, sweep, state))


def _moved(
    layout: Layout, cell: Callable[..., Any], temperature: Any, at: Any, column: Any, state: _State
) -> _State:
    """One proposal for one cell of the table."""
    first, degree = get(layout.firsts, column), get(layout.degrees, column)
    random, value = _draw(layout, column, state.random)
    random, uniform = _uniform(random)
    old, new = first + get(state.table, at, column), first + value

    def moves(q: Any, sums: Any) -> tuple[Any, Any, Any]:
        p = get(layout.touched, column, q)
        total = get(sums, at, p)
        return p, total, total + get(layout.steps, new, q) - get(layout.steps, old, q)

    def look(block: Any, change: Any) -> Any:
        for lane in range(BLOCK):  # written out: one expression of all their look-ups
            q = block * BLOCK + lane
            p, total, other = moves(q, state.sums)
            here, there = cell(p, total), cell(p, other)
            gap = get(state.residuals, there) - get(state.residuals, here) + UNIT
            moved = get(layout.weights, column, q) * gap.astype(jnp.float32)
            change = change + jnp.where(there == here, jnp.float32(0), moved)
        return change

    blocks = jnp.where(new == old, 0, (degree + BLOCK - 1) // BLOCK)
    change = loop(0, blocks, look, jnp.float32(0))
    heat = -temperature * jnp.log(uniform)
    accepted = ((change * jnp.float32(2 / UNIT) < heat) & (new != old)).astype(jnp.int32)

    def recount(q: Any, counted: tuple[Any, Any]) -> tuple[Any, Any]:
        residuals, done = counted
        p, total, other = moves(q, state.sums)
        here, there = cell(p, total), cell(p, other)
        residuals = put(residuals, get(residuals, here) - UNIT, here)
        return put(residuals, get(residuals, there) + UNIT, there), done | p | 1

    def resum(q: Any, sums: Any) -> Any:
        p, _, other = moves(q, sums)
        return put(sums, other, at, p)

    # two loops, the second after the first: what reads sums while they change reads a copy
    residuals, done = loop(0, accepted * degree, recount, (state.residuals, jnp.int32(0)))
    sums = loop(0, jnp.where(done > 0, degree, 0), resum, state.sums)
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
