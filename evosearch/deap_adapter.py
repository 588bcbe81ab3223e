"""DEAP behind one door: its selection operators by name, and its trees as programs.

DEAP (Fortin et al. 2012) draws from Python's and NumPy's global generators and writes onto the
fitness objects that it is given. Here both generators are seeded from the caller's and put back,
and what DEAP sees are objects made for one call. Select from one thread only.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import comb
from typing import Any, Literal

import numpy as np
from deap import base, gp, tools
from jaxtyping import Float64, Int64
from pydantic import BaseModel, ConfigDict, Field

from evosearch.errors import ConfigError, ExportError, GenomeFormatError
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import ARITY, BY_CODE, BY_NAME, CORE, PrimitiveSet
from evosearch.genomes.program import (
    FIRST_CONSTANT,
    FIRST_INPUT,
    MAX_CONSTANTS,
    MAX_INPUTS,
    MAX_NODES,
    ProgramBatch,
)

# --- Selection --------------------------------------------------------------------------------

MAX_REFERENCE_POINTS = 100_000


class NoOptions(BaseModel):
    """The operator has no options."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nsga2Options(NoOptions):
    """Arguments of ``selNSGA2``."""

    nd: Literal["standard", "log"] = Field("standard", description="Non-dominated sorting.")


class Nsga3Options(NoOptions):
    """Arguments of ``selNSGA3`` and of its reference points."""

    nd: Literal["standard", "log"] = Field("log", description="Non-dominated sorting.")
    p: int = Field(12, ge=1, description="Divisions of each axis between reference points.")
    scaling: float | None = Field(
        None, gt=0.0, description="Scale of the layer of reference points."
    )


class TournamentOptions(NoOptions):
    """Arguments of ``selTournament``."""

    tournsize: int = Field(3, ge=1, description="Individuals in a tournament.")


class DoubleTournamentOptions(NoOptions):
    """Arguments of ``selDoubleTournament``."""

    fitness_size: int = Field(3, ge=1, description="Individuals in a fitness tournament.")
    parsimony_size: float = Field(
        1.4, ge=1.0, le=2.0, description="Twice the chance of the smaller one of two."
    )
    fitness_first: bool = Field(True, description="Whether the fitness tournament comes first.")


class EpsilonLexicaseOptions(NoOptions):
    """Arguments of ``selEpsilonLexicase``."""

    epsilon: float = Field(0.1, ge=0.0, description="Distance from the best that still passes.")


OPERATORS: Mapping[str, type[NoOptions]] = {
    "selAutomaticEpsilonLexicase": NoOptions,
    "selBest": NoOptions,
    "selDoubleTournament": DoubleTournamentOptions,
    "selEpsilonLexicase": EpsilonLexicaseOptions,
    "selLexicase": NoOptions,
    "selNSGA2": Nsga2Options,
    "selNSGA3": Nsga3Options,
    "selRandom": NoOptions,
    "selRoulette": NoOptions,
    "selSPEA2": NoOptions,
    "selStochasticUniversalSampling": NoOptions,
    "selTournament": TournamentOptions,
    "selTournamentDCD": NoOptions,
    "selWorst": NoOptions,
}
"""Every selection operator of DEAP but ``selNSGA3WithMemory``, whose memory no store keeps."""

_PROPORTIONATE = ("selRoulette", "selStochasticUniversalSampling")


class _Individual:
    """What DEAP selects from: a fitness, and a length for parsimony."""

    __slots__ = ("fitness", "row", "size")

    def __init__(self, row: int, size: int, fitness: Any) -> None:
        self.row = row
        self.size = size
        self.fitness = fitness

    def __len__(self) -> int:
        return self.size


def select(
    name: str,
    costs: Float64[np.ndarray, "n objectives"],
    k: int,
    rng: np.random.Generator,
    *,
    sizes: Int64[np.ndarray, " n"] | None = None,
    **options: Any,
) -> Int64[np.ndarray, " chosen"]:
    """Rows that the DEAP operator ``name`` picks, in its order.

    Args:
        name: One of `OPERATORS`.
        costs: Finite; lower is better. ``selRoulette`` and ``selStochasticUniversalSampling`` need
            something to maximise: they see how far the first cost is below the worst one.
            ``selSPEA2`` takes time cubic in the size of the front (a minute and a half for 1000).
        k: How many to pick. Operators that pick nobody twice return at most n.
        rng: Seeds the generators that DEAP uses; their states are put back.
        sizes: Sizes for ``selDoubleTournament``; equal ones where left out.
        options: The operator's own arguments by DEAP's names, see `OPERATORS`.
    """
    arguments = OPERATORS[name].model_validate(options).model_dump()
    if "nd" in arguments and costs.shape[1] == 1:
        arguments["nd"] = "standard"  # DEAP's other sorting fails on one objective
    sizes = np.ones(len(costs), np.int64) if sizes is None else sizes
    individuals = _individuals(costs, sizes, proportionate=name in _PROPORTIONATE)
    with _seeded(rng):
        chosen = _CALLS.get(name, getattr(tools, name))(individuals, k, **arguments)
    return np.array([individual.row for individual in chosen], dtype=np.int64)


@contextmanager
def _seeded(rng: np.random.Generator) -> Iterator[None]:
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - DEAP's generators
    seeds = rng.integers(2**32, size=2).tolist()
    try:
        random.seed(seeds[0])
        np.random.seed(seeds[1])  # noqa: NPY002
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def _individuals(
    costs: Float64[np.ndarray, "n objectives"],
    sizes: Int64[np.ndarray, " n"],
    *,
    proportionate: bool,
) -> list[_Individual]:
    weights, values = (-1.0,) * costs.shape[1], costs
    if proportionate and len(costs):
        weights, values = (1.0,), costs[:, :1].max() - costs[:, :1]
        if not values.any():
            values = np.ones_like(values)
    fitness = type("Fitness", (base.Fitness,), {"weights": weights})
    return [
        _Individual(row, size, fitness(value))
        for row, (size, value) in enumerate(zip(sizes.tolist(), values.tolist(), strict=True))
    ]


def _nsga3(
    individuals: list[_Individual], k: int, nd: str, p: int, scaling: float | None
) -> list[_Individual]:
    objectives = len(individuals[0].fitness.weights)
    if comb(objectives + p - 1, p) > MAX_REFERENCE_POINTS:
        raise ConfigError(
            f"algorithm.p: {p} divisions of {objectives} objectives are more than "
            f"{MAX_REFERENCE_POINTS} reference points; write a smaller p"
        )
    points = tools.uniform_reference_points(objectives, p=p, scaling=scaling)
    chosen: list[_Individual] = tools.selNSGA3(
        individuals, min(k, len(individuals)), points, nd=nd
    )
    return chosen


def _tournament_dcd(individuals: list[_Individual], k: int) -> list[_Individual]:
    """Crowding distances first; then picks by fours out of at least as many places."""
    tools.selNSGA2(individuals, len(individuals))
    fours = -(-k // 4) * 4
    pool = individuals * -(-fours // len(individuals))
    chosen: list[_Individual] = tools.selTournamentDCD(pool, fours)[:k]
    return chosen


_CALLS: Mapping[str, Callable[..., list[_Individual]]] = {
    "selNSGA3": _nsga3,
    "selTournamentDCD": _tournament_dcd,
}

# --- Trees ------------------------------------------------------------------------------------

MAX_TREE = 100_000

FOREIGN_NAMES: Mapping[str, str] = {
    "truediv": "div",
    "divide": "div",
    "true_divide": "div",
    "subtract": "sub",
    "multiply": "mul",
    "negative": "neg",
    "absolute": "abs",
    "fabs": "abs",
    "maximum": "max",
    "minimum": "min",
    "arctan": "atan",
}
"""Names under which functions of ``operator``, ``math`` and NumPy are registered -> ours.

Our own primitive names stand for themselves.
"""


def primitive_set(primitives: PrimitiveSet, n_inputs: int) -> gp.PrimitiveSet:
    """DEAP's form of the primitives: the same names, NumPy functions, inputs ``ARG0`` and on."""
    pset = gp.PrimitiveSet("evosearch", n_inputs)
    for primitive in primitives.members:
        pset.addPrimitive(primitive.compute, primitive.arity, name=primitive.name)
    return pset


def to_tree(
    batch: ProgramBatch, row: int, pset: gp.PrimitiveSet | None = None
) -> gp.PrimitiveTree:
    """One program as a tree: shared parts are repeated, constants become float terminals.

    DEAP has no text for constants that are not finite, so that it cannot compile those trees.

    Args:
        batch: Programs.
        row: Which of them.
        pset: The set that the tree shall be of; `primitive_set` of all where left out.

    Raises:
        ExportError: The tree would have more than `MAX_TREE` nodes, or ``pset`` lacks a primitive
            or an input of the program.
    """
    pset = primitive_set(CORE, batch.n_inputs) if pset is None else pset
    constants = batch.constants[row].tolist()
    arguments = [
        args[: ARITY[op]]
        for op, args in zip(batch.ops[row].tolist(), batch.args[row].tolist(), strict=True)
    ]
    _check_tree_size(arguments[: int(batch.lengths[row])], int(batch.outputs[row]))
    nodes: list[Any] = []
    pending = [int(batch.outputs[row])]
    while pending:
        argument = pending.pop()
        if argument >= 0:
            nodes.append(_known(pset, BY_CODE[int(batch.ops[row, argument])].name))
            pending.extend(reversed(arguments[argument]))
        elif argument > FIRST_CONSTANT:
            inputs = pset.arguments
            place = FIRST_INPUT - argument
            nodes.append(_known(pset, inputs[place] if place < len(inputs) else f"ARG{place}"))
        else:
            nodes.append(gp.Terminal(constants[FIRST_CONSTANT - argument], False, pset.ret))
    return gp.PrimitiveTree(nodes)


def from_tree(tree: Sequence[Any], n_inputs: int | None = None) -> ProgramBatch:
    """The canonical program of a tree, with equal subtrees shared; a batch of one.

    Args:
        tree: A ``gp.PrimitiveTree`` of functions that are primitives here, see `FOREIGN_NAMES`.
        n_inputs: Inputs of the program; as many as the tree names where left out.

    Raises:
        GenomeFormatError: It is no such tree.
    """
    program = _TreeReader()
    values: list[int | float] = []
    for node in reversed(tree):
        if isinstance(node, gp.Primitive):
            if node.arity > len(values):
                raise GenomeFormatError(f"tree ends where {node.name} expects an argument")
            values.append(program.instruction(node, [values.pop() for _ in range(node.arity)]))
        else:
            values.append(_terminal(node))
    if len(values) != 1:
        raise GenomeFormatError(f"expected a tree of one root, received {len(values)}")
    return program.batch(values[0], n_inputs)


class _TreeReader:
    """Instructions read so far. A value is an argument (int) or a constant (float)."""

    def __init__(self) -> None:
        self.ops: list[int] = []
        self.args: list[list[int]] = []
        self.constants: list[float] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def instruction(self, node: Any, values: list[int | float]) -> int:
        code = _code(node)
        # the text tells 0.0 from -0.0, the type constants from arguments
        key = (code, *((type(value), str(value)) for value in values))
        if key not in self._known:
            if len(self.ops) == MAX_NODES:
                raise GenomeFormatError(f"tree of more than {MAX_NODES} distinct operations")
            self.args.append([self.argument(value) for value in values])
            self.ops.append(code)
            self._known[key] = len(self.ops) - 1
        return self._known[key]

    def argument(self, value: int | float) -> int:
        if isinstance(value, int):
            return value
        if len(self.constants) == MAX_CONSTANTS:
            raise GenomeFormatError(f"tree of more than {MAX_CONSTANTS} constants")
        self.constants.append(value)
        return FIRST_CONSTANT - len(self.constants) + 1

    def batch(self, root: int | float, n_inputs: int | None) -> ProgramBatch:
        output = self.argument(root)
        used = [FIRST_INPUT - a for row in [*self.args, [output]] for a in row]
        named = 1 + max([i for i in used if 0 <= i < MAX_INPUTS], default=0)
        if n_inputs is not None and n_inputs < named:
            raise GenomeFormatError(f"tree uses {named} inputs, expected {n_inputs} at most")
        args = np.zeros((1, max(1, len(self.ops)), 3), np.int16)
        for k, row in enumerate(self.args):
            args[0, k, : len(row)] = row
        program = ProgramBatch(
            np.array([self.ops or [0]], np.uint8),
            args,
            np.array([len(self.ops)], np.int32),
            np.array([self.constants or [0.0]]),
            np.array([len(self.constants)], np.int32),
            np.array([output], np.int16),
            named if n_inputs is None else n_inputs,
        )
        return canonical(program)


def _code(node: Any) -> int:
    primitive = BY_NAME.get(FOREIGN_NAMES.get(node.name, node.name))
    if primitive is None or primitive.arity != node.arity:
        hint = ""
        if re.search("prot|safe|pdiv|plog", node.name, re.IGNORECASE):
            hint = "; a protected function has values of its own: register the plain one instead"
        raise GenomeFormatError(
            f"function {node.name!r} of {node.arity} arguments is no primitive: expected one of "
            f"{', '.join([*BY_NAME, *FOREIGN_NAMES])}{hint}"
        )
    return primitive.code


def _terminal(node: Any) -> int | float:
    """An input as its argument, or the value of a constant."""
    value = node.value if isinstance(node, gp.Terminal) else None
    if isinstance(value, (int, float, np.number)):
        return float(value)
    found = re.fullmatch(r"ARG(\d{1,2})", node.name) if isinstance(value, str) else None
    if found is None or int(found[1]) >= MAX_INPUTS:
        raise GenomeFormatError(
            f"terminal {getattr(node, 'name', node)!r}: expected a number or one of ARG0 to "
            f"ARG{MAX_INPUTS - 1}; write a named constant as its value"
        )
    return FIRST_INPUT - int(found[1])


def _known(pset: gp.PrimitiveSet, name: str) -> Any:
    if name not in pset.mapping:
        raise ExportError(
            f"the primitive set {pset.name!r} lacks {name!r}, which the program uses: expected "
            f"one of {', '.join(pset.mapping)}"
        )
    return pset.mapping[name]


def _check_tree_size(arguments: list[list[int]], output: int) -> None:
    sizes: list[int] = []
    for row in arguments:
        size = 1 + sum(sizes[a] if a >= 0 else 1 for a in row)
        sizes.append(min(size, MAX_TREE + 1))
    if output >= 0 and sizes[output] > MAX_TREE:
        raise ExportError(
            f"the program's shared parts unfold to a tree of more than {MAX_TREE} nodes: export "
            "it as json, which keeps them shared"
        )
