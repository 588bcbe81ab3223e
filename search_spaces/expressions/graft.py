"""Subgraph crossover."""

import numpy as np

from evosearch.genomes.primitives import ARITY
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch
from search_spaces.expressions.draft import Draft, Limits


def graft(
    limits: Limits, rng: np.random.Generator, receivers: ProgramBatch, donors: ProgramBatch
) -> ProgramBatch:
    """A random argument of the receiver becomes a random result of the donor.

    The donor's instructions are put before the receiver's; what is not needed drops out.
    """
    draft = Draft(receivers, limits, rng, more=donors.ops.shape[1] + donors.constants.shape[1])
    node, slot = draft.edge(output=True)
    _prepend(draft, donors)
    result = rng.integers(0, np.maximum(donors.lengths, 1))
    active = donors.lengths > 0
    draft.set(node + donors.lengths, slot, result, active)
    return draft.done()


def _prepend(draft: Draft, donors: ProgramBatch) -> None:
    shift = donors.lengths.astype(np.int64)
    columns = np.arange(draft.ops.shape[1])
    own = columns >= shift[:, None]
    source = np.where(own, columns - shift[:, None], 0)
    given = donors.padded(len(columns), 0)
    moved_args = draft.args + np.where(draft.args >= 0, shift[:, None, None], 0)
    args = np.take_along_axis(moved_args, source[:, :, None], axis=1)
    ops = np.take_along_axis(draft.ops, source, axis=1)
    offset = np.where(given.args <= FIRST_CONSTANT, draft.n_constants[:, None, None], 0)
    given_args = given.args.astype(np.int64) - offset
    used = np.arange(3) < ARITY[given.ops][:, :, None]
    draft.args = np.where(own[:, :, None], args, np.where(used, given_args, 0))
    draft.ops = np.where(own, ops, given.ops)
    draft.outputs = draft.outputs + np.where(draft.outputs >= 0, shift, 0)
    for j in range(donors.constants.shape[1]):
        draft.fresh(j < donors.n_constants, donors.constants[:, j])
    draft.lengths = draft.lengths + shift
