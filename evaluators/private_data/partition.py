"""Partition: what is measured. Every row of a table is in exactly one of its cells.

A k-way marginal, a range of numbers crossed with a column, a prefix, a halfspace and a query of
the user's are all of this form, so that one release of the counts of all cells changes by at most
one row in each of two cells where a row is replaced, and in one where a row is added or removed.

The cell of a row comes from a sum over columns of what each code adds to it (`steps`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64, UInt16


class Kind(IntEnum):
    """What the sum of steps is."""

    CELL = 0  # the cell
    OUTCOME = 1  # a place in a list of cells
    SIGN = 2  # cell 1 where it is 0 or more, else cell 0


Steps = Int32[np.ndarray, "..."]  # one for each code


@dataclass(frozen=True, eq=False)
class Partition:
    """Cells that the rows of a table are divided into.

    Attributes:
        name: For people.
        columns: Places of the columns that it depends on.
        steps: Of every such column, what each code adds.
        size: Number of cells.
        kind: What the sum is.
        outcomes: Cells, where the sum is a place.
        shape: Axes of the cells where they are a grid, one a column, for spectra and marginals;
            a grid's cells are in row-major order.
        merged: For every axis of the grid, its coordinate of each code of the column.
    """

    name: str
    columns: tuple[int, ...]
    steps: tuple[Steps, ...]
    size: int
    kind: Kind = Kind.CELL
    outcomes: Int32[np.ndarray, " places"] = field(default_factory=lambda: np.zeros(0, np.int32))
    merged: tuple[Int64[np.ndarray, "..."], ...] = ()

    @classmethod
    def grid(cls, name: str, columns: Sequence[int], merged: Sequence[Any]) -> Self:
        """A marginal of columns whose codes are merged: ``merged`` has the coordinate of each."""
        shape = [int(max(each)) + 1 for each in merged]
        strides = np.cumprod([1, *shape[:0:-1]])[::-1]
        axes = tuple(np.asarray(each, np.int64) for each in merged)
        steps = tuple(
            (axis * stride).astype(np.int32) for axis, stride in zip(axes, strides, strict=True)
        )
        return cls(name, tuple(columns), steps, int(np.prod(shape)), merged=axes)

    @classmethod
    def tabulated(cls, name: str, columns: Sequence[int], outcomes: Any) -> Self:
        """A function of a few columns: the cell for all their codes, an axis each."""
        outcomes = np.asarray(outcomes)
        plain = cls.grid(name, columns, [np.arange(size) for size in outcomes.shape])
        flat = outcomes.ravel().astype(np.int32)
        return cls(
            name, plain.columns, plain.steps, int(flat.max()) + 1, Kind.OUTCOME, outcomes=flat
        )

    @classmethod
    def sign(cls, name: str, columns: Sequence[int], steps: Sequence[Any]) -> Self:
        """Whether the sum over columns of what each code adds is 0 or more."""
        each = tuple(np.asarray(step, np.int32) for step in steps)
        return cls(name, tuple(columns), each, 2, Kind.SIGN)

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the grid, one a column; empty where the cells are none."""
        return tuple(int(axis.max()) + 1 for axis in self.merged)

    def cells(self, codes: UInt16[np.ndarray, "rows columns"]) -> Int64[np.ndarray, " rows"]:
        """The cell of every row."""
        total = np.zeros(len(codes), np.int64)
        for column, steps in zip(self.columns, self.steps, strict=True):
            total += steps[codes[:, column]]
        if self.kind == Kind.OUTCOME:
            return self.outcomes[total].astype(np.int64)
        return (total >= 0).astype(np.int64) if self.kind == Kind.SIGN else total

    def counts(self, codes: UInt16[np.ndarray, "rows columns"]) -> Int64[np.ndarray, " cells"]:
        """Number of rows in every cell."""
        return np.bincount(self.cells(codes), minlength=self.size)


def counts(
    partitions: Sequence[Partition], codes: UInt16[np.ndarray, "rows columns"]
) -> Int64[np.ndarray, " cells"]:
    """Of all partitions, one after the other."""
    return np.concatenate([partition.counts(codes) for partition in partitions])


def starts(partitions: Sequence[Partition]) -> Int64[np.ndarray, " partitions_and_end"]:
    """First cell of every partition, and the number of all cells."""
    return np.cumsum([0, *(partition.size for partition in partitions)])


def spread(
    partitions: Sequence[Partition], values: Float64[np.ndarray, " partitions"]
) -> Float64[np.ndarray, " cells"]:
    """A value of each partition, for every one of its cells."""
    return np.repeat(values, [partition.size for partition in partitions])


def forbidding(name: str, columns: Sequence[int], forbidden: Bool[np.ndarray, "..."]) -> Partition:
    """Cell 1 has the rows that a constraint forbids, cell 0 all others."""
    return Partition.tabulated(name, columns, forbidden.astype(np.int32))
