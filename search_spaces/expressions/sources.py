"""Where a new argument comes from: an earlier node, an input, or a fresh constant."""

import numpy as np
from jaxtyping import Bool, Float64

from evosearch.genomes.program import FIRST_INPUT
from search_spaces.expressions.draft import Draft, Rows

CONSTANT, INPUT = 0.4, 0.25  # chances; the rest are nodes


def source(
    rng: np.random.Generator,
    draft: Draft,
    before: Rows,
    scale: float,
    *,
    variable: Bool[np.ndarray, " n"] | None = None,
) -> Rows:
    """One argument for each program: a node below ``before``, an input or a new constant.

    Args:
        rng: Random stream.
        draft: The programs; gain a constant.
        before: First node that may not be used.
        scale: Typical size of a constant.
        variable: Programs whose argument may not be a constant.
    """
    n = len(draft)
    chance = rng.random(n)
    constant = draft.fresh(fresh(rng, n, scale))
    if variable is not None:
        chance = np.where(variable, CONSTANT + (1.0 - CONSTANT) * chance, chance)
    other = node_or_input(rng, draft, before, chance < CONSTANT + INPUT)
    return np.where(chance < CONSTANT, constant, other)


def node_or_input(
    rng: np.random.Generator, draft: Draft, before: Rows, leaf: Bool[np.ndarray, " n"]
) -> Rows:
    """A node below ``before``, or an input where ``leaf`` or there is no such node."""
    drawn = rng.random(len(draft))
    inputs = FIRST_INPUT - np.floor(drawn * draft.n_inputs).astype(np.int64)
    nodes = np.floor(drawn * before).astype(np.int64)
    return np.where(leaf | (before == 0), inputs, nodes)


def fresh(
    rng: np.random.Generator, shape: int | tuple[int, ...], scale: float
) -> Float64[np.ndarray, "..."]:
    """New constants: ``scale`` times 10^U(-1, 1), of either sign."""
    sign = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    return np.asarray(sign * scale * 10.0 ** rng.uniform(-1.0, 1.0, shape))
