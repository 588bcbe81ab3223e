"""Draft: a batch of programs under work, changed in place and made canonical at the end.

Every change acts on all rows at once; a mask says which rows take part.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from evosearch.genomes.canonical import canonical, limit
from evosearch.genomes.primitives import ARITY, BY_NAME, PrimitiveSet
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

_DIV, _MUL = BY_NAME["div"].code, BY_NAME["mul"].code

Integers = Int64[np.ndarray, " n"]
Mask = Bool[np.ndarray, " n"]


@dataclass(frozen=True)
class Limits:
    """What the space allows."""

    primitives: PrimitiveSet
    inputs: int
    max_operations: int
    max_constants: int
    constant_scale: float


class Draft:
    """Mutable copies of a batch's arrays, with room for ``more`` instructions and constants."""

    def __init__(
        self, programs: ProgramBatch, limits: Limits, rng: np.random.Generator, more: int
    ) -> None:
        width = programs.ops.shape[1] + more
        roomy = programs.padded(width, programs.constants.shape[1] + 3 * more)
        self.ops: UInt8[np.ndarray, "n length"] = roomy.ops.copy()
        self.args: Int64[np.ndarray, "n length 3"] = roomy.args.astype(np.int64)
        self.lengths: Integers = roomy.lengths.astype(np.int64)
        self.constants: Float64[np.ndarray, "n constants"] = roomy.constants.copy()
        self.n_constants: Integers = roomy.n_constants.astype(np.int64)
        self.outputs: Integers = roomy.outputs.astype(np.int64)
        self.rows: Integers = np.arange(len(programs))
        self.parents, self.limits, self.rng = programs, limits, rng

    def __len__(self) -> int:
        return len(self.rows)

    # --- Choosing -----------------------------------------------------------------------------

    def instruction(self) -> Integers:
        """A random instruction of each program (0 where it has none)."""
        return self.rng.integers(0, np.maximum(self.lengths, 1))

    def edge(self, *, output: bool) -> tuple[Integers, Integers]:
        """A random argument of each program as (instruction, slot).

        With ``output`` the program's output counts as one more: instruction = length, slot = 0.
        """
        arities = np.where(self.ops > 0, ARITY[self.ops], 0)
        ends = np.cumsum(arities, axis=1)
        total = ends[:, -1] + int(output)
        pick = self.rng.integers(0, np.maximum(total, 1))
        node = (ends <= pick[:, None]).sum(axis=1)
        is_output = pick >= ends[:, -1]
        node = np.where(is_output, self.lengths, node)
        before = np.where(node > 0, ends[self.rows, np.maximum(node - 1, 0)], 0)
        return node, np.where(is_output, 0, pick - before)

    def operation(self) -> UInt8[np.ndarray, " n"]:
        """A random primitive for each program."""
        return self.rng.choice(self.limits.primitives.codes, len(self))

    def source(self, before: Integers, constants: float, active: Mask | None = None) -> Integers:
        """A random argument for an instruction at position ``before``: input, node or constant.

        Args:
            before: Nodes before this position may be used.
            constants: Probability of a fresh constant.
            active: Rows that take part; others get no constant.
        """
        pick = self.rng.integers(0, before + self.limits.inputs)
        found = np.where(pick < before, pick, FIRST_INPUT - (pick - before))
        fresh = self.rng.random(len(self)) < constants
        if active is not None:
            fresh &= active
        return np.where(fresh, self.fresh(fresh), found)

    def values(self, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."]:
        """Values of fresh constants."""
        sign = np.where(self.rng.random(shape) < 0.5, -1.0, 1.0)
        return sign * self.limits.constant_scale * 10.0 ** self.rng.uniform(-1, 1, shape)

    def fresh(self, rows: Mask, values: Float64[np.ndarray, " n"] | None = None) -> Integers:
        """A new constant in ``rows``: the argument that stands for it (anything elsewhere)."""
        values = self.values((len(self),)) if values is None else values
        place = self.n_constants
        self.constants[self.rows[rows], place[rows]] = values[rows]
        argument = FIRST_CONSTANT - place
        self.n_constants = place + rows
        return argument

    # --- Changing -----------------------------------------------------------------------------

    def get(self, node: Integers, slot: Integers) -> Integers:
        """The argument at an edge, the output where node = length."""
        inside = np.minimum(node, self.ops.shape[1] - 1)
        return np.where(node < self.lengths, self.args[self.rows, inside, slot], self.outputs)

    def set(self, node: Integers, slot: Integers, argument: Integers, active: Mask) -> None:
        """Point an edge somewhere else in the active rows."""
        inside = active & (node < self.lengths)
        rows = self.rows[inside]
        self.args[rows, node[inside], slot[inside]] = argument[inside]
        self.outputs = np.where(active & ~inside, argument, self.outputs)

    def open(self, position: Integers, active: Mask) -> None:
        """Make room for an instruction at ``position``; later ones move up by one."""
        columns = np.arange(self.ops.shape[1])
        moved = active[:, None] & (columns > position[:, None])
        source = np.clip(columns - moved, 0, None)
        self.ops = np.take_along_axis(self.ops, source, axis=1)
        self.args = np.take_along_axis(self.args, source[:, :, None], axis=1)
        shift = active & True
        self.args += (self.args >= position[:, None, None]) & shift[:, None, None]
        self.outputs = self.outputs + (shift & (self.outputs >= position))
        self.lengths = self.lengths + shift

    def write(
        self, position: Integers, op: UInt8[np.ndarray, " n"], args: list[Integers], active: Mask
    ) -> None:
        """Put an instruction at an opened position."""
        rows, place = self.rows[active], position[active]
        self.ops[rows, place] = op[active]
        for slot in range(3):
            value = args[slot] if slot < len(args) else np.zeros_like(position)
            used = slot < ARITY[op]
            self.args[rows, place, slot] = np.where(used, value, 0)[active]

    def replace(self, node: Integers, argument: Integers, active: Mask) -> None:
        """Let every user of ``node`` use ``argument`` instead."""
        arities = ARITY[self.ops]
        here = (self.args == node[:, None, None]) & active[:, None, None]
        here &= np.arange(3) < arities[:, :, None]
        self.args = np.where(here, argument[:, None, None], self.args)
        self.outputs = np.where(active & (self.outputs == node), argument, self.outputs)

    def done(self) -> ProgramBatch:
        """Canonical children within the limits; those beyond are the parents again."""
        self._multiply_by_inverses()
        children = ProgramBatch(
            self.ops,
            self.args.astype(np.int16),
            self.lengths.astype(np.int32),
            self.constants,
            self.n_constants.astype(np.int32),
            self.outputs.astype(np.int16),
            self.parents.n_inputs,
        )
        limits = self.limits
        return limit(
            canonical(children), self.parents, limits.max_operations, limits.max_constants
        )

    def _multiply_by_inverses(self) -> None:
        """x / c is born as x * (1 / c): one structure fewer for the same functions."""
        if _MUL not in self.limits.primitives.codes:
            return
        divisor = self.args[:, :, 1]
        by_constant = (self.ops == _DIV) & (divisor <= FIRST_CONSTANT)
        row, node = np.nonzero(by_constant)
        place = FIRST_CONSTANT - divisor[row, node]
        value = self.constants[row, place]
        safe = (value != 0) & np.isfinite(1 / np.where(value == 0, 1, value))
        row, node, value = row[safe], node[safe], value[safe]
        # the constant may have other users: the inverse gets a slot of its own
        self._room_for_inverses(row)
        for nth in range(int(np.bincount(row).max(initial=0))):
            first = _nth(row, nth)
            at = self.n_constants[row[first]]
            self.constants[row[first], at] = 1 / value[first]
            self.args[row[first], node[first], 1] = FIRST_CONSTANT - at
            self.n_constants[row[first]] += 1
            self.ops[row[first], node[first]] = _MUL

    def _room_for_inverses(self, row: Integers) -> None:
        more = int(np.bincount(row).max(initial=0))
        self.constants = np.pad(self.constants, ((0, 0), (0, more)))


def _nth(row: Integers, nth: int) -> Mask:
    """Which entries of the ascending ``row`` are the nth of their value."""
    starts = np.searchsorted(row, row)
    return np.asarray(np.arange(len(row)) - starts == nth)
