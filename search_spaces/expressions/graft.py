"""Recombination: a subgraph of one program in another."""

import numpy as np

from search_spaces.expressions.draft import Draft, is_constant, pick_below, pick_edge
from search_spaces.expressions.options import ExpressionsOptions


def graft(
    _options: ExpressionsOptions, rng: np.random.Generator, draft: Draft, scion: Draft
) -> None:
    """Let an argument of ``draft`` be a random node of ``scion``, with all that it depends on.

    Where ``draft`` has no instruction, its output; where ``scion`` has none, its value.
    """
    arities = draft.arities(output=False)
    arities[:, 0] += draft.lengths == 0
    place, slot = pick_edge(rng, arities)
    node = pick_below(rng, scion.lengths)
    value = np.where(scion.lengths > 0, node, scion.read(scion.lengths, np.zeros_like(node)))
    value = np.where(is_constant(value), value - draft.n_constants, value)
    scion.lengths = np.where(scion.lengths > 0, node + 1, 0)  # what comes later is not needed
    moved = scion.args - draft.n_constants.astype(np.int16)[:, None]
    args = np.where(is_constant(scion.args), moved, scion.args)
    _append_constants(draft, scion)
    draft.open(np.zeros_like(place), scion.lengths)
    width = int(scion.lengths.max(initial=0))
    ahead = np.arange(width) < scion.lengths[:, None]
    draft.ops[:, :width] = np.where(ahead, scion.ops[:, :width], draft.ops[:, :width])
    draft.args[:, :, :width] = np.where(ahead, args[:, :, :width], draft.args[:, :, :width])
    draft.write(place + scion.lengths, slot, value)


def _append_constants(draft: Draft, scion: Draft) -> None:
    """Give ``draft`` the constants of ``scion``, behind its own."""
    draft.reserve(scion.constants.shape[1])
    rows, slots = np.nonzero(np.arange(scion.constants.shape[1]) < scion.n_constants[:, None])
    draft.constants[rows, draft.n_constants[rows] + slots] = scion.constants[rows, slots]
    draft.n_constants = draft.n_constants + scion.n_constants
