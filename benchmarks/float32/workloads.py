"""Programs that tell what operations cost: chains of one kind or two, and random ones."""

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np

from evaluators.approximation.float32.contraction import contract
from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import ProgramBatch
from search_spaces.expressions import birth
from search_spaces.expressions.options import ExpressionsOptions

ARITHMETIC = ("add", "sub", "mul", "fma")
LENGTHS = range(2, 13)
_CONSTANTS = ("0.3", "0.7", "1.3", "0.2")


def random_programs(rng: np.random.Generator, of_each_length: int) -> ProgramBatch:
    """Canonical programs of one input over + - * and fma, as many of each length, contracted."""
    options = ExpressionsOptions(primitives=ARITHMETIC, max_operations=max(LENGTHS))
    programs = contract(birth.random(options, rng, 600 * of_each_length))
    zero = (programs.ops == BY_NAME["sub"].code) & (
        programs.args[:, :, 0] == programs.args[:, :, 1]
    )
    usable = ~zero.any(axis=1)
    rows = [np.flatnonzero(usable & (programs.lengths == n))[:of_each_length] for n in LENGTHS]
    return programs.take(np.concatenate(rows))


def chain(kinds: Sequence[str], length: int) -> ProgramDocument:
    """A program of so many operations, each on the result of the one before."""
    nodes: list[Node] = []
    constants: list[str] = []
    value, numbers = "x", cycle(_CONSTANTS)
    for position, op in enumerate(islice(cycle(kinds), length)):
        arity = BY_NAME[op].arity
        if op in ("max", "min"):  # different ones, so that none is left out
            drawn = [f"0.{10 + position}" if op == "max" else f"0.{90 - position}"]
        else:
            drawn = list(islice(numbers, arity - 1))
        names = [f"c{len(constants) + k}" for k in range(len(drawn))]
        constants += drawn
        arguments = (value, *names) if op not in ("sub", "div") else (*names, value)
        nodes.append(Node(op, arguments))
        value = f"n{position}"
    return ProgramDocument(("x",), tuple(constants), tuple(nodes), (value,))
