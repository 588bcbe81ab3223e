"""Layout: partitions as the arrays of the chain."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64, Int32

from evaluators.private_data.partition import Kind, Partition, starts

BLOCK = 8  # degrees are padded to multiples of it
SHARES = 1 << 16  # of a chance


class Layout(NamedTuple):
    """Where the cells of partitions lie; the same for every table.

    Attributes:
        starts: First cell of every partition.
        weights: Of a squared row, for the partitions of every column, padded with 0.
        members: Columns of every partition, padded with column ``columns``.
        slots: Place of the partition among those of each such column.
        touched: Partitions of every column, padded with partition 0.
        degrees: How many they are.
        firsts: First code of every column among the codes of all, and the number of all.
        steps: What a code adds to the sum of each of its column's partitions.
        kinds: `Kind` of every partition.
        outcomes: Those of all partitions, one after the other.
        places: First outcome of every partition.
        chances, aliases: Of every code, to draw from its column's marginal (Walker 1977): of the
            codes of a column, drawn evenly, one is kept with its chance, else its alias taken.
    """

    starts: Any  # int32 [partitions]
    weights: Any  # float32 [columns, degree]
    members: Any  # int32 [partitions, arity]
    slots: Any  # int32 [partitions, arity]
    touched: Any  # int32 [columns, degree]
    degrees: Any  # int32 [columns]
    firsts: Any  # int32 [columns + 1]
    steps: Any  # int32 [codes, degree]
    kinds: Any  # int32 [partitions]
    outcomes: Any  # int32 [places]
    places: Any  # int32 [partitions]
    chances: Any  # int32 [codes], in shares
    aliases: Any  # int32 [codes]


def layout_of(
    partitions: Sequence[Partition],
    sizes: Sequence[int],
    weights: Float64[np.ndarray, " partitions"],
    marginals: Sequence[Float64[np.ndarray, " codes"]],
) -> Layout:
    """The arrays for partitions of a table.

    Args:
        partitions: At least one.
        sizes: Codes of every column.
        weights: Of a squared row, for every partition.
        marginals: From which new codes are proposed, one a column; none is 0 everywhere.
    """
    columns = len(sizes)
    touched = [
        [p for p, each in enumerate(partitions) if c in each.columns] for c in range(columns)
    ]
    slots = [{p: q for q, p in enumerate(each)} for each in touched]
    arity = max(len(each.columns) for each in partitions)
    drawn = [alias(marginal) for marginal in marginals]
    firsts = np.cumsum([0, *sizes])
    degree = -(-max(map(len, touched)) // BLOCK) * BLOCK
    steps = np.zeros((firsts[-1], degree), np.int32)
    for p, each in enumerate(partitions):
        for column, of_codes in zip(each.columns, each.steps, strict=True):
            steps[firsts[column] : firsts[column + 1], slots[column][p]] = of_codes
    members = [_padded(each.columns, arity, columns) for each in partitions]
    members_slots = [
        _padded([slots[c][p] for c in each.columns], arity, 0) for p, each in enumerate(partitions)
    ]
    outcomes = [each.outcomes for each in partitions]
    return Layout(
        starts=_whole(starts(partitions)[:-1]),
        weights=np.asarray([_padded(weights[each], degree, 0) for each in touched], np.float32),
        members=_whole(members),
        slots=_whole(members_slots),
        touched=_whole([_padded(each, degree, 0) for each in touched]),
        degrees=_whole([len(each) for each in touched]),
        firsts=_whole(firsts),
        steps=steps,
        kinds=_whole([each.kind for each in partitions]),
        outcomes=_whole(np.concatenate([*outcomes, [0]])),
        places=_whole(np.cumsum([0, *map(len, outcomes)])[:-1]),
        chances=np.concatenate([chances for chances, _ in drawn]),
        aliases=np.concatenate([aliases for _, aliases in drawn]),
    )


def plain(partitions: Sequence[Partition]) -> bool:
    """Whether the sum of steps is a cell in all of them."""
    return all(each.kind == Kind.CELL for each in partitions)


def alias(
    marginal: Float64[np.ndarray, " codes"],
) -> tuple[Int32[np.ndarray, " codes"], Int32[np.ndarray, " codes"]]:
    """Chances and aliases (Vose 1991)."""
    size = len(marginal)
    share = np.asarray(marginal, np.float64) * (size / np.sum(marginal))
    chances, aliases = np.ones(size), np.arange(size)
    small = np.flatnonzero(share < 1).tolist()
    large = np.flatnonzero(share >= 1).tolist()
    while small and large:
        low, high = small.pop(), large.pop()
        chances[low], aliases[low] = share[low], high
        share[high] -= 1 - share[low]
        (small if share[high] < 1 else large).append(high)
    return _whole(np.round(chances * SHARES)), _whole(aliases)


def _padded(values: Any, length: int, filler: int) -> list[Any]:
    return [*values, *[filler] * (length - len(values))]


def _whole(values: Any) -> npt.NDArray[np.int32]:
    return np.asarray(values, np.int32)
