"""Programs on the workbench: what operators change before the canonical form is restored.

A draft writes each program's output as one more instruction behind the last, of op 0 and one
argument. An *edge* is then a pair (node, slot) whatever it leads to, and room can be made before
any node, the output included.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float64, Int, Int16, Int64, UInt8

from evosearch.genomes.primitives import ARITY
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch

Rows = Int64[np.ndarray, " n"]
NOBODY = -(2**15)  # an argument that no program has
_ARITY = ARITY.astype(np.uint8)
_SPARE = 4  # constants that there is room for when it is needed


@dataclass
class Draft:
    """Mutable copies of programs; one node, slot or argument per program is an array of n.

    Attributes:
        ops: Primitive codes; 0 for the output and behind it.
        args: As in `ProgramBatch`, slot by slot; the output's is in its slot 0.
        lengths: Instructions, the output not counted: it is the node of this number.
        constants: Those in use come first.
        n_constants: How many are in use.
        n_inputs: Inputs of every program.
    """

    ops: UInt8[np.ndarray, "n width"]
    args: Int16[np.ndarray, "slots n width"]
    lengths: Rows
    constants: Float64[np.ndarray, "n constants"]
    n_constants: Rows
    n_inputs: int

    @classmethod
    def of(cls, programs: ProgramBatch, slots: int = 3) -> Self:
        """A draft of each program, in arrays that do not depend on the batch's padding.

        ``slots`` is the highest arity of instructions in the programs, or to be added.
        """
        n = len(programs)
        length = int(programs.lengths.max(initial=0))
        width = int(programs.n_constants.max(initial=0))
        ops = np.zeros((n, length + 1), np.uint8)
        ops[:, :length] = programs.ops[:, :length]
        args = np.zeros((slots, n, length + 1), np.int16)
        args[:, :, :length] = programs.args[:, :length, :slots].transpose(2, 0, 1)
        lengths = programs.lengths.astype(np.int64)
        args[0, np.arange(n), lengths] = programs.outputs
        constants = programs.constants[:, :width].copy()
        n_constants = programs.n_constants.astype(np.int64)
        return cls(ops, args, lengths, constants, n_constants, programs.n_inputs)

    def programs(self) -> ProgramBatch:
        """The programs, not canonical."""
        args = np.zeros((*self.ops.shape, 3), np.int16)
        args[:, :, : len(self.args)] = self.args.transpose(1, 2, 0)
        return ProgramBatch(
            self.ops,
            args,
            self.lengths.astype(np.int32),
            self.constants,
            self.n_constants.astype(np.int32),
            self.read(self.lengths, np.zeros_like(self.lengths)).astype(np.int16),
            self.n_inputs,
        )

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def places(self) -> Int16[np.ndarray, " width"]:
        """Number of each node."""
        return np.arange(self.ops.shape[1], dtype=np.int16)

    def begins(self) -> Rows:
        """Index of each program's first node in the flattened tables [n, width]."""
        return np.asarray(np.arange(len(self)) * self.ops.shape[1])

    def read(self, node: Rows, slot: Rows | int) -> Rows:
        """One argument of each program."""
        at: Rows = slot * self.ops.size + self.begins() + node
        return np.asarray(self.args.ravel().take(at), dtype=np.int64)

    def write(self, node: Rows, slot: Rows | int, argument: Rows) -> None:
        """Set one argument of each program."""
        self.args.reshape(-1)[slot * self.ops.size + self.begins() + node] = argument

    def arguments(self, node: Rows) -> Int64[np.ndarray, "n 3"]:
        """All arguments of one node of each program, 0 in slots that there are not."""
        found = np.zeros((len(self), 3), np.int64)
        for slot in range(len(self.args)):
            found[:, slot] = self.read(node, slot)
        return found

    def operation(self, node: Rows) -> UInt8[np.ndarray, " n"]:
        """The op of one node of each program."""
        return np.asarray(self.ops.ravel().take(self.begins() + node))

    def arities(self, *, output: bool) -> UInt8[np.ndarray, "n width"]:
        """How many arguments each node has; with or without the output's one."""
        arities = _ARITY.take(self.ops)
        if output:
            arities.reshape(-1)[self.begins() + self.lengths] = 1
        return np.asarray(arities)

    def set_constants(self, argument: Rows, values: Float64[np.ndarray, " n"]) -> None:
        """Give arguments that are constants these values; NaN leaves them as they are."""
        rows = np.flatnonzero((argument <= FIRST_CONSTANT) & ~np.isnan(values))
        self.constants[rows, FIRST_CONSTANT - argument[rows]] = values[rows]

    def replace(self, old: Rows, new: Rows) -> None:
        """Let every user of the argument ``old`` use ``new``."""
        old, new = (argument.astype(np.int16)[:, None] for argument in (old, new))
        self.args = np.where(self.args == old, new, self.args)

    def fresh(self, values: Float64[np.ndarray, " n"]) -> Rows:
        """Add a constant to each program; returns the argument that names it."""
        self.reserve(1)
        self.constants[np.arange(len(self)), self.n_constants] = values
        self.n_constants = self.n_constants + 1
        return np.asarray(FIRST_CONSTANT + 1 - self.n_constants)

    def reserve(self, more: int) -> None:
        """Have room for that many more constants in each program."""
        missing = int(self.n_constants.max(initial=0)) + more - self.constants.shape[1]
        if missing > 0:
            self.constants = np.pad(self.constants, ((0, 0), (0, max(missing, _SPARE))))

    def open(self, at: Rows, count: Rows) -> None:
        """Make room for ``count`` instructions before the node ``at``."""
        moved, first = (number.astype(np.int16)[:, None] for number in (count, at))
        room = (0, int(count.max(initial=0)))
        args = self.args + (self.args >= first) * moved
        args, ops = np.pad(args, ((0, 0), (0, 0), room)), np.pad(self.ops, ((0, 0), room))
        self.lengths, self.ops = self.lengths + count, ops
        places = self.places
        source = np.maximum(places - (places >= first) * moved, 0)
        old = np.asarray((places < first) | (places >= first + moved))
        cells = self.begins()[:, None] + source
        self.ops = ops.ravel().take(cells) * old
        self.args = np.stack([argument.ravel().take(cells) * old for argument in args])

    def settle(self, node: Rows) -> Rows:
        """Put everything that does not depend on ``node`` before it; returns its new number.

        Nodes before the returned one are then exactly those that it may use without a cycle.
        """
        late = self._late(node)
        early = np.zeros((len(late) + 1, len(self)), np.int16)
        for place, here in enumerate(late):
            np.subtract(early[place] + np.int16(1), here, out=early[place + 1])
        ahead = early[:-1]  # how many go before each place
        behind = early[-1] + self.places[:, None] - ahead
        number = np.ascontiguousarray((ahead + late * (behind - ahead)).T)
        begins = self.begins()
        to = (begins[:, None] + number).ravel()
        ops, args = np.empty_like(self.ops), np.empty_like(self.args)
        ops.reshape(-1)[to] = self.ops.ravel()
        for slot, argument in enumerate(self.args):
            inner = argument >= 0
            moved = number.ravel().take(begins[:, None] + argument * inner)
            args[slot].reshape(-1)[to] = (argument + inner * (moved - argument)).ravel()
        self.ops, self.args = ops, args
        return np.asarray(number.ravel().take(begins + node), dtype=np.int64)

    def _late(self, node: Rows) -> Bool[np.ndarray, "width n"]:
        """Which places depend on ``node``, hold it, or hold no instruction."""
        n, width = self.ops.shape
        late = np.zeros((width + 1, n), bool)  # the last one is nobody's
        late[:width] = self.places[:, None] >= self.lengths
        late[node, np.arange(n)] = True
        arities = _ARITY.take(self.ops).T
        cells = np.empty((len(self.args), width, n), np.int64)
        for slot, argument in enumerate(self.args):
            known = width + ((argument.T >= 0) & (arities > slot)) * (argument.T - np.int16(width))
            cells[slot] = np.multiply(known, n, dtype=np.int64) + np.arange(n)
        for place in range(width):
            for arguments in cells[:, place]:
                late[place] |= late.ravel().take(arguments)
        return late[:width]

    def users(self) -> Int64[np.ndarray, "n width"]:
        """How many arguments lead to each node."""
        count = np.zeros(self.ops.shape, np.int64)
        arities = self.arities(output=True)
        for slot, args in enumerate(self.args):
            rows, nodes = np.nonzero((arities > slot) & (args >= 0))
            np.add.at(count, (rows, args[rows, nodes]), 1)
        return count

    def give_constants(
        self, rows: Rows, nodes: Rows, slots: Rows, values: Float64[np.ndarray, " n"]
    ) -> None:
        """Let arguments be constants of their own; ``rows`` ascend."""
        own = np.bincount(rows, minlength=len(self))
        nth = np.arange(len(rows)) - (np.cumsum(own) - own)[rows]
        self.reserve(int(own.max()))
        places = self.n_constants[rows] + nth
        self.constants[rows, places] = values
        self.args[slots, rows, nodes] = FIRST_CONSTANT - places
        self.n_constants = self.n_constants + own


def pick(rng: np.random.Generator, mask: Bool[np.ndarray, "n columns"]) -> Rows:
    """Index of one True in each row, all equally likely; 0 where there is none."""
    return pick_edge(rng, mask.view(np.uint8))[0]


def pick_edge(
    rng: np.random.Generator, arities: UInt8[np.ndarray, "n columns"]
) -> tuple[Rows, Rows]:
    """One (node, slot) in each row, all equally likely; (0, 0) where no node has a slot."""
    count = np.cumsum(arities, axis=1, dtype=np.int16)
    drawn = np.floor(rng.random(len(arities)) * count[:, -1]).astype(np.int16)
    node = (count > drawn[:, None]).argmax(axis=1)
    at = np.arange(len(arities)) * arities.shape[1] + node
    ahead = count.ravel().take(at) - arities.ravel().take(at)
    return node, np.maximum(drawn - ahead, 0).astype(np.int64)


def pick_below(rng: np.random.Generator, count: Rows) -> Rows:
    """A number from 0 to below each count, all equally likely; 0 where the count is."""
    return np.asarray(np.floor(rng.random(len(count)) * count).astype(np.int64))


def is_constant(argument: Int[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    """Whether arguments name constants."""
    return np.asarray(argument <= FIRST_CONSTANT)
