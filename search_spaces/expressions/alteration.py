"""Mutations that change programs without making them larger by themselves."""

import numpy as np
from jaxtyping import UInt8

from evosearch.genomes.primitives import ARITY
from search_spaces.expressions.draft import NOBODY, Draft, is_constant, pick, pick_below, pick_edge
from search_spaces.expressions.options import ExpressionsOptions
from search_spaces.expressions.sources import source


def delete(_options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Let the users of an instruction use one of its arguments instead, no constant."""
    node = pick_below(rng, draft.lengths)
    arity = ARITY[draft.operation(node)]
    heirs = (np.arange(3) < arity[:, None]) & ~is_constant(draft.arguments(node))
    heir = draft.read(node, pick(rng, heirs))
    draft.replace(np.where(heirs.any(axis=1), node, NOBODY), heir)


def change(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Give an instruction another operation.

    The first two arguments change places at even odds. Missing ones are random; where there are
    too many, constants go first.
    """
    n, rows = len(draft), np.arange(len(draft))
    computed = draft.lengths > 0
    node = draft.settle(pick_below(rng, draft.lengths))
    old = draft.operation(node)
    codes = options.primitive_set().codes
    op = _another(rng, codes, old)
    arity, had = ARITY[op], ARITY[old]
    args = present = draft.arguments(node)
    rank = rng.random((n, 3)) + is_constant(args) + 2.0 * (np.arange(3) >= had[:, None])
    args = np.take_along_axis(args, np.argsort(rank, axis=1), axis=1)
    for slot in range(int(ARITY[codes].max())):
        missing = source(rng, draft, node, options.constant_scale)
        args[:, slot] = np.where(slot < had, args[:, slot], missing)
    exchanged = (rng.random(n) < 0.5) & (arity >= 2)
    args[exchanged, :2] = args[exchanged, 1::-1]
    draft.ops[rows, node] = np.where(computed, op, old)
    args = np.where(computed[:, None], args, present)
    for slot in range(len(draft.args)):
        draft.write(node, slot, args[:, slot])


def rewire(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Take an argument of an instruction from somewhere else that makes no cycle."""
    computed = draft.lengths > 0
    node, slot = pick_edge(rng, draft.arities(output=False))
    node = draft.settle(node)
    own = (np.arange(3) < ARITY[draft.operation(node)][:, None]) & (np.arange(3) != slot[:, None])
    alone = ~(own & ~is_constant(draft.arguments(node))).any(axis=1)
    new = source(rng, draft, node, options.constant_scale, variable=alone)
    draft.write(node, slot, np.where(computed, new, draft.read(node, slot)))


def share(_options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Take an argument of an instruction from another node, which then has one more user."""
    node, slot = pick_edge(rng, draft.arities(output=False))
    node = draft.settle(node)
    present = draft.read(node, slot)
    among = (present >= 0) & (present < node)
    count = node - among
    other = pick_below(rng, count)
    other += among & (other >= present)
    draft.write(node, slot, np.where((count > 0) & (draft.lengths > 0), other, present))


def _another(
    rng: np.random.Generator, codes: UInt8[np.ndarray, " codes"], old: UInt8[np.ndarray, " n"]
) -> UInt8[np.ndarray, " n"]:
    """A code other than the old one, where there is another."""
    allowed = codes != old[:, None]
    allowed[~allowed.any(axis=1)] = True
    return np.asarray(codes[pick(rng, allowed)])
