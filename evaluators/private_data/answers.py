"""Answers: noisy counts, and what follows from them alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float64

from evaluators.private_data.constraints import Constraint
from evaluators.private_data.partition import Partition, starts

_LEAST = 0.5  # rows that a code has at least in a marginal, so that it can be proposed
_SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class Answers:
    """Noisy counts of the cells of some partitions.

    Attributes:
        partitions: What was measured.
        counts: Of all their cells, one partition after the other.
        deviations: Standard deviation of the noise in every partition; infinite where it was not
            measured.
    """

    partitions: tuple[Partition, ...]
    counts: Float64[np.ndarray, " cells"]
    deviations: Float64[np.ndarray, " partitions"]

    def parts(self) -> list[Float64[np.ndarray, "..."]]:
        """Counts of every partition, as a grid where it is one."""
        edges = starts(self.partitions)[1:-1]
        return [
            part.reshape(partition.shape or part.shape)
            for part, partition in zip(np.split(self.counts, edges), self.partitions, strict=True)
        ]

    def known(self) -> Self:
        """Without what was not measured."""
        kept = np.flatnonzero(np.isfinite(self.deviations))
        parts = self.parts()
        return type(self)(
            tuple(self.partitions[at] for at in kept),
            np.concatenate([parts[at].ravel() for at in kept]),
            self.deviations[kept],
        )

    def total(self) -> float:
        """Number of rows, from the sums of all partitions."""
        sums = np.array([part.sum() for part in self.parts()])
        sizes = np.array([partition.size for partition in self.partitions])
        weights = 1 / (sizes * self.deviations**2)
        return float(max(1.0, (weights @ sums) / weights.sum()))

    def marginals(self, sizes: Sequence[int]) -> list[Float64[np.ndarray, "..."]]:
        """Probabilities of every column's codes, from all grids that have it unmerged.

        Even where none has. Every sum over a grid's other axes is weighed by its precision.
        """
        sums = [np.zeros(size) for size in sizes]
        weights = np.zeros(len(sizes))
        for part, partition, deviation in zip(
            self.parts(), self.partitions, self.deviations, strict=True
        ):
            for axis, column in enumerate(partition.columns if partition.merged else ()):
                if part.shape[axis] == sizes[column]:
                    weight = part.shape[axis] / (part.size * deviation**2)
                    sums[column] += weight * _sum_to(part, axis)
                    weights[column] += weight
        found = [
            np.maximum(total / weight, _LEAST) if weight else np.ones(size)
            for total, weight, size in zip(sums, weights, sizes, strict=True)
        ]
        return [each / each.sum() for each in found]


def independent(
    partition: Partition, marginals: Sequence[Float64[np.ndarray, "..."]]
) -> Float64[np.ndarray, "..."]:
    """Probabilities of a grid's cells if columns were independent."""
    joint = np.ones(())
    for column, merged in zip(partition.columns, partition.merged, strict=True):
        joint = np.multiply.outer(joint, np.bincount(merged, marginals[column]))
    return joint


def cleared(
    residual: Float64[np.ndarray, "rows columns"], deviation: float
) -> Float64[np.ndarray, "rows columns"]:
    """What of a noisy matrix is signal, by its spectrum.

    Singular values that noise alone could have become 0, others are shrunk so that the expected
    squared error is least (Gavish and Donoho, "Optimal Shrinkage of Singular Values", 2017,
    equation 7).

    Args:
        residual: Signal and noise of this standard deviation in each element.
        deviation: Of the noise.
    """
    rows, columns = residual.shape
    left, values, right = np.linalg.svd(residual / deviation, full_matrices=False)
    root = np.sqrt(np.maximum((values**2 - rows - columns) ** 2 - 4 * rows * columns, 0.0))
    kept = np.where(values > np.sqrt(rows) + np.sqrt(columns), root, 0.0)
    return np.asarray((left * (kept / np.maximum(values, _SINGULAR) * deviation)) @ right)


def forbidden(
    partition: Partition, constraints: Sequence[Constraint]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Cells of a grid that no row can be in, by the constraints on its unmerged columns."""
    found = np.zeros(partition.shape, bool)
    for constraint in constraints:
        if not set(constraint.columns) <= set(partition.columns):
            continue
        axes = [partition.columns.index(column) for column in constraint.columns]
        sizes = [partition.shape[axis] for axis in axes]
        if tuple(sizes) != constraint.forbidden.shape:
            continue
        shape = [1] * len(partition.shape)
        for axis, size in zip(axes, sizes, strict=True):
            shape[axis] = size
        order = np.argsort(axes)
        found |= constraint.forbidden.transpose(order).reshape(shape)
    return found


def _sum_to(part: Float64[np.ndarray, "..."], axis: int) -> Float64[np.ndarray, " codes"]:
    return np.asarray(part.sum(axis=tuple(a for a in range(part.ndim) if a != axis)))
