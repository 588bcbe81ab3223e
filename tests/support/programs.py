"""Programs for tests: one written by hand, or many at random."""

from collections.abc import Sequence

import numpy as np

from evosearch.genomes.primitives import ARITY, BY_NAME, PrimitiveSet
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


def program(
    nodes: Sequence[tuple[str, ...]],
    constants: Sequence[float],
    *,
    inputs: int = 1,
    output: str | None = None,
) -> ProgramBatch:
    """One program, not made canonical; arguments are ``x``, ``x1``, ``c0``, ``n0`` ..."""
    ops = np.zeros((1, max(1, len(nodes))), np.uint8)
    args = np.zeros((1, max(1, len(nodes)), 3), np.int16)
    for k, (name, *arguments) in enumerate(nodes):
        ops[0, k] = BY_NAME[name].code
        args[0, k, : len(arguments)] = [_code(argument) for argument in arguments]
    return ProgramBatch(
        ops,
        args,
        np.array([len(nodes)], np.int32),
        np.array([list(constants) or [0.0]], np.float64),
        np.array([len(constants)], np.int32),
        np.array([_code(output or f"n{len(nodes) - 1}")], np.int16),
        inputs,
    )


def _code(argument: str) -> int:
    index = int(argument[1:] or 0)
    return {"x": FIRST_INPUT - index, "c": FIRST_CONSTANT - index, "n": index}[argument[0]]


def random_programs(
    rng: np.random.Generator, n: int, longest: int, primitives: PrimitiveSet, *, inputs: int = 1
) -> ProgramBatch:
    """n programs of 1..longest instructions with shared nodes and dead code; two constants each.

    The first argument of every instruction is an input or a node, so none is constant.
    """
    lengths = rng.integers(1, longest + 1, n)
    ops = np.zeros((n, longest), np.uint8)
    args = np.zeros((n, longest, 3), np.int16)
    for row in range(n):
        for k in range(lengths[row]):
            ops[row, k] = rng.choice(primitives.codes)
            arity = ARITY[ops[row, k]]
            sources = [*range(max(0, k - 3), k), *(FIRST_INPUT - np.arange(inputs))]
            args[row, k, 0] = rng.choice(sources)
            sources += [FIRST_CONSTANT, FIRST_CONSTANT - 1]
            args[row, k, 1:arity] = rng.choice(sources, max(0, arity - 1))
    return ProgramBatch(
        ops,
        args,
        lengths.astype(np.int32),
        rng.normal(size=(n, 2)),
        np.full(n, 2, np.int32),
        (lengths - 1).astype(np.int16),
        inputs,
    )
