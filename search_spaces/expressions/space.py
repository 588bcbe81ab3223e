"""The search space ``expressions``: straight-line programs over chosen primitives."""

from functools import partial
from typing import Any

import numpy as np

from evosearch.contracts import Operator
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.text import expressions as describe
from search_spaces.expressions import birth, mutation
from search_spaces.expressions.draft import Limits
from search_spaces.expressions.graft import graft
from search_spaces.expressions.mutation import Mutation, mutate
from search_spaces.expressions.options import ExpressionsOptions

_MUTATIONS: dict[str, tuple[Mutation, float]] = {
    "insert": (mutation.insert, 22),
    "append": (mutation.append, 12),
    "neutral": (mutation.neutral, 14),
    "delete": (mutation.delete, 14),
    "change": (mutation.change, 14),
    "rewire": (mutation.rewire, 16),
    "share": (mutation.share, 4),
    "perturb": (mutation.perturb, 2),
    "regrow": (mutation.regrow, 2),
}


class Expressions:
    """Programs of limited length over the inputs and fitted constants."""

    options_model = ExpressionsOptions
    genome_type = ProgramBatch

    def __init__(self, options: ExpressionsOptions) -> None:
        self.options = options
        self.limits = Limits(
            PrimitiveSet.named(options.primitives),
            options.inputs,
            options.max_operations,
            options.max_constants,
            options.constant_scale,
        )
        self.operators = self._operators()

    def describe(self, genomes: ProgramBatch) -> list[str]:
        """Infix text, see `evosearch.genomes.text`."""
        return describe(genomes)

    def _operators(self) -> dict[str, Operator]:
        limits = self.limits

        def one(move: Mutation, rng: np.random.Generator, parents: Any, n: int) -> ProgramBatch:
            return mutate(move, limits, rng, parents[0])

        operators = {
            "seed": Operator(0, lambda rng, parents, n: birth.seed(limits, n), 1.0),
            "random": Operator(0, lambda rng, parents, n: birth.random(limits, rng, n), 0.0),
        }
        for name, (move, weight) in _MUTATIONS.items():
            if name != "neutral" or {"add", "mul", "div"} <= set(limits.primitives.names):
                operators[name] = Operator(1, partial(one, move), weight)
        operators["graft"] = Operator(
            2, lambda rng, parents, n: graft(limits, rng, parents[0], parents[1]), 8.0
        )
        return operators
