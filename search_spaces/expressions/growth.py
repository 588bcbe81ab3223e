"""Mutations that make programs larger."""

import numpy as np
from jaxtyping import Bool

from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_INPUT
from search_spaces.expressions.draft import Draft, Rows, is_constant, pick_below, pick_edge
from search_spaces.expressions.options import ExpressionsOptions
from search_spaces.expressions.sources import fresh, node_or_input, source

_ADD, _DIV = BY_NAME["add"].code, BY_NAME["div"].code
_NEUTRAL = np.full(256, np.nan)  # what an operand has to be to change nothing, by code
for _name, _value in (("add", 0.0), ("sub", 0.0), ("mul", 1.0), ("div", 1.0)):
    _NEUTRAL[BY_NAME[_name].code] = _value


def insert(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Cut an edge and put a new instruction on it.

    One of its arguments is what the edge carried; the others are nodes, inputs or fresh constants.
    """
    node, slot = pick_edge(rng, draft.arities(output=True))
    node = draft.settle(node)
    _put(options, rng, draft, node, slot)


def append(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Put a new instruction on the output."""
    _put(options, rng, draft, draft.lengths, np.zeros_like(draft.lengths))


def neutral(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Replace what an edge carries, s, by s + c * o or s + c / o, with c zero or tiny.

    o is another node or an input. The program computes almost the same until c is fitted.
    """
    node, slot = pick_edge(rng, draft.arities(output=True))
    node = draft.settle(node)
    carried = draft.read(node, slot)
    other = node_or_input(rng, draft, node, rng.random(len(draft)) < 0.5)
    draft.open(node, np.full(len(draft), 2))
    draft.write(node + 2, slot, node + 1)
    _add_term(options, rng, draft, node, carried, other)


def wrap(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """As `neutral`, for all that use a node or an input s; at even odds o is s itself.

    s + c / s, again and again, is what the fastest compositions are made of.
    """
    n = len(draft)
    place = pick_below(rng, draft.lengths + 1) - 1
    drawn = np.floor(rng.random(n) * draft.n_inputs).astype(np.int64)
    wrapped = np.where(place < 0, FIRST_INPUT - drawn, place)
    other = node_or_input(rng, draft, place + 1, rng.random(n) < 0.5)
    other = np.where(rng.random(n) < 0.5, wrapped, other)
    draft.open(place + 1, np.full(n, 2))
    draft.replace(wrapped, place + 2)
    _add_term(options, rng, draft, place + 1, wrapped, other)


def _add_term(
    options: ExpressionsOptions,
    rng: np.random.Generator,
    draft: Draft,
    node: Rows,
    carried: Rows,
    other: Rows,
) -> None:
    """Write ``carried + c * other`` or ``carried + c / other`` to ``node`` and the next one."""
    n = len(draft)
    tiny = fresh(rng, n, 1e-4 * options.constant_scale)
    constant = draft.fresh(np.where(rng.random(n) < 0.5, 0.0, tiny))
    codes = np.array([BY_NAME[name].code for name in _openings(options)], np.uint8)
    op, rows = rng.choice(codes, n), np.arange(n)
    draft.ops[rows, node], draft.ops[rows, node + 1] = op, _ADD
    divided = op == _DIV
    draft.write(node, 0, np.where(divided, constant, other))
    draft.write(node, 1, np.where(divided, other, constant))
    draft.write(node + 1, 0, carried)
    draft.write(node + 1, 1, node)


def has_neutral(options: ExpressionsOptions) -> bool:
    """Whether the primitives allow `neutral` and `wrap`."""
    return "add" in options.primitives and bool(_openings(options))


def _openings(options: ExpressionsOptions) -> list[str]:
    return [name for name in ("mul", "div") if name in options.primitives]


def _put(
    options: ExpressionsOptions, rng: np.random.Generator, draft: Draft, node: Rows, slot: Rows
) -> None:
    """New instructions on the edges (node, slot).

    A fresh constant changes nothing at even odds: fitting starts where the parent stood.
    """
    n = len(draft)
    gentle = rng.random(n) < 0.5
    carried = draft.read(node, slot)
    draft.open(node, np.ones(n, np.int64))
    codes = options.primitive_set().codes
    op = rng.choice(codes, n)
    arity = ARITY[op]
    draft.ops[np.arange(n), node] = op
    own = np.floor(rng.random(n) * arity).astype(np.int64)
    variable: Bool[np.ndarray, " n"] = is_constant(carried)
    for position in range(int(ARITY[codes].max())):
        other = source(rng, draft, node, options.constant_scale, variable=variable)
        draft.set_constants(other, np.where(gentle, _NEUTRAL[op], np.nan))
        argument = np.where(own == position, carried, other)
        draft.write(node, position, np.where(position < arity, argument, 0))
    draft.write(node + 1, slot, node)
