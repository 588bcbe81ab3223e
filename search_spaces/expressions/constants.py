"""Mutations of constants: other starts for fitting, or steps where nothing is fitted."""

import numpy as np
from jaxtyping import Bool

from search_spaces.expressions.draft import Draft, pick
from search_spaces.expressions.options import ExpressionsOptions
from search_spaces.expressions.sources import fresh

_FRESH, _NEGATED = 0.15, 0.15  # chances; the rest are scaled
_SPREAD = (-7.0, 1.0)  # log2 of the deviation s, uniform per program


def perturb(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Scale, negate or replace one constant, or each of them at even odds.

    A scaled one is multiplied by 2^N(0, s), with one s per program; zero is always replaced.
    """
    shape = draft.constants.shape
    used = _used(draft)
    one = np.arange(shape[1]) == pick(rng, used)[:, None] if shape[1] else used
    chosen = used & (one | (rng.random((len(draft), 1)) < 0.5))
    spread = 2.0 ** rng.uniform(*_SPREAD, (len(draft), 1))
    scaled = draft.constants * 2.0 ** (spread * rng.normal(size=shape))
    kind = rng.random(shape)
    new = np.where(kind < _FRESH + _NEGATED, -draft.constants, scaled)
    replaced = (kind < _FRESH) | (draft.constants == 0)
    new = np.where(replaced, fresh(rng, shape, options.constant_scale), new)
    draft.constants = np.where(chosen, new, draft.constants)


def regrow(options: ExpressionsOptions, rng: np.random.Generator, draft: Draft) -> None:
    """Fresh constants for all: the structure gets another start."""
    new = fresh(rng, draft.constants.shape, options.constant_scale)
    draft.constants = np.where(_used(draft), new, draft.constants)


def _used(draft: Draft) -> Bool[np.ndarray, "n constants"]:
    return np.asarray(np.arange(draft.constants.shape[1]) < draft.n_constants[:, None])
