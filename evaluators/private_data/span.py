"""Spans: the numbers that each code of a column can stand for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Bool, Float64


@dataclass(frozen=True, eq=False)
class Spans:
    """An interval for each code, or for each combination of codes.

    Attributes:
        low: Lower ends.
        high: Upper ends.
        low_open: Whether the lower end itself is left out.
        high_open: Whether the upper end itself is left out.
    """

    low: Float64[np.ndarray, "*codes"]
    high: Float64[np.ndarray, "*codes"]
    low_open: Bool[np.ndarray, "*codes"]
    high_open: Bool[np.ndarray, "*codes"]

    @classmethod
    def of_numbers(cls, numbers: Sequence[float]) -> Self:
        """Codes that each stand for one number."""
        return cls.closed(numbers, numbers)

    @classmethod
    def closed(cls, low: Sequence[float], high: Sequence[float]) -> Self:
        """Intervals with both of their ends."""
        no = np.zeros(len(low), bool)
        return cls(np.array(low, np.float64), np.array(high, np.float64), no, no)

    def each(self, change: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> Self:
        """The same change of shape made to all four arrays."""
        return type(self)(*map(change, (self.low, self.high, self.low_open, self.high_open)))
