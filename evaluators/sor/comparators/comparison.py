"""Comparison: what one way of choosing omegas costs on given systems."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64


@dataclass(frozen=True)
class Comparison:
    """Iterations of one comparator.

    Attributes:
        name: For tables.
        counts: Iterations of every system; the cap where it was not solved.
        omegas: What it chose; not a number where it has no choice; None where it has no omegas.
        notes: What a reader has to know, such as what it was told or where it failed.
    """

    name: str
    counts: Int64[np.ndarray, " systems"]
    omegas: Float64[np.ndarray, " systems"] | None = None
    notes: str = ""

    @property
    def total(self) -> int:
        """Iterations in all."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Iterations a system."""
        return float(self.counts.mean())
