"""Rewriting: drafts that compute the same with one structure fewer."""

import numpy as np

from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT
from search_spaces.expressions.draft import Draft, is_constant

_ADD, _SUB = BY_NAME["add"].code, BY_NAME["sub"].code
_DIV, _MUL = BY_NAME["div"].code, BY_NAME["mul"].code


def invert_divisors(draft: Draft) -> None:
    """Turn x / c into x * (1 / c): one structure fewer for the same functions.

    Where 1 / c is not finite, into x * 0, which fitting can leave again.
    """
    rows, nodes = np.nonzero((draft.ops == _DIV) & is_constant(draft.args[1]))
    if not len(rows):
        return
    divisors = FIRST_CONSTANT - draft.args[1, rows, nodes].astype(np.int64)
    with np.errstate(all="ignore"):
        inverses = 1.0 / draft.constants[rows, divisors]
    inverses = np.where(np.isfinite(inverses), inverses, 0.0)
    draft.give_constants(rows, nodes, np.ones_like(nodes), inverses)
    draft.ops[rows, nodes] = _MUL


def negate_subtrahends(draft: Draft) -> None:
    """Turn a - c * b and a - c / b into a + (-c) * b and a + (-c) / b: one structure fewer.

    Only where nobody else uses what is subtracted.
    """
    rows, nodes = np.nonzero((draft.ops == _SUB) & (draft.args[1] >= 0))
    parts = draft.args[1, rows, nodes].astype(np.int64)
    constant = is_constant(draft.args[:2, rows, parts])
    scaled = np.isin(draft.ops[rows, parts], (_MUL, _DIV)) & constant.any(axis=0)
    chosen = np.flatnonzero(scaled & (draft.users()[rows, parts] == 1))
    if not len(chosen):
        return
    rows, nodes, parts = rows[chosen], nodes[chosen], parts[chosen]
    slots = np.where(constant[0, chosen], 0, 1)
    old = FIRST_CONSTANT - draft.args[slots, rows, parts].astype(np.int64)
    draft.give_constants(rows, parts, slots, -draft.constants[rows, old])
    draft.ops[rows, nodes] = _ADD
