"""Mutations of learnable parameters: multipliers of edges that come, go and move."""

import numpy as np
from jaxtyping import Bool

from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_INPUT
from search_spaces.activations.building import Builder
from search_spaces.activations.mutation import is_parameter, multiplied, on_x
from search_spaces.expressions.draft import NOBODY, Draft, Rows, pick, pick_edge

_MUL = BY_NAME["mul"].code


def add(builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Multiply what an edge carries by the first parameter that is not in use."""
    parameter, free = first_free(builder, draft)
    _multiply(rng, draft, parameter, free)


def remove(_builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Let the users of an operation on a parameter use its other argument."""
    _cut(rng, draft)


def move(_builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Take a parameter away from where it is and multiply another edge by it."""
    parameter = _cut(rng, draft)
    _multiply(rng, draft, parameter, parameter != NOBODY)


def first_free(builder: Builder, draft: Draft) -> tuple[Rows, Bool[np.ndarray, " n"]]:
    """The first parameter that each program does not use, and whether there is one."""
    used = np.arange(len(draft.args))[:, None, None] < draft.arities(output=True)
    parameters = FIRST_INPUT - np.arange(1, builder.options.parameters + 1)
    free = np.array([~((draft.args == p) & used).any(axis=(0, 2)) for p in parameters]).T
    if not len(parameters):
        return np.full(len(draft), NOBODY), np.zeros(len(draft), bool)
    return parameters[free.argmax(axis=1)], np.asarray(free.any(axis=1))


def _multiply(
    rng: np.random.Generator, draft: Draft, parameter: Rows, where: Bool[np.ndarray, " n"]
) -> None:
    """Multiply a random edge that depends on x, and on whose end no parameter is."""
    edges = on_x(draft) & ~multiplied(draft)
    slots, n, width = edges.shape
    flat = np.ascontiguousarray(edges.transpose(1, 2, 0)).reshape(n, width * slots)
    where = where & flat.any(axis=1)
    place = pick(rng, flat)
    node, slot = place // slots, place % slots
    carried = draft.read(node, slot)
    draft.open(node, where.astype(np.int64))
    rows = np.flatnonzero(where)
    draft.ops[rows, node[rows]] = _MUL
    draft.args[0, rows, node[rows]] = carried[rows]
    draft.args[1, rows, node[rows]] = parameter[rows]
    draft.args[slot[rows], rows, node[rows] + 1] = node[rows]


def _cut(rng: np.random.Generator, draft: Draft) -> Rows:
    """Take one parameter away; which, or NOBODY where there is none to take."""
    depends = on_x(draft)[:2]
    pairs = is_parameter(draft.args[:2]) & depends[::-1] & (draft.arities(output=False) == 2)
    node, slot = pick_edge(rng, pairs.any(axis=0).view(np.uint8))
    rows = np.arange(len(draft))
    found = pairs.any(axis=(0, 2))
    slot = pairs[1, rows, node].astype(np.int64)
    parameter = np.where(found, draft.read(node, slot), NOBODY)
    draft.replace(np.where(found, node, NOBODY), draft.read(node, 1 - slot))
    return parameter
