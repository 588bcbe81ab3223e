"""Kinds of partitions, for people."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from evaluators.private_data.marginal import unmerged
from evaluators.private_data.partition import Kind, Partition


def kind_of(partition: Partition, sizes: Sequence[int]) -> str:
    """``2-way marginals``, ``ranges``, ``queries`` or ``prefixes and halfspaces``."""
    if partition.merged:
        order = len(partition.columns)
        return f"{order}-way marginals" if len(unmerged(partition, sizes)) == order else "ranges"
    return "prefixes and halfspaces" if partition.kind == Kind.SIGN else "queries"


def by_kind(partitions: Iterable[Partition], sizes: Sequence[int]) -> dict[str, list[int]]:
    """Places of the partitions of every kind that there is; marginals first."""
    named = sorted((kind_of(each, sizes), at) for at, each in enumerate(partitions))
    return {
        kind: [at for _, at in group] for kind, group in groupby(named, key=lambda each: each[0])
    }
