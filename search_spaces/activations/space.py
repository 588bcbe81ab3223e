"""The search space ``activations``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from evosearch.contracts import Operator
from evosearch.genomes.batch import replaced
from evosearch.genomes.canonical import canonical, limit
from evosearch.genomes.primitives import ARITY
from evosearch.genomes.program import FIRST_INPUT, ProgramBatch
from evosearch.genomes.text import expressions
from search_spaces.activations import mutation, parameters
from search_spaces.activations.building import Builder
from search_spaces.activations.correction import correct
from search_spaces.activations.options import ActivationsOptions
from search_spaces.expressions.constants import perturb
from search_spaces.expressions.draft import Draft, Rows
from search_spaces.expressions.graft import graft
from search_spaces.expressions.options import ExpressionsOptions

Parents = tuple[ProgramBatch, ...]
_ARITY = ARITY.astype(np.uint8)
_FOR_CONSTANTS = ExpressionsOptions.model_validate({"constant_scale": 1.0})


class Activations:
    """Functions of x and of learnable parameters, which start at 1 and are trained.

    Births and mutations are those of PANGAEA (arXiv:2006.03179): four of operators, all equally
    likely, and three of parameters. Besides there are a crossover of subgraphs, steps of constants
    and the correction of arXiv:2405.12954, which may use ``add``, ``sub``, ``mul``, ``div``,
    ``gauss`` and derivatives whatever the operators of the space are. Every child depends on x.
    """

    options_model = ActivationsOptions
    genome_type = ProgramBatch

    def __init__(self, options: ActivationsOptions) -> None:
        self.options = options
        self.inputs = options.inputs
        builder = Builder.of(options)
        self.operators = {
            "random": Operator(0, _Birth(builder), 1.0),
            "insert": Operator(1, _Variation(builder, mutation.insert), 1.0),
            "remove": Operator(1, _Variation(builder, mutation.remove), 1.0),
            "change": Operator(1, _Variation(builder, mutation.change), 1.0),
            "regenerate": Operator(1, _Variation(builder, mutation.regenerate), 1.0),
            "crossover": Operator(2, _Variation(builder, _crossover), 1.0),
        }
        if options.parameters:
            self.operators |= {
                "parameter_add": Operator(1, _Variation(builder, parameters.add), 1.0),
                "parameter_move": Operator(1, _Variation(builder, parameters.move), 1.0),
                "parameter_remove": Operator(1, _Variation(builder, parameters.remove), 1.0),
            }
        if options.max_constants:
            self.operators["perturb"] = Operator(1, _Variation(builder, _perturb), 0.5)
        if options.max_constants > 1 and options.max_operations > 4:
            self.operators["correct"] = Operator(1, _Correction(options), 0.25)

    def describe(self, genomes: ProgramBatch) -> list[str]:
        """Infix text of x, alpha, beta and gamma, see `evosearch.genomes.text`."""
        return expressions(genomes, self.inputs)


def _crossover(_builder: Builder, rng: np.random.Generator, draft: Draft, other: Draft) -> None:
    """Let an argument be a random node of another program, with all that it depends on."""
    graft(_FOR_CONSTANTS, rng, draft, other)


def _perturb(_builder: Builder, rng: np.random.Generator, draft: Draft) -> None:
    """Scale, negate or replace constants."""
    perturb(_FOR_CONSTANTS, rng, draft)


@dataclass(frozen=True)
class _Finish:
    """Canonical children that depend on x; else a stand-in, as where one exceeds a limit.

    A constant that is not finite, such as 1 / 0, calls for a stand-in too.
    """

    options: ActivationsOptions

    def __call__(self, raw: ProgramBatch, others: ProgramBatch | None, rows: Rows) -> ProgramBatch:
        options = self.options
        if others is None:
            others, rows = ProgramBatch.identity(1, raw.n_inputs), np.zeros(len(raw), np.int64)
        children = limit(
            canonical(raw), others, rows, options.max_operations, options.max_constants
        )
        sound = depends_on_x(children) & np.isfinite(children.constants).all(axis=1)
        idle = np.flatnonzero(~sound)
        return replaced(children, idle, others.take(rows[idle])) if len(idle) else children


@dataclass(frozen=True, eq=False)
class _Birth:
    builder: Builder

    @property
    def finish(self) -> _Finish:
        return _Finish(self.builder.options)

    def begin(self, rng: np.random.Generator, _parents: Parents, n: int) -> ProgramBatch:
        return self.builder.born(rng, n).programs()

    def __call__(self, rng: np.random.Generator, parents: Parents, n: int) -> ProgramBatch:
        return self.finish(self.begin(rng, parents, n), None, np.arange(n))


@dataclass(frozen=True, eq=False)
class _Variation:
    """Changes a draft of the first parent."""

    builder: Builder
    vary: Callable[..., None]

    @property
    def finish(self) -> _Finish:
        return _Finish(self.builder.options)

    def begin(self, rng: np.random.Generator, parents: Parents, _n: int) -> ProgramBatch:
        slots = max(2, *(int(_ARITY.take(parent.ops).max(initial=0)) for parent in parents))
        draft, *others = (Draft.of(parent, slots) for parent in parents)
        self.vary(self.builder, rng, draft, *others)
        return draft.programs()

    def __call__(self, rng: np.random.Generator, parents: Parents, n: int) -> ProgramBatch:
        return self.finish(self.begin(rng, parents, n), parents[0], np.arange(n))


@dataclass(frozen=True, eq=False)
class _Correction:
    options: ActivationsOptions

    @property
    def finish(self) -> _Finish:
        return _Finish(self.options)

    def begin(self, rng: np.random.Generator, parents: Parents, _n: int) -> ProgramBatch:
        options = self.options
        return correct(rng, parents[0], options.max_operations, options.max_constants)

    def __call__(self, rng: np.random.Generator, parents: Parents, n: int) -> ProgramBatch:
        return self.finish(self.begin(rng, parents, n), parents[0], np.arange(n))


def depends_on_x(programs: ProgramBatch) -> Bool[np.ndarray, " n"]:
    """Which canonical programs use their first input: all that they hold reaches the output."""
    used = np.arange(3) < ARITY[programs.ops][:, :, None]
    inside = ((programs.args == FIRST_INPUT) & used).any(axis=(1, 2))
    return np.asarray(inside | (programs.outputs == FIRST_INPUT))
