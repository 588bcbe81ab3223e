"""Edges: bins of numbers drawn from noisy counts, so that each has about as many rows.

Fine bins come with the domain and are public; which of them are joined is told by a release of
their counts, and costs what that costs. Pairs are then measured with the joined bins.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.private_data.domain import Field
from evaluators.private_data.partition import Partition

Joined = Mapping[int, Int64[np.ndarray, "..."]]  # column -> coordinate of each code


def columns_to_join(fields: Sequence[Field], most: int) -> list[int]:
    """Numeric columns with more bins than that."""
    return [
        column
        for column, field in enumerate(fields)
        if field.positions() is not None and field.size - field.shift > most
    ]


def joined(
    counts: Float64[np.ndarray, " codes"], missing: int, most: int
) -> Int64[np.ndarray, " codes"]:
    """Which bins are one: the coordinate of each code, ascending from 0 without gaps.

    Args:
        counts: Noisy, of every code.
        missing: 1 where code 0 stands for missing, which stays alone; else 0.
        most: Bins of numbers at most.
    """
    mass = np.maximum(counts[missing:], 0.0)
    before = np.cumsum(mass) - mass / 2
    place = np.floor(before * most / max(float(mass.sum()), 1.0)).clip(0, most - 1)
    found = np.unique(place, return_inverse=True)[1].reshape(-1)
    return np.concatenate([np.zeros(missing, np.int64), found + missing])


def with_joined(partitions: Sequence[Partition], bins: Joined) -> tuple[Partition, ...]:
    """The partitions, grids with joined bins on every axis that had single codes."""
    return tuple(_one(each, bins) if each.merged else each for each in partitions)


def _one(partition: Partition, bins: Joined) -> Partition:
    if not set(partition.columns) & set(bins):
        return partition
    axes = [
        bins[column] if column in bins and len(axis) == int(axis.max()) + 1 else axis
        for column, axis in zip(partition.columns, partition.merged, strict=True)
    ]
    return Partition.grid(partition.name, partition.columns, axes)
