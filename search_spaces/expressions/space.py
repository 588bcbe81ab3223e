"""The search space ``expressions``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evosearch.contracts import Operator
from evosearch.genomes.canonical import canonical, limit
from evosearch.genomes.primitives import ARITY
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.text import expressions
from search_spaces.expressions import alteration, birth, constants, growth, rewriting
from search_spaces.expressions.draft import Draft, Rows
from search_spaces.expressions.graft import graft
from search_spaces.expressions.options import ExpressionsOptions

Parents = tuple[ProgramBatch, ...]
_ARITY = ARITY.astype(np.uint8)


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
            "seed": Operator(0, _Birth(options, birth.seed), 1.0),
            "random": Operator(0, _Birth(options, birth.random), 0.0),
            "insert": Operator(1, _Variation(options, growth.insert), 22.0),
            "append": Operator(1, _Variation(options, growth.append), 12.0),
            "neutral": Operator(1, _Variation(options, growth.neutral), 14.0),
            "wrap": Operator(1, _Variation(options, growth.wrap), 10.0),
            "delete": Operator(1, _Variation(options, alteration.delete), 14.0),
            "change": Operator(1, _Variation(options, alteration.change), 14.0),
            "rewire": Operator(1, _Variation(options, alteration.rewire), 16.0),
            "share": Operator(1, _Variation(options, alteration.share), 4.0),
            "perturb": Operator(1, _Variation(options, constants.perturb, structural=False), 2.0),
            "regrow": Operator(1, _Variation(options, constants.regrow, structural=False), 2.0),
            "graft": Operator(2, _Variation(options, graft), 8.0),
        }
        if not growth.has_neutral(options):
            del self.operators["neutral"], self.operators["wrap"]

    def describe(self, genomes: ProgramBatch) -> list[str]:
        """Infix text, constants to six digits, see `evosearch.genomes.text`."""
        return expressions(genomes)


@dataclass(frozen=True)
class _Finish:
    """Canonical children; where one exceeds a limit, its stand-in."""

    options: ExpressionsOptions

    def __call__(self, raw: ProgramBatch, others: ProgramBatch | None, rows: Rows) -> ProgramBatch:
        children = canonical(raw)
        if others is None:
            return children
        options = self.options
        return limit(children, others, rows, options.max_operations, options.max_constants)


@dataclass(frozen=True)
class _Birth:
    """Gives life from nothing."""

    options: ExpressionsOptions
    give: Callable[[ExpressionsOptions, np.random.Generator, int], ProgramBatch]

    @property
    def finish(self) -> _Finish:
        return _Finish(self.options)

    def begin(self, rng: np.random.Generator, _parents: Parents, n: int) -> ProgramBatch:
        return _programs(self.options, Draft.of(self.give(self.options, rng, n)))

    def __call__(self, rng: np.random.Generator, parents: Parents, n: int) -> ProgramBatch:
        return canonical(self.begin(rng, parents, n))


@dataclass(frozen=True)
class _Variation:
    """Changes a draft of the first parent; its constants alone if not ``structural``."""

    options: ExpressionsOptions
    vary: Callable[..., None]
    structural: bool = True

    @property
    def finish(self) -> _Finish:
        return _Finish(self.options)

    def begin(self, rng: np.random.Generator, parents: Parents, _n: int) -> ProgramBatch:
        codes = [self.options.primitive_set().codes, *(parent.ops for parent in parents)]
        slots = max(2, *(int(_ARITY.take(ops).max(initial=0)) for ops in codes))
        draft, *others = (Draft.of(parent, slots) for parent in parents)
        self.vary(self.options, rng, draft, *others)
        return _programs(self.options, draft) if self.structural else draft.programs()

    def __call__(self, rng: np.random.Generator, parents: Parents, n: int) -> ProgramBatch:
        return self.finish(self.begin(rng, parents, n), parents[0], np.arange(n))


def _programs(options: ExpressionsOptions, draft: Draft) -> ProgramBatch:
    if {"mul", "div"} <= set(options.primitives):
        rewriting.invert_divisors(draft)
    if {"add", "sub"} <= set(options.primitives):
        rewriting.negate_subtrahends(draft)
    return draft.programs()
