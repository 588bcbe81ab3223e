"""Programs on the workbench: what operators change before the canonical form is restored.

A draft writes each program's output as one more instruction behind the last, of op 0 and one
argument. An *edge* is then a pair (node, slot) whatever it leads to, and room can be made before
any node, the output included.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from evosearch.genomes.primitives import ARITY, BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch

Rows = Int64[np.ndarray, " n"]
NOBODY = -(2**15)  # an argument that no program has
_DIV, _MUL = BY_NAME["div"].code, BY_NAME["mul"].code


@dataclass
class Draft:
    """Mutable copies of programs; one node, slot or argument per program is an array of n.

    Attributes:
        ops: Primitive codes; 0 for the output and behind it.
        args: As in `ProgramBatch`; the output's is in its slot 0.
        lengths: Instructions, the output not counted: it is the node of this number.
        constants: Those in use come first.
        n_constants: How many are in use.
        n_inputs: Inputs of every program.
    """

    ops: UInt8[np.ndarray, "n width"]
    args: Int64[np.ndarray, "n width 3"]
    lengths: Rows
    constants: Float64[np.ndarray, "n constants"]
    n_constants: Rows
    n_inputs: int

    @classmethod
    def of(cls, programs: ProgramBatch) -> Self:
        """A draft of each program, in arrays that do not depend on the batch's padding."""
        n = len(programs)
        length = int(programs.lengths.max(initial=0))
        width = int(programs.n_constants.max(initial=0))
        ops = np.zeros((n, length + 1), np.uint8)
        ops[:, :length] = programs.ops[:, :length]
        args = np.zeros((n, length + 1, 3), np.int64)
        args[:, :length] = programs.args[:, :length]
        lengths = programs.lengths.astype(np.int64)
        args[np.arange(n), lengths, 0] = programs.outputs
        constants = programs.constants[:, :width].copy()
        n_constants = programs.n_constants.astype(np.int64)
        return cls(ops, args, lengths, constants, n_constants, programs.n_inputs)

    def programs(self) -> ProgramBatch:
        """The programs, not canonical."""
        return ProgramBatch(
            self.ops,
            self.args.astype(np.int16),
            self.lengths.astype(np.int32),
            self.constants,
            self.n_constants.astype(np.int32),
            self.read(self.lengths, self.lengths * 0).astype(np.int16),
            self.n_inputs,
        )

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def places(self) -> Int64[np.ndarray, " width"]:
        """Number of each node."""
        return np.arange(self.ops.shape[1])

    @property
    def operations(self) -> Bool[np.ndarray, "n width"]:
        """Which nodes are instructions."""
        return np.asarray(self.places < self.lengths[:, None])

    def edges(self, *, output: bool) -> Bool[np.ndarray, "n edges"]:
        """Which (node, slot), at 3 node + slot, is an argument; with or without the output."""
        arity = ARITY[self.ops] * self.operations
        if output:
            arity += self.places == self.lengths[:, None]
        return np.asarray((np.arange(3) < arity[:, :, None]).reshape(len(self), -1))

    def read(self, node: Rows, slot: Rows) -> Rows:
        """One argument of each program."""
        return np.asarray(self.args[np.arange(len(self)), node, slot])

    def write(self, node: Rows, slot: Rows, argument: Rows) -> None:
        """Set one argument of each program."""
        self.args[np.arange(len(self)), node, slot] = argument

    def replace(self, old: Rows, new: Rows) -> None:
        """Let every user of the argument ``old`` use ``new``."""
        self.args = np.where(self.args == old[:, None, None], new[:, None, None], self.args)

    def fresh(self, values: Float64[np.ndarray, " n"]) -> Rows:
        """Add a constant to each program; returns the argument that names it."""
        self.constants = np.pad(self.constants, ((0, 0), (0, 1)))
        self.constants[np.arange(len(self)), self.n_constants] = values
        self.n_constants = self.n_constants + 1
        return np.asarray(FIRST_CONSTANT + 1 - self.n_constants)

    def open(self, at: Rows, count: Rows) -> None:
        """Make room for ``count`` instructions before the node ``at``."""
        more = int(count.max(initial=0))
        self.ops = np.pad(self.ops, ((0, 0), (0, more)))
        self.args = np.pad(self.args, ((0, 0), (0, more), (0, 0)))
        self.lengths = self.lengths + count
        at, count = at[:, None], count[:, None]
        new = (self.places >= at) & (self.places < at + count)
        source = np.where(self.places < at, self.places, np.maximum(self.places - count, 0))
        args = self.args + np.where(self.args >= at[:, :, None], count[:, :, None], 0)
        self.ops = np.where(new, np.uint8(0), np.take_along_axis(self.ops, source, axis=1))
        args = np.take_along_axis(args, source[:, :, None], axis=1)
        self.args = np.where(new[:, :, None], 0, args)

    def settle(self, node: Rows) -> Rows:
        """Put everything that does not depend on ``node`` before it; returns its new number.

        Nodes before the returned one are then exactly those that it may use without a cycle.
        """
        late = (self.places == node[:, None]) | ~self.operations
        used = self.edges(output=False).reshape(self.args.shape) & (self.args >= 0)
        rows = np.arange(len(self))[:, None]
        for place in range(self.ops.shape[1]):
            argument = np.where(used[:, place], self.args[:, place], place)
            late[:, place] |= late[rows, argument].any(axis=1)
        order = np.argsort(late, axis=1, kind="stable")
        number = np.argsort(order, axis=1)
        self.ops = np.take_along_axis(self.ops, order, axis=1)
        args = np.take_along_axis(self.args, order[:, :, None], axis=1)
        moved = number[rows[:, :, None], np.maximum(args, 0)]
        self.args = np.where(args >= 0, moved, args)
        return np.asarray(number[rows[:, 0], node])

    def invert_divisors(self) -> None:
        """Turn x / c into x * (1 / c): one structure fewer for the same functions.

        Where 1 / c is not finite, into x * 0, which fitting can leave again.
        """
        divisor = self.args[:, :, 1]
        rows, nodes = np.nonzero((self.ops == _DIV) & is_constant(divisor))
        width = self.constants.shape[1]
        self.ops[rows, nodes] = _MUL
        self.args[rows, nodes, 1] = divisor[rows, nodes] - width
        with np.errstate(all="ignore"):
            inverses = 1.0 / self.constants
        inverses = np.where(np.isfinite(inverses), inverses, 0.0)
        self.constants = np.concatenate([self.constants, inverses], axis=1)
        self.n_constants = np.full(len(self), 2 * width)


def pick(rng: np.random.Generator, mask: Bool[np.ndarray, "n columns"]) -> Rows:
    """Index of one True in each row, all equally likely; 0 where there is none."""
    count = np.cumsum(mask, axis=1)
    drawn = np.floor(rng.random(len(mask)) * count[:, -1])
    return np.asarray((count > drawn[:, None]).argmax(axis=1))


def is_constant(argument: Int64[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    """Whether arguments name constants."""
    return np.asarray(argument <= FIRST_CONSTANT)
