"""Entries: a sparse matrix in the order of a sweep, in the form that the kernels read."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.sparse

from evaluators.sor.ordering import Ordering, OrderingName, order_of

FEW_COLOURS = 4  # up to here every colour is a run of its own
UNROLLED = 8  # entries of a row, on one side of the diagonal, that need no loop; else of a block


@dataclass(frozen=True)
class Form:
    """What a kernel knows of a run of rows when it is compiled.

    Attributes:
        lower: Places for entries before the diagonal: of a row or, if looped, of a block.
        upper: The same after it.
        looped: Whether rows have as many blocks as they need, and not just one.
    """

    lower: int
    upper: int
    looped: bool


@dataclass(frozen=True, eq=False)
class Entries:
    """Off-diagonal entries of P A P^T, those before (0) and those after the diagonal (1) apart.

    Attributes:
        forms: Of each run of rows.
        stops: Where each run ends, the last one at n [runs].
        starts: Where the places of each row begin [2, room for rows + 1].
        columns: Of the entries [2, room]; a place that is not needed has the row's own.
        values: The entries [2, room]; 0 where not needed.
        classes: Which of ``distinct`` is on the diagonal of each row [room for rows].
        distinct: Different values on the diagonal, padded with 1.
    """

    forms: tuple[Form, ...]
    stops: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int32]
    distinct: npt.NDArray[np.float64]

    @property
    def n(self) -> int:
        """Rows that are not padding."""
        return int(self.stops[-1])


def prepared(
    matrix: scipy.sparse.csr_array, ordering: OrderingName, *, by_colour: bool = False
) -> tuple[Ordering, Entries]:
    """The ordering and the entries in it, remembered.

    Args:
        matrix: Symmetric.
        ordering: Its name.
        by_colour: Whether every colour has to be a run, however many there are.

    Raises:
        ConfigError: If the matrix has no such ordering.
    """
    parts = (matrix.data, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32))
    return _remembered(*(part.tobytes() for part in parts), ordering, by_colour)


@lru_cache(maxsize=32)
def _remembered(
    data: bytes, indices: bytes, pointers: bytes, ordering: OrderingName, by_colour: bool
) -> tuple[Ordering, Entries]:
    parts = np.frombuffer(data), np.frombuffer(indices, "i4"), np.frombuffer(pointers, "i4")
    n = len(parts[2]) - 1
    matrix = scipy.sparse.csr_array(parts, shape=(n, n))
    order = order_of(matrix, ordering)
    few = by_colour or len(order.sizes) <= FEW_COLOURS
    return order, entries_of(matrix, order, order.sizes if few else (n,))


def entries_of(matrix: scipy.sparse.csr_array, order: Ordering, runs: tuple[int, ...]) -> Entries:
    """The entries of the matrix in this order, in runs of so many rows.

    Arrays are padded to few different sizes, so that matrices of similar size share a kernel.
    """
    n = matrix.shape[0]
    place = np.empty(n, np.int64)
    place[order.permutation] = np.arange(n)
    found = matrix.tocoo()
    rows, columns = place[found.row], place[found.col]
    sorting = np.lexsort((columns, rows))
    rows, columns, values = rows[sorting], columns[sorting], found.data[sorting]
    sides = [(columns < rows) & (values != 0), (columns > rows) & (values != 0)]
    counts = [np.bincount(rows[side], minlength=n) for side in sides]
    stops = np.cumsum(runs)
    forms = tuple(
        _form(*(count[stop - run : stop] for count in counts))
        for run, stop in zip(runs, stops, strict=True)
    )
    packed = [
        _packed(
            rows[side], columns[side], values[side], count, _places(count, number, forms, runs)
        )
        for number, (side, count) in enumerate(zip(sides, counts, strict=True))
    ]
    room = roomy(max(len(each[1]) for each in packed))
    size = roomy(n)
    distinct, classes = np.unique(matrix.diagonal()[order.permutation], return_inverse=True)
    return Entries(
        forms,
        stops.astype(np.int32),
        np.stack([_padded(each[0], size + 1) for each in packed]).astype(np.int32),
        np.stack([_padded(each[1], room) for each in packed]).astype(np.int32),
        np.stack([_padded(each[2], room) for each in packed]),
        _padded(classes, size).astype(np.int32),
        np.append(distinct, np.ones(roomy(len(distinct)) - len(distinct))),
    )


def roomy(size: int) -> int:
    """The next of 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, ...: quarters of powers of two."""
    step = max(1, 1 << max(0, (size - 1).bit_length() - 3))
    return -(-size // step) * step


def _form(lower: npt.NDArray[np.int64], upper: npt.NDArray[np.int64]) -> Form:
    most = int(lower.max()), int(upper.max())
    if max(most) <= UNROLLED:
        return Form(*most, looped=False)
    return Form(UNROLLED, UNROLLED, looped=True)


def _places(
    counts: npt.NDArray[np.int64], side: int, forms: tuple[Form, ...], runs: tuple[int, ...]
) -> npt.NDArray[np.int64]:
    """How many places each row has."""
    width = np.repeat([(form.lower, form.upper)[side] for form in forms], runs)
    looped = np.repeat([form.looped for form in forms], runs)
    return np.where(looped, -(-counts // np.maximum(width, 1)) * width, width)


def _packed(
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Starts, columns and values of one side; entries sorted by row."""
    starts = np.append(0, np.cumsum(places))
    made_columns = np.repeat(np.arange(len(counts)), places)
    made_values = np.zeros(starts[-1])
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    made_columns[starts[rows] + within] = columns
    made_values[starts[rows] + within] = values
    return starts, made_columns, made_values


def _padded(array: npt.NDArray[np.generic], size: int) -> npt.NDArray[np.generic]:
    return np.concatenate([array, np.zeros(size - len(array), array.dtype)])
