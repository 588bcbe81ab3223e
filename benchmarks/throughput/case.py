"""A workload made ready: its trees, its data, and what its programs should come to."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.throughput.workloads import Node, Workload, functions

UFUNCS: dict[str, np.ufunc] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "tanh": np.tanh,
    "abs": np.absolute,
}
CHECKED = 50  # programs whose losses are compared

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Case:
    """One workload's trees and data.

    Attributes:
        workload: Which one.
        trees: Its programs.
        data: Type -> inputs [inputs, points] and target [points].
    """

    workload: Workload
    trees: list[Node] = field(repr=False)
    data: dict[str, tuple[Array, Array]] = field(repr=False)

    @classmethod
    def of(cls, workload: Workload) -> "Case":
        """The whole workload, in both types."""
        types = ("float32", "float64")
        return cls(workload, workload.trees(), {dtype: workload.data(dtype) for dtype in types})

    def nodes(self, count: int) -> int:
        """Function evaluations that the first ``count`` programs take on all points."""
        return sum(self._sizes[:count]) * self.workload.points

    def shares(self) -> dict[str, float]:
        """Of all function nodes, the share of each function."""
        counts = dict.fromkeys(self.workload.names, 0)
        for tree in self.trees:
            _count(tree, counts)
        whole = sum(counts.values())
        return {name: count / whole for name, count in counts.items()}

    @cached_property
    def _sizes(self) -> list[int]:
        return [functions(tree) for tree in self.trees]

    def expected(self, dtype: str) -> Array:
        """Losses of the first programs in float64, walking the trees, on data rounded to dtype."""
        x, y = (values.astype(np.float64) for values in self.data[dtype])
        with np.errstate(all="ignore"):
            return np.array([squares(value(tree, x), y) for tree in self.trees[:CHECKED]])


def value(tree: Node, x: Array) -> Any:
    """What a tree computes, in the type of ``x``."""
    if isinstance(tree, tuple):
        return UFUNCS[tree[0]](*(value(operand, x) for operand in tree[1]))
    return x[tree] if isinstance(tree, int) else x.dtype.type(tree)


def squares(values: Array, target: Array) -> float:
    """Sum of squared errors, on one thread (a BLAS product would take several)."""
    error = values - target
    return float(np.einsum("i,i", error, error))


def _count(tree: Node, counts: dict[str, int]) -> None:
    if isinstance(tree, tuple):
        counts[tree[0]] += 1
        for operand in tree[1]:
            _count(operand, counts)


def prefix(tree: Node) -> list[str | int | float]:
    """The tree in Polish order: functions by name, inputs, constants."""
    if not isinstance(tree, tuple):
        return [tree]
    return [tree[0], *(token for operand in tree[1] for token in prefix(operand))]
