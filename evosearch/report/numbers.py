"""Numbers and text as people read them."""

import math
from typing import Any


def shown(value: Any, digits: int = 4) -> str:
    """A number with ``digits`` significant digits; whole numbers whole; a dash for no number."""
    if value is None or isinstance(value, str):
        return value or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = float(value)
    if not math.isfinite(number):
        return "–"
    if number == int(number) and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:.{digits}g}"


def ratio(value: float) -> str:
    """How many times better, as ``17x``; large ones in powers of ten."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.2e}×" if value >= 1e5 else f"{value:.3g}×"


def duration(seconds: float) -> str:
    """``12 ms``, ``42.1 s``, ``3 min 5 s`` or ``2 h 10 min``."""
    if 0 < seconds < 0.1:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def share(part: float, whole: float) -> str:
    """A percentage; a dash of nothing."""
    return f"{100 * part / whole:.3g} %" if whole else "–"


def clean(text: str) -> str:
    """Text of unknown origin with control characters, which could steer a terminal, replaced."""
    return "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def counted(n: int, noun: str) -> str:
    """``1 operator``, ``2,345 operators``."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def shortened(text: str, letters: int) -> str:
    """A text of at most so many letters; what is cut off the end becomes an ellipsis."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
