"""The search space ``expressions``."""

from collections.abc import Callable

import numpy as np

from evosearch.contracts import Operator
from evosearch.genomes.canonical import canonical, limit
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.text import expressions
from search_spaces.expressions import alteration, birth, constants, growth
from search_spaces.expressions.draft import Draft
from search_spaces.expressions.graft import graft
from search_spaces.expressions.options import ExpressionsOptions

Parents = tuple[ProgramBatch, ...]
Birth = Callable[[ExpressionsOptions, np.random.Generator, int], ProgramBatch]


class Expressions:
    """Programs over chosen primitives, up to a number of operations and constants.

    Operators change what AutoNumerics-Zero (arXiv:2312.08472) changes, and more; their weights
    are shares of the mutations that a faster prototype did best with.
    """

    options_model = ExpressionsOptions
    genome_type = ProgramBatch

    def __init__(self, options: ExpressionsOptions) -> None:
        self.options = options
        self.operators = {
            "seed": self._birth(birth.seed, 1.0),
            "random": self._birth(birth.random, 0.0),
            "insert": self._variation(1, growth.insert, 22.0),
            "append": self._variation(1, growth.append, 12.0),
            "neutral": self._variation(1, growth.neutral, 14.0),
            "delete": self._variation(1, alteration.delete, 14.0),
            "change": self._variation(1, alteration.change, 14.0),
            "rewire": self._variation(1, alteration.rewire, 16.0),
            "share": self._variation(1, alteration.share, 4.0),
            "perturb": self._variation(1, constants.perturb, 2.0),
            "regrow": self._variation(1, constants.regrow, 2.0),
            "graft": self._variation(2, graft, 8.0),
        }
        if not growth.has_neutral(options):
            del self.operators["neutral"]

    def describe(self, genomes: ProgramBatch) -> list[str]:
        """Infix text, constants to six digits, see `evosearch.genomes.text`."""
        return expressions(genomes)

    def _birth(self, give: Birth, weight: float) -> Operator:
        def apply(rng: np.random.Generator, _parents: Parents, n: int) -> ProgramBatch:
            return self._finished(Draft.of(give(self.options, rng, n)))

        return Operator(0, apply, weight)

    def _variation(self, arity: int, vary: Callable[..., None], weight: float) -> Operator:
        """An operator that changes a draft of its first parent."""

        def apply(rng: np.random.Generator, parents: Parents, _n: int) -> ProgramBatch:
            draft, *others = (Draft.of(parent) for parent in parents)
            vary(self.options, rng, draft, *others)
            options = self.options
            return limit(
                self._finished(draft), parents[0], options.max_operations, options.max_constants
            )

        return Operator(arity, apply, weight)

    def _finished(self, draft: Draft) -> ProgramBatch:
        if {"mul", "div"} <= set(self.options.primitives):
            draft.invert_divisors()
        return canonical(draft.programs())
