"""Misfit: how far a table's counts are from noisy ones, beside how far noise alone puts them."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Self

import numpy as np
from jaxtyping import Float64, UInt16

from evaluators.private_data.marginal import Marginal
from evaluators.private_data.partition import Partition

Table = UInt16[np.ndarray, "rows columns"]
Cells = Float64[np.ndarray, " cells"]


@dataclass(frozen=True)
class Misfit:
    """Of one partition.

    Attributes:
        columns: Places of its columns.
        distance: Total variation distance (TVD) of the table and the noisy counts.
        floor: The TVD that is expected of noise alone, between true and noisy counts.
        squares: Sum over cells of squared differences in deviations.
        size: Number of cells.
    """

    columns: tuple[int, ...]
    distance: float
    floor: float
    squares: float
    size: int

    @classmethod
    def of(
        cls, columns: tuple[int, ...], shares: Cells, noisy: Cells, deviation: float, rows: float
    ) -> Self:
        """Compare cells.

        Args:
            columns: Places of the partition's columns.
            shares: Of the table's rows in every cell.
            noisy: Rows of the private table in every cell, with noise.
            deviation: Of the noise, in rows.
            rows: Of the private table.
        """
        apart = shares * rows - noisy
        return cls(
            columns,
            float(np.abs(apart).sum()) / (2 * rows),
            len(apart) * deviation / (rows * sqrt(2 * pi)),  # half of E|noise| in every cell
            float(apart @ apart) / deviation**2,
            len(apart),
        )

    @classmethod
    def of_marginal(cls, table: Table, marginal: Marginal, rows: float) -> Self:
        """Of a table and a marginal of a private one with so many rows."""
        shape, columns = marginal.counts.shape, marginal.columns
        cells = np.ravel_multi_index(tuple(table[:, column] for column in columns), shape)
        shares = np.bincount(cells, minlength=marginal.counts.size) / len(table)
        return cls.of(columns, shares, marginal.counts.ravel(), marginal.deviation, rows)

    @classmethod
    def of_partition(
        cls, table: Table, partition: Partition, noisy: Cells, deviation: float, rows: float
    ) -> Self:
        """Of a table and the answer to a partition of a private one with so many rows."""
        shares = partition.counts(table) / len(table)
        return cls.of(partition.columns, shares, noisy, deviation, rows)

    @property
    def ratio(self) -> float:
        """TVD in units of its floor."""
        return self.distance / self.floor
