"""Marginal: noisy counts of some columns' codes, from all answers that tell them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float64

from evaluators.private_data.answers import Answers
from evaluators.private_data.partition import Partition


@dataclass(frozen=True, eq=False)
class Marginal:
    """Counts with independent noise.

    Attributes:
        columns: Places of the columns, ascending.
        counts: An axis for each of them.
        deviation: Of the noise in every cell.
    """

    columns: tuple[int, ...]
    counts: Float64[np.ndarray, "..."]
    deviation: float


def marginals(answers: Answers, sizes: Sequence[int], order: int) -> Iterator[Marginal]:
    """Every marginal of so many columns that the answers tell, in the columns' order.

    The sums of all grids that have its columns unmerged, weighed by their precision.

    Args:
        answers: All of them measured.
        sizes: Codes of every column.
        order: Number of columns.
    """
    parts = answers.parts()
    sources: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for at, partition in enumerate(answers.partitions):
        for columns in combinations(sorted(unmerged(partition, sizes)), order):
            sources[columns].append(at)
    for columns in sorted(sources):
        total, precision = np.zeros([sizes[column] for column in columns]), 0.0
        for at in sources[columns]:
            variance = parts[at].size / total.size * answers.deviations[at] ** 2
            total = total + _summed(parts[at], answers.partitions[at], columns) / variance
            precision += 1 / variance
        yield Marginal(columns, total / precision, float(precision**-0.5))


def unmerged(partition: Partition, sizes: Sequence[int]) -> tuple[int, ...]:
    """Columns of a grid that have an axis with all of their codes."""
    return tuple(
        column
        for column, codes in zip(partition.columns, partition.shape, strict=False)
        if codes == sizes[column]
    )


def _summed(
    part: Float64[np.ndarray, "..."], partition: Partition, columns: Sequence[int]
) -> Float64[np.ndarray, "..."]:
    """A grid summed over all other columns, its axes in ascending order of columns."""
    kept = [column for column in partition.columns if column in columns]
    others = tuple(axis for axis, column in enumerate(partition.columns) if column not in columns)
    return np.asarray(part.sum(axis=others).transpose(np.argsort(kept)))
