"""Mutations of operators: insert, remove, change, regenerate (after PANGAEA, arXiv:2006.03179)."""

import numpy as np
from jaxtyping import Bool, Int16, UInt8

from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT
from search_spaces.activations.building import IDENTITY, Builder
from search_spaces.expressions.draft import NOBODY, Draft, pick, pick_below, pick_edge

_MUL = BY_NAME["mul"].code


def insert(builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Cut an edge, the output's included, and put an operator on it.

    Unary and binary operators come in proportion to their numbers. The other argument of a binary
    one is a random unary operator of x; the two change places at even odds.
    """
    n = len(draft)
    node, slot = pick_edge(rng, draft.arities(output=True))
    carried = draft.read(node, slot)
    form = rng.integers(len(builder.table.arities) - 1, size=n)
    binary = builder.table.arities[form] == 2
    other_form = np.where(binary, builder.unary(rng, n), IDENTITY)
    x = np.full(n, FIRST_INPUT, np.int64)
    other, node = builder.write(rng, draft, node, other_form, (x, x))
    exchanged = binary & (rng.random(n) < 0.5)
    args = (np.where(exchanged, other, carried), np.where(exchanged, carried, other))
    result, node = builder.write(rng, draft, node, form, args)
    draft.write(node, slot, result)


def remove(_builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Let the users of an operation use one of its arguments that depend on x instead."""
    node = pick_below(rng, draft.lengths)
    heirs = on_x(draft)[:, np.arange(len(draft)), node].T
    heir = draft.read(node, pick(rng, np.ascontiguousarray(heirs)))
    draft.replace(np.where(heirs.any(axis=1), node, NOBODY), heir)


def change(builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Give an operation another operator of the same arity; or exchange its arguments."""
    n, rows = len(draft), np.arange(len(draft))
    node = pick_below(rng, draft.lengths)
    old = draft.operation(node)
    new = old.copy()
    for arity in (1, 2):
        codes = builder.table.codes(arity)
        allowed = codes != old[:, None]
        drawn = codes[pick(rng, allowed)]
        new = np.where((ARITY[old] == arity) & allowed.any(axis=1), drawn, new)
    computed = draft.lengths > 0
    draft.ops[rows, node] = np.where(computed, new, old)
    exchanged = np.flatnonzero(computed & (ARITY[new] == 2) & (rng.random(n) < 0.25))
    draft.args[:2, exchanged, node[exchanged]] = draft.args[1::-1, exchanged, node[exchanged]]


def regenerate(builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Draw all operators anew and keep the shape; learnable multipliers stay."""
    kept = multiplied(draft)
    arities = draft.arities(output=False)
    ops: UInt8[np.ndarray, "n width"] = draft.ops
    for arity in (1, 2):
        drawn = rng.choice(builder.table.codes(arity), ops.shape)
        ops = np.where((arities == arity) & ~kept, drawn, ops)
    draft.ops = ops


def on_x(draft: Draft) -> Bool[np.ndarray, "slots n width"]:
    """Which arguments depend on x."""
    arities = draft.arities(output=True)
    n, width = arities.shape
    depends = np.zeros((n, width), bool)
    found = np.zeros((len(draft.args), n, width), bool)
    rows = np.arange(n)
    for place in range(width):
        for slot, args in enumerate(draft.args):
            argument = args[:, place]
            inner = depends[rows, np.maximum(argument, 0)] & (argument >= 0)
            found[slot, :, place] = (inner | (argument == FIRST_INPUT)) & (
                arities[:, place] > slot
            )
        depends[:, place] = found[:, :, place].any(axis=0)
    return found


def is_parameter(args: Int16[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    """Whether arguments are learnable parameters."""
    return np.asarray((args < FIRST_INPUT) & (args > FIRST_CONSTANT))


def multiplied(draft: Draft) -> Bool[np.ndarray, "n width"]:
    """Which operations multiply something by a learnable parameter."""
    return np.asarray((draft.ops == _MUL) & is_parameter(draft.args[:2]).any(axis=0))
