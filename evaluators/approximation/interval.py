"""Interval: where a target is approximated, and the points that stand for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from evosearch.errors import ConfigError

_TEXT = re.compile(r"\s*([\[(])\s*([^,\s]+)\s*,\s*([^,\s]+)\s*([\])])\s*")
_OPEN_GAP = 2.0**-50  # of the width: how close an open end is approached
_EXPECTED = 'expected an interval such as "(0, 1]" or [0.0, 1.0]'


@dataclass(frozen=True)
class Interval:
    """Real numbers from ``low`` to ``high``; an open end itself is left out."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        """Raises ConfigError unless both ends are finite and in order."""
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low < self.high):
            raise ConfigError(f"{_EXPECTED} with finite low < high, received {self}")

    @classmethod
    def parse(cls, text: "str | Sequence[float] | Interval") -> "Interval":
        """From ``"(0, 1]"`` or ``[0, 1]`` (a list is closed); raises ConfigError."""
        if isinstance(text, Interval):
            return text
        if isinstance(text, str):
            match = _TEXT.fullmatch(text)
            if match is None:
                raise ConfigError(f"{_EXPECTED}, received {text!r}")
            left, low, high, right = match.groups()
        else:
            if len(text) != 2:
                raise ConfigError(f"{_EXPECTED}, received {list(text)!r}")
            left, right, (low, high) = "[", "]", map(str, text)
        try:
            return cls(float(low), float(high), left == "(", right == ")")
        except ValueError as error:
            raise ConfigError(f"{_EXPECTED}, received {text!r}") from error

    def __str__(self) -> str:
        left, right = "(" if self.open_low else "[", ")" if self.open_high else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"

    @property
    def width(self) -> float:
        """``high - low``."""
        return self.high - self.low

    @property
    def first(self) -> float:
        """The smallest number that stands for the interval: ``low``, or just above when open."""
        if not self.open_low:
            return self.low
        return max(self.low + self.width * _OPEN_GAP, float(np.nextafter(self.low, np.inf)))

    @property
    def last(self) -> float:
        """The largest number that stands for the interval: ``high``, or just below when open."""
        if not self.open_high:
            return self.high
        return min(self.high - self.width * _OPEN_GAP, float(np.nextafter(self.high, -np.inf)))

    def chebyshev(self, n: int) -> Float64[np.ndarray, " n"]:
        """Chebyshev nodes (roots of T_n), ascending, all strictly inside."""
        angles = (np.arange(n) + 0.5) * np.pi / n
        return self._inside(self.low + self.width * np.sin(angles / 2) ** 2)

    def extremes(self, n: int) -> Float64[np.ndarray, " n"]:
        """Chebyshev extreme points (of T_{n-1}), ascending, `first` and `last` among them."""
        points = self.low + self.width * np.sin(np.linspace(0, np.pi / 2, n)) ** 2
        points[[0, -1]] = self.first, self.last
        return self._inside(points)

    def near_ends(self, n: int) -> Float64[np.ndarray, " n"]:
        """Points log-spaced from the middle towards both ends, half of them each, ascending."""
        return self._between(np.linspace(0.0, 1.0, n // 2), np.linspace(0.0, 1.0, n - n // 2))

    def validation(self, n: int, rng: np.random.Generator) -> Float64[np.ndarray, " n"]:
        """Points for a sealed check, ascending.

        A quarter log-spaced (jittered) towards each end, the ends themselves, and the rest
        uniformly random.
        """
        quarter = n // 4
        ends = self._between(_jittered(quarter, rng), _jittered(quarter, rng))
        inside = rng.uniform(self.low, self.high, n - 2 * quarter)
        points = np.sort(np.concatenate([ends, inside]))
        points[[0, -1]] = self.first, self.last
        return self._inside(points)

    def _between(
        self, low: Float64[np.ndarray, " m"], high: Float64[np.ndarray, " k"]
    ) -> Float64[np.ndarray, " m+k"]:
        """Distances 2^-50..1/2 of the width at exponents in [0, 1], from either end."""
        from_low = self.low + self.width * _distance(low)
        from_high = self.high - self.width * _distance(high)
        return self._inside(np.sort(np.concatenate([from_low, from_high])))

    def _inside(self, points: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        return np.asarray(np.clip(points, self.first, self.last))


def _distance(exponents: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return np.asarray(_OPEN_GAP * (0.5 / _OPEN_GAP) ** exponents)


def _jittered(n: int, rng: np.random.Generator) -> Float64[np.ndarray, " n"]:
    return np.asarray((np.arange(n) + rng.uniform(size=n)) / max(n, 1))
