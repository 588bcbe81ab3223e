"""Numbers as documents write them: decimals of any length, or C hex floats."""

import math
import re
from decimal import Decimal

MAX_CHARACTERS = 200
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]+(\.[0-9a-fA-F]*)?[pP][+-]?[0-9]{1,5}")


def is_number(text: object) -> bool:
    """Whether ``text`` is a string of at most 200 characters that is finite as a float64."""
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return False
    if not (_DECIMAL.fullmatch(text) or _HEX.fullmatch(text)):
        return False
    try:
        return math.isfinite(to_float(text))
    except OverflowError:
        return False


def is_hex(text: str) -> bool:
    """Whether a number is a hex float, that is: an exact float64."""
    return "x" in text.lower()


def to_float(text: str) -> float:
    """The nearest float64."""
    return float.fromhex(text) if is_hex(text) else float(text)


def to_decimal(text: str) -> str:
    """Decimal digits: a decimal as it is, a hex float as the shortest that reads back equal."""
    return repr(to_float(text)) if is_hex(text) else text


def exact_decimal(text: str) -> str:
    """All decimal digits of the value: a decimal as it is, of a hex float as many as it takes."""
    return str(Decimal(to_float(text))) if is_hex(text) else text


def digits(text: str) -> int:
    """Significant decimal digits; 17 for a hex float."""
    if is_hex(text):
        return 17
    mantissa = re.split("[eE]", text)[0]
    return max(1, len(re.sub(r"[^0-9]", "", mantissa).lstrip("0")))
