"""The three workloads: random programs, data and target, the same on every machine.

All draws come from ``RandomState(7)`` and ``default_rng(8)`` in a fixed order. No operation is
protected: about half of the programs of W2 and W3 are NaN or infinite somewhere.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

Node: TypeAlias = "tuple[str, tuple[Node, ...]] | int | float"
"""A function with its operands, the number of an input, or a constant."""


@dataclass(frozen=True)
class Workload:
    """One column of the table of workloads.

    Attributes:
        name: W1, W2 or W3.
        programs: How many.
        functions: Fewest and most functions of a program.
        names: The functions that are drawn from.
        inputs: Number of inputs.
        points: Number of data points.
        dtype: Type that our engine computes in.
    """

    name: str
    programs: int
    functions: tuple[int, int]
    names: tuple[str, ...]
    inputs: int
    points: int
    dtype: str

    def trees(self, count: int | None = None) -> list[Node]:
        """The first ``count`` programs, all of them by default."""
        random = np.random.RandomState(7)
        low, high = self.functions
        return [
            self._grow(random, random.randint(low, high + 1), False)
            for _ in range(count or self.programs)
        ]

    def _grow(self, random: np.random.RandomState, size: int, must_be_input: bool) -> Node:
        if size == 0:
            if not must_be_input and random.random_sample() < 0.3:
                return float(random.uniform(-3, 3))
            return int(random.randint(self.inputs))
        name = self.names[random.randint(len(self.names))]
        if BY_NAME[name].arity == 1:
            return name, (self._grow(random, size - 1, size == 1),)
        left = int(random.randint(size))
        right = size - 1 - left
        second = self._grow(random, right, False)
        return name, (self._grow(random, left, left == 0 and right == 0), second)

    def data(self, dtype: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Inputs [inputs, points] and target [points]."""
        shape = self.inputs, self.points
        x = np.random.default_rng(8).uniform(0.2, 3, shape).astype(dtype or self.dtype)
        return x, 2 * np.sin(x[0]) + x[-1]


ARITHMETIC = ("add", "sub", "mul", "div")
MIXED = (*ARITHMETIC, "max", "exp", "log", "sin", "tanh", "abs")
W1 = Workload("W1", 1_000, (10, 20), ARITHMETIC, 1, 1_000, "float64")
W2 = Workload("W2", 4_096, (12, 28), MIXED, 5, 10_000, "float32")
W3 = Workload("W3", 100_000, (12, 28), MIXED, 5, 16, "float32")
ALL = (W1, W2, W3)


def functions(tree: Node) -> int:
    """Number of functions of a tree: what counts as work."""
    return 1 + sum(map(functions, tree[1])) if isinstance(tree, tuple) else 0


def batch(trees: list[Node], inputs: int) -> ProgramBatch:
    """The trees as programs, instruction for function: nothing is shared or folded."""
    rows = [_instructions(tree) for tree in trees]
    length = max(len(ops) for ops, _, _ in rows)
    width = max(1, max(len(constants) for _, _, constants in rows))
    made = ProgramBatch(
        np.zeros((len(rows), length), np.uint8),
        np.zeros((len(rows), length, 3), np.int16),
        np.array([len(ops) for ops, _, _ in rows], np.int32),
        np.zeros((len(rows), width)),
        np.array([len(constants) for _, _, constants in rows], np.int32),
        np.array([len(ops) - 1 for ops, _, _ in rows], np.int16),
        inputs,
    )
    for row, (ops, arguments, constants) in enumerate(rows):
        made.ops[row, : len(ops)] = ops
        for k, places in enumerate(arguments):
            made.args[row, k, : len(places)] = places
        made.constants[row, : len(constants)] = constants
    return made


def _instructions(tree: Node) -> tuple[list[int], list[list[int]], list[float]]:
    ops: list[int] = []
    arguments: list[list[int]] = []
    constants: list[float] = []

    def emit(node: Node) -> int:
        if isinstance(node, float):
            constants.append(node)
            return FIRST_CONSTANT - (len(constants) - 1)
        if isinstance(node, int):
            return FIRST_INPUT - node
        places = [emit(operand) for operand in node[1]]
        ops.append(BY_NAME[node[0]].code)
        arguments.append(places)
        return len(ops) - 1

    emit(tree)
    return ops, arguments, constants
