"""Bins: a numeric column cut at public edges."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, log10
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, UInt16

from evaluators.private_data.number import number, shown
from evaluators.private_data.span import Spans
from evosearch.errors import ConfigError

LARGEST = 1e15  # edge
_NARROWEST = 1e-12  # bin
_CLOSEST = 1e-9  # bin, as a share of the largest edge
_DIGITS = 2  # a drawn value tells apart at least 10^2 places of the narrowest bin


@dataclass(frozen=True)
class Bins:
    """The code of a number is its bin; numbers beyond the ends are clipped to the end bins.

    Attributes:
        edges: Ascending, one more than there are bins.
        integer: Cells are whole numbers.
        closed: The edge between two bins belongs to the bin above it (``left``) or below it
            (``right``). The two ends belong to the end bins.

    Raises:
        ConfigError: The edges do not make bins, or a bin of whole numbers holds none.
    """

    edges: tuple[float, ...]
    integer: bool = False
    closed: Literal["left", "right"] = "left"

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or not all(abs(edge) <= LARGEST for edge in self.edges):
            raise ConfigError("expected two edges or more, from -1e15 to 1e15")
        least = max(_NARROWEST, _CLOSEST * max(map(abs, self.edges)))
        if min(np.diff(self.edges)) < least:
            raise ConfigError(f"expected ascending edges, at least {shown(least)} apart")
        empty = [code for code, (low, high) in enumerate(self._ticks) if low > high]
        if empty:
            low, high = map(shown, self.edges[empty[0] : empty[0] + 2])
            raise ConfigError(f"no whole number from {low} to {high}: join that bin with another")

    @property
    def size(self) -> int:
        """Number of codes."""
        return len(self.edges) - 1

    def code(self, text: str) -> int | None:
        """Code of a cell, or None where it is no number (of the kind)."""
        value = number(text)
        if value is None or (self.integer and not value.is_integer()):
            return None
        find = bisect_right if self.closed == "left" else bisect_left
        return min(max(find(self.edges, value) - 1, 0), self.size - 1)

    def expected(self) -> str:
        """What a cell may be, for messages."""
        return "a whole number" if self.integer else "a number"

    def labels(self) -> tuple[str, ...]:
        """``0 to 4`` of whole numbers, else ``[0, 5)``."""
        if self.integer:
            return tuple(
                f"{low} to {high}" if low < high else f"{low}" for low, high in self._ticks
            )
        spans = self.spans()
        return tuple(
            f"{'(' if below else '['}{shown(low)}, {shown(high)}{')' if above else ']'}"
            for low, high, below, above in zip(
                spans.low.tolist(),
                spans.high.tolist(),
                spans.low_open,
                spans.high_open,
                strict=True,
            )
        )

    def positions(self) -> Float64[np.ndarray, " codes"]:
        """Middles of the bins, scaled so that the ends are 0 and 1."""
        edges = np.array(self.edges)
        scaled: Float64[np.ndarray, " edges"] = (edges - edges[0]) / (edges[-1] - edges[0])
        return scaled[:-1] + np.diff(scaled) / 2

    def spans(self) -> Spans:
        """The numbers of each bin; whole numbers from the first to the last one."""
        if self.integer:
            return Spans.closed(*np.array(self._ticks, np.float64).T)
        inner = np.arange(self.size)
        low_open = (inner > 0) & (self.closed == "right")
        high_open = (inner < self.size - 1) & (self.closed == "left")
        return Spans(np.array(self.edges[:-1]), np.array(self.edges[1:]), low_open, high_open)

    def cells(self, codes: UInt16[np.ndarray, " rows"], rng: np.random.Generator) -> Sequence[str]:
        """Numbers drawn uniformly inside bins, with the decimals that the narrowest one needs."""
        low, high = np.array(self._ticks, np.int64).T
        drawn = rng.integers(low[codes], high[codes], endpoint=True).tolist()
        places = self._decimals
        if places == 0:
            return [str(tick) for tick in drawn]
        return [f"{tick / 10**places:.{places}f}" for tick in drawn]

    def to_json(self) -> dict[str, Any]:
        """As in a domain file."""
        data: dict[str, Any] = {"edges": list(self.edges)}
        data |= {"integer": True} if self.integer else {}
        return data | ({"closed": "right"} if self.closed == "right" else {})

    @cached_property
    def _decimals(self) -> int:
        if self.integer:
            return 0
        return max(0, _DIGITS - floor(log10(min(np.diff(self.edges)))))

    @cached_property
    def _ticks(self) -> list[tuple[int, int]]:
        """First and last multiple of 10^-decimals in each bin, in these units."""
        unit = 10**self._decimals
        # an edge is the decimal that it prints as
        below = [floor(_scaled(edge, unit)) for edge in self.edges]
        above = [ceil(_scaled(edge, unit)) for edge in self.edges]
        if self.closed == "left":
            ends = [(above[k], above[k + 1] - 1) for k in range(self.size)]
            ends[-1] = (ends[-1][0], below[-1])
        else:
            ends = [(below[k] + 1, below[k + 1]) for k in range(self.size)]
            ends[0] = (above[0], ends[0][1])
        return ends


def _scaled(edge: float, unit: int) -> Fraction:
    return Fraction(repr(edge)) * unit
