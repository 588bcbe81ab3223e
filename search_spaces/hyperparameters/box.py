"""The unit box: genes as numbers between 0 and 1, in which operators work.

A real gene is linear in its bounds, a log gene in their logarithms. Each value of an integer or
categorical gene owns an equal share of [0, 1].
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

from evosearch.genomes.vector import Gene, bounds

Matrix = Float64[np.ndarray, "batch genes"]


class Box:
    """Genes and the arrays that describe them, one entry a gene.

    Attributes:
        genes: The genes.
        low: Least value.
        high: Greatest value.
        log: Whether the gene varies in its logarithm.
        whole: Whether values are whole numbers (integer or categorical).
        categorical: Whether values have no order.
        count: Number of values of a whole gene; 1 of others.
    """

    def __init__(self, genes: Sequence[Gene]) -> None:
        kinds = np.array([gene.kind for gene in genes])
        self.genes = tuple(genes)
        self.low, self.high = bounds(genes)
        self.log: Bool[np.ndarray, " genes"] = kinds == "log"
        self.categorical: Bool[np.ndarray, " genes"] = kinds == "categorical"
        self.whole: Bool[np.ndarray, " genes"] = self.categorical | (kinds == "integer")
        self.count = np.where(self.whole, self.high - self.low + 1, 1.0)
        self._start = np.log(self.low, out=self.low.copy(), where=self.log)
        end = np.log(self.high, out=self.high.copy(), where=self.log)
        self._extent = np.where(self.whole, self.count, end - self._start)

    def to_unit(self, values: Matrix) -> Matrix:
        """Place of each value in [0, 1]; of a whole one the middle of its share."""
        scaled = np.log(values, out=values.copy(), where=self.log)
        unit: Matrix = (scaled - self._start + 0.5 * self.whole) / self._extent
        return unit

    def from_unit(self, unit: Matrix) -> Matrix:
        """The value at each place; places outside [0, 1] give the nearest bound."""
        scaled = self._start + np.clip(unit, 0.0, 1.0) * self._extent
        scaled = np.where(self.whole, np.floor(scaled), scaled)
        values = np.exp(scaled, out=scaled, where=self.log)
        return np.asarray(np.clip(values, self.low, self.high))


def reflect(unit: Matrix) -> Matrix:
    """Places beyond 0 or 1, thrown back from the border as often as it takes."""
    return np.asarray(1.0 - np.abs(1.0 - np.mod(unit, 2.0)))
