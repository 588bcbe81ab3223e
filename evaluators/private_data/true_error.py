"""True error: how far a synthetic table is from the private one. Such figures are not private."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float64, UInt16


def true_errors(
    real: UInt16[np.ndarray, "real_rows columns"],
    synthetic: UInt16[np.ndarray, "rows columns"],
    sizes: Sequence[int],
) -> dict[str, float]:
    """Distances of the 1-way and 2-way marginals of two tables, as fractions of their rows.

    Args:
        real: Codes.
        synthetic: Codes.
        sizes: Number of codes of each column.

    Returns:
        ``avg_tvd_1``: total variation distance, the mean over columns. ``avg_tvd_2``,
        ``max_tvd_2``: its mean and largest over all pairs of columns. ``mean_cell_2``,
        ``max_cell_2``: mean and largest absolute difference over all cells of all pairs, also
        cells that are empty in both. Tables of one column have the first figure alone.
    """
    ones = [
        _tvd(_fractions(real[:, j], size) - _fractions(synthetic[:, j], size))
        for j, size in enumerate(sizes)
    ]
    figures = {"avg_tvd_1": float(np.mean(ones))}
    twos = [abs(cells) for cells in _pairs(real, synthetic, sizes)]
    if twos:
        distances = [_tvd(cells) for cells in twos]
        figures |= {
            "avg_tvd_2": float(np.mean(distances)),
            "max_tvd_2": max(distances),
            "mean_cell_2": float(sum(cells.sum() for cells in twos) / sum(map(len, twos))),
            "max_cell_2": float(max(cells.max() for cells in twos)),
        }
    return figures


def _pairs(
    real: UInt16[np.ndarray, "real_rows columns"],
    synthetic: UInt16[np.ndarray, "rows columns"],
    sizes: Sequence[int],
) -> Iterator[Float64[np.ndarray, " cells"]]:
    """Differences of the cells of each pair of columns."""
    tables = [np.ascontiguousarray(table.T, dtype=np.int64) for table in (real, synthetic)]
    for a, b in combinations(range(len(sizes)), 2):
        one, other = (
            _fractions(columns[a] * sizes[b] + columns[b], sizes[a] * sizes[b])
            for columns in tables
        )
        yield one - other


def _fractions(
    cells: np.ndarray[tuple[int], np.dtype[np.integer]], size: int
) -> Float64[np.ndarray, " cells"]:
    return np.bincount(cells, minlength=size) / len(cells)


def _tvd(difference: Float64[np.ndarray, " cells"]) -> float:
    return float(0.5 * abs(difference).sum())
