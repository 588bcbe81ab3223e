"""Mutations that change programs without making them larger by themselves."""

import numpy as np
from jaxtyping import UInt8

from evosearch.genomes.primitives import ARITY
from search_spaces.expressions.draft import NOBODY, Draft, is_constant, pick
from search_spaces.expressions.options import ExpressionsOptions
from search_spaces.expressions.sources import source


def delete(_options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Let the users of an instruction use one of its arguments instead, no constant."""
    node = pick(rng, draft.operations)
    args = draft.args[np.arange(len(draft)), node]
    arity = ARITY[draft.ops[np.arange(len(draft)), node]]
    heirs = (np.arange(3) < arity[:, None]) & ~is_constant(args)
    heir = draft.read(node, pick(rng, heirs))
    draft.replace(np.where(heirs.any(axis=1), node, NOBODY), heir)


def change(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Give an instruction another operation.

    The first two arguments change places at even odds. Missing ones are random; where there are
    too many, constants go first.
    """
    n, rows = len(draft), np.arange(len(draft))
    computed = draft.lengths > 0
    node = draft.settle(pick(rng, draft.operations))
    old = draft.ops[rows, node]
    codes = options.primitive_set().codes
    op = _another(rng, codes, old)
    arity, had = ARITY[op], ARITY[old]
    args = draft.args[rows, node]
    rank = rng.random((n, 3)) + is_constant(args) + 2.0 * (np.arange(3) >= had[:, None])
    args = np.take_along_axis(args, np.argsort(rank, axis=1), axis=1)
    for slot in range(int(ARITY[codes].max())):
        missing = source(rng, draft, node, options.constant_scale)
        args[:, slot] = np.where(slot < had, args[:, slot], missing)
    exchanged = (rng.random(n) < 0.5) & (arity >= 2)
    args[exchanged, :2] = args[exchanged, 1::-1]
    draft.ops[rows, node] = np.where(computed, op, old)
    draft.args[rows, node] = np.where(computed[:, None], args, draft.args[rows, node])


def rewire(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Take an argument of an instruction from somewhere else that makes no cycle."""
    rows = np.arange(len(draft))
    computed = draft.lengths > 0
    edge = pick(rng, draft.edges(output=False))
    node, slot = draft.settle(edge // 3), edge % 3
    own = (np.arange(3) < ARITY[draft.ops[rows, node]][:, None]) & (np.arange(3) != slot[:, None])
    alone = ~(own & ~is_constant(draft.args[rows, node])).any(axis=1)
    new = source(rng, draft, node, options.constant_scale, variable=alone)
    draft.write(node, slot, np.where(computed, new, draft.read(node, slot)))


def share(_options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Take an argument of an instruction from another node, which then has one more user."""
    edge = pick(rng, draft.edges(output=False))
    node, slot = draft.settle(edge // 3), edge % 3
    present = draft.read(node, slot)
    others = (draft.places < node[:, None]) & (draft.places != present[:, None])
    possible = others.any(axis=1) & (draft.lengths > 0)
    draft.write(node, slot, np.where(possible, pick(rng, others), present))


def _another(
    rng: np.random.Generator, codes: UInt8[np.ndarray, " codes"], old: UInt8[np.ndarray, " n"]
) -> UInt8[np.ndarray, " n"]:
    """A code other than the old one, where there is another."""
    allowed = codes != old[:, None]
    allowed[~allowed.any(axis=1)] = True
    return np.asarray(codes[pick(rng, allowed)])
