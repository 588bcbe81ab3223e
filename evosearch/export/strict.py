"""Strict, bounded reading of untrusted JSON: whatever is wrong is a DocumentFormatError."""

import json
import math
from typing import Any, NoReturn

from evosearch.errors import DocumentFormatError

MAX_BYTES = 1 << 20
MAX_DEPTH = 32  # of nested metadata


def load(text: str) -> Any:
    """JSON of at most 1 MiB, without repeated keys, NaN or infinity."""
    expect(len(text) <= MAX_BYTES, f"document longer than {MAX_BYTES} bytes")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=lambda name: refuse(f"{name} is not JSON"),
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise DocumentFormatError(f"not a JSON document: {shown(str(error))}") from error


def items(value: object, place: str) -> list[Any]:
    """``value`` if it is a list."""
    if not isinstance(value, list):
        refuse(f"{place}: expected a list, received {shown(value)}")
    return value


def strings(value: object, place: str) -> tuple[str, ...]:
    """``value`` as a tuple if it is a list of strings."""
    entries = items(value, place)
    for entry in entries:
        expect(isinstance(entry, str), f"{place}: expected strings, received {shown(entry)}")
    return tuple(entries)


def check_json(value: object, depth: int = MAX_DEPTH) -> None:
    """Refuse metadata that cannot be written as JSON and read back equal."""
    expect(depth > 0, f"metadata is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for key, entry in value.items():
            expect(isinstance(key, str), f"metadata has key {shown(key)}: expected a string")
            check_json(entry, depth - 1)
    elif isinstance(value, list):
        for entry in value:
            check_json(entry, depth - 1)
    elif isinstance(value, float):
        expect(math.isfinite(value), "metadata has a number that is not finite")
    else:
        known = value is None or isinstance(value, str | int)
        expect(known, f"metadata has {shown(value)}: expected JSON")


def expect(condition: bool, message: str) -> None:
    """Refuse unless ``condition``."""
    if not condition:
        refuse(message)


def refuse(message: str) -> NoReturn:
    """Raise DocumentFormatError."""
    raise DocumentFormatError(message)


def shown(value: object) -> str:
    """A short ASCII form of anything, for messages."""
    try:
        text = ascii(value)
    except RecursionError:
        text = f"a deeply nested {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    expect(len(data) == len(pairs), "a key occurs twice in one JSON object")
    return data


def _finite(text: str) -> float:
    value = float(text)
    expect(math.isfinite(value), f"number {shown(text)} is too large")
    return value
