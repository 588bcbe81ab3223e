"""Layout: partitions as the arrays of the chain."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from jaxtyping import Float64, Int32

from evaluators.private_data.partition import Kind, Partition, starts

BLOCK = 4  # partitions of a column that are looked up at a time
SHARES = 1 << 16  # of a chance


class Layout(NamedTuple):
    """Where the cells of partitions lie; the same for every table.

    Attributes:
        starts: First cell of every partition.
        weights: Of a squared row, for the partitions of every column; 0 for padding.
        members: Columns of every partition, padded with column ``columns``.
        slots: Place of the partition among those of each such column.
        touched: Partitions of every column: those of kind CELL, padded to whole blocks, then the
            others, padded likewise. Padding is partition 0 with steps of 0, which changes nothing.
        blocks: Where, in blocks, those of kind CELL and where all of them end, for every column.
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
    blocks: Any  # int32 [columns, 2]
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
    marginals: Sequence[Float64[np.ndarray, "..."]],
) -> Layout:
    """The arrays for partitions of a table.

    Args:
        partitions: At least one.
        sizes: Codes of every column.
        weights: Of a squared row, for every partition.
        marginals: From which new codes are proposed, one a column; none is 0 everywhere.
    """
    columns = len(sizes)
    touched = [_touched(partitions, column) for column in range(columns)]
    lists = [[*cells, *others] for cells, others in touched]
    slots = [{p: q for q, p in enumerate(each) if p is not None} for each in lists]
    arity = max(len(each.columns) for each in partitions)
    drawn = [alias(marginal) for marginal in marginals]
    firsts = np.cumsum([0, *sizes])
    degree = max(map(len, lists))
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
        weights=np.asarray(
            [_padded(_weights(each, weights), degree, 0) for each in lists], np.float32
        ),
        members=_whole(members),
        slots=_whole(members_slots),
        touched=_whole([_padded([p or 0 for p in each], degree, 0) for each in lists]),
        blocks=_whole(
            [
                [len(cells) // BLOCK, (len(cells) + len(others)) // BLOCK]
                for cells, others in touched
            ]
        ),
        firsts=_whole(firsts),
        steps=steps,
        kinds=_whole([each.kind for each in partitions]),
        outcomes=_whole(np.concatenate([*outcomes, [0]])),
        places=_whole(np.cumsum([0, *map(len, outcomes)])[:-1]),
        chances=np.concatenate([chances for chances, _ in drawn]),
        aliases=np.concatenate([aliases for _, aliases in drawn]),
    )


def _touched(
    partitions: Sequence[Partition], column: int
) -> tuple[list[int | None], list[int | None]]:
    """Partitions of a column of kind CELL and of others, padded to whole blocks with None."""
    found = [p for p, each in enumerate(partitions) if column in each.columns]
    cells = [p for p in found if partitions[p].kind == Kind.CELL]
    others = [p for p in found if partitions[p].kind != Kind.CELL]
    return _blocks(cells), _blocks(others)


def _blocks(found: list[int]) -> list[int | None]:
    return [*found, *[None] * (-len(found) % BLOCK)]


def _weights(
    touched: Sequence[int | None], weights: Float64[np.ndarray, " partitions"]
) -> list[float]:
    return [0.0 if p is None else float(weights[p]) for p in touched]


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
