"""Mutations of programs (the moves of AutoNumerics-Zero, arXiv:2312.08472, and some more)."""

from collections.abc import Callable

import numpy as np

from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch
from search_spaces.expressions.draft import Draft, Integers, Limits, Mask

_CONSTANT = 0.5  # how often a missing argument becomes a fresh constant

Mutation = Callable[[Draft], None]


def mutate(
    mutation: Mutation, limits: Limits, rng: np.random.Generator, parents: ProgramBatch
) -> ProgramBatch:
    """Children of ``parents`` by one mutation each."""
    draft = Draft(parents, limits, rng, more=2)
    mutation(draft)
    return draft.done()


def insert(draft: Draft) -> None:
    """A random argument or the output passes through a new operation."""
    _insert_at(draft, *draft.edge(output=True))


def append(draft: Draft) -> None:
    """The output passes through a new operation."""
    _insert_at(draft, draft.lengths.copy(), np.zeros(len(draft), np.int64))


def _insert_at(draft: Draft, node: Integers, slot: Integers) -> None:
    everyone = np.ones(len(draft), bool)
    old = draft.get(node, slot)
    op = draft.operation()
    constants = np.where(old <= FIRST_CONSTANT, 0.0, _CONSTANT)
    own = draft.rng.integers(0, ARITY[op])
    args = []
    for place in range(3):
        fresh = draft.rng.random(len(draft)) < constants
        other = np.where(fresh, draft.fresh(fresh), draft.source(node, 0.0))
        args.append(np.where(own == place, old, other))
    draft.open(node, everyone)
    draft.write(node, op, args, everyone)
    draft.set(node + 1, slot, node, everyone)


def delete(draft: Draft) -> None:
    """A random operation gives way to one of its arguments."""
    node = draft.instruction()
    slot = draft.rng.integers(0, np.maximum(ARITY[draft.ops[draft.rows, node]], 1))
    draft.replace(node, draft.get(node, slot), draft.lengths > 0)


def change(draft: Draft) -> None:
    """A random operation becomes another one; its arguments may change places."""
    active = draft.lengths > 0
    node = draft.instruction()
    op = draft.operation()
    old = [draft.get(node, np.full(len(draft), slot)) for slot in range(3)]
    had = ARITY[draft.ops[draft.rows, node]]
    args = [np.where(slot < had, old[slot], draft.source(node, 0.0)) for slot in range(3)]
    swap = draft.rng.random(len(draft)) < 0.5
    args[0], args[1] = np.where(swap, args[1], args[0]), np.where(swap, args[0], args[1])
    draft.write(node, op, args, active)


def rewire(draft: Draft) -> None:
    """A random argument comes from somewhere else."""
    node, slot = draft.edge(output=False)
    active = draft.lengths > 0
    draft.set(node, slot, draft.source(node, _CONSTANT, active), active)


def share(draft: Draft) -> None:
    """A random argument becomes a result that the program has already."""
    node, slot = draft.edge(output=False)
    active = (draft.lengths > 0) & (node > 0)
    draft.set(node, slot, draft.rng.integers(0, np.maximum(node, 1)), active)


def perturb(draft: Draft) -> None:
    """One constant, or all, times 2^N(0, 1); now and then with the other sign."""
    used = np.arange(draft.constants.shape[1]) < draft.n_constants[:, None]
    one = draft.rng.integers(0, np.maximum(draft.n_constants, 1))
    every = draft.rng.random(len(draft)) < 0.5
    chosen = used & (every[:, None] | (np.arange(used.shape[1]) == one[:, None]))
    factor = 2.0 ** draft.rng.normal(size=used.shape)
    factor *= np.where(draft.rng.random(used.shape) < 0.1, -1.0, 1.0)
    draft.constants = np.where(chosen, draft.constants * factor, draft.constants)


def regrow(draft: Draft) -> None:
    """Every constant is fresh: the structure gets another start."""
    used = np.arange(draft.constants.shape[1]) < draft.n_constants[:, None]
    draft.constants = np.where(used, draft.values(used.shape), draft.constants)


def neutral(draft: Draft) -> None:
    """An argument s becomes s + c * o or s + c / o with a tiny c, for fitting to open."""
    node, slot = draft.edge(output=True)
    everyone: Mask = np.ones(len(draft), bool)
    old = draft.get(node, slot)
    other = draft.source(node, 0.0)
    tiny = draft.fresh(everyone, 1e-3 * draft.values((len(draft),)))
    divide = draft.rng.random(len(draft)) < 0.5
    op = np.where(divide, BY_NAME["div"].code, BY_NAME["mul"].code).astype(np.uint8)
    add = np.full(len(draft), BY_NAME["add"].code, np.uint8)
    draft.open(node, everyone)
    draft.write(node, op, [tiny, other], everyone)
    draft.open(node + 1, everyone)
    draft.write(node + 1, add, [old, node], everyone)
    draft.set(node + 2, slot, node + 1, everyone)
