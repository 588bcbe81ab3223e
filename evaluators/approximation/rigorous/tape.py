"""A tape of ball arithmetic with roundings: what they can change in its last entry.

Entry k of the tape is a function of those before it. A rounding of ``m`` is

    m (1 + d) + h e,   |d| <= u,   |h| <= eta

with ``e`` another entry or 1 (or no h at all). By the mean value theorem the output differs from
its value without roundings by at most the sum over all of them of

    |d output / d entry| (|m| u + |e| eta)

where derivatives and values are taken anywhere in the box of all d and h: they are balls.
"""

from typing import NamedTuple

from flint import arb

from evaluators.approximation.rigorous.series import UndefinedError


class _Entry(NamedTuple):
    """Derivatives with respect to earlier entries, and how much a rounding may add (from, to)."""

    slopes: tuple[tuple[int, arb], ...]
    added: tuple[arb, arb] | None = None


class Tape:
    """Balls, each with its derivatives; ``None`` stands for the number 1."""

    def __init__(self, unit: arb, tiny: arb) -> None:
        """``unit`` is u and ``tiny`` is eta."""
        self.values: list[arb] = []
        self._entries: list[_Entry] = []
        self._unit, self._tiny = unit, tiny

    def put(self, value: arb, *slopes: tuple[int, arb]) -> int:
        """Any function: its value and its derivatives by entry."""
        self.values.append(value)
        self._entries.append(_Entry(slopes))
        return len(self.values) - 1

    def sum(self, a: int, b: int, sign: int = 1) -> int:
        """``a + sign b``."""
        value = self.values[a] + sign * self.values[b]
        return self.put(value, (a, arb(1)), (b, arb(sign)))

    def product(self, a: int | None, b: int | None) -> int | None:
        """``a b``."""
        if a is None or b is None:
            return b if a is None else a
        x, y = self.values[a], self.values[b]
        return self.put(x * y, (a, y), (b, x))

    def quotient(self, a: int, b: int) -> int:
        """``a / b``."""
        x, y = self.values[a], self.values[b]
        if y.contains(0):
            raise UndefinedError("a denominator may be zero")
        return self.put(x / y, (a, 1 / y), (b, -(x / y) / y))

    def round(self, a: int) -> int:
        """``a (1 + d)``."""
        unit, value = arb(0, self._unit), self.values[a]
        size = abs(value) * self._unit
        self.values.append(value * (1 + unit))
        self._entries.append(_Entry(((a, 1 + unit),), (size.abs_lower(), size.abs_upper())))
        return len(self.values) - 1

    def round_with_underflow(self, a: int, e: int | None) -> int:
        """``a (1 + d) + h e``."""
        rounded = self.round(a)
        tiny = arb(0, self._tiny)
        size = self._tiny if e is None else abs(self.values[e]) * self._tiny
        slopes = ((rounded, arb(1)),) if e is None else ((rounded, arb(1)), (e, tiny))
        self.values.append(self.values[rounded] + (tiny if e is None else tiny * self.values[e]))
        self._entries.append(_Entry(slopes, (arb(0), size.abs_upper())))
        return len(self.values) - 1

    def spread(self, output: int) -> tuple[arb, arb]:
        """Bounds of the sum above, for every point of the piece."""
        weights = {output: arb(1)}
        low = high = arb(0)
        for k in reversed(range(output + 1)):
            if k not in weights:
                continue
            entry = self._entries[k]
            if entry.added is not None:
                low += weights[k].abs_lower() * entry.added[0]
                high += weights[k].abs_upper() * entry.added[1]
            for a, slope in entry.slopes:
                weights[a] = weights.get(a, arb(0)) + weights[k] * slope
        return low.lower(), high.upper()
