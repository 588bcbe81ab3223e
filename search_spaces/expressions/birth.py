"""Programs from nothing."""

import numpy as np

from evosearch.genomes.program import FIRST_INPUT, ProgramBatch
from search_spaces.expressions.draft import Draft, Limits

_CONSTANT = 0.35  # share of constants among the arguments of random programs
_LATEST = 0.6  # how often the first argument is the latest result, so that little is dead


def seed(limits: Limits, n: int) -> ProgramBatch:
    """n times f = the first input."""
    return ProgramBatch.identity(n, limits.inputs)


def random(limits: Limits, rng: np.random.Generator, n: int) -> ProgramBatch:
    """n random programs of 1 to ``max_operations`` instructions before simplification."""
    draft = Draft(ProgramBatch.identity(n, limits.inputs), limits, rng, limits.max_operations)
    lengths = rng.integers(1, limits.max_operations + 1, n)
    for position in range(limits.max_operations):
        active = position < lengths
        here = np.full(n, position)
        op = draft.operation()
        latest = (rng.random(n) < _LATEST) & (position > 0)
        args = [np.where(latest, position - 1, draft.source(here, 0.0))]
        args += [draft.source(here, _CONSTANT, active) for _ in range(2)]
        swap = rng.random(n) < 0.5
        args[0], args[1] = np.where(swap, args[1], args[0]), np.where(swap, args[0], args[1])
        alone = args[0] < FIRST_INPUT - limits.inputs  # unary operations need no constant
        args[0] = np.where(alone & (_arity_one(op)), here - 1, args[0])
        args[0] = np.where(args[0] == -1, FIRST_INPUT, args[0])
        draft.open(here, active)
        draft.write(here, op, args, active)
    draft.outputs = lengths - 1
    return draft.done()


def _arity_one(op: np.ndarray) -> np.ndarray:
    from evosearch.genomes.primitives import ARITY

    return np.asarray(ARITY[op] == 1)
