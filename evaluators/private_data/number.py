"""Numbers as cells and constraints write them."""

import re

MAX_CHARACTERS = 64

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def number(text: str) -> float | None:
    """The float64 nearest a decimal, infinite beyond their range; None for any other text."""
    if len(text) > MAX_CHARACTERS or not _DECIMAL.fullmatch(text):
        return None
    return float(text)


def shown(value: float) -> str:
    """The shortest decimal of a float64; whole numbers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
