"""Draft: a domain file made by looking at a table, to be replaced by public knowledge."""

import json
from collections.abc import Sequence
from math import ceil, floor
from pathlib import Path
from typing import Any

from evaluators.private_data.bins import LARGEST
from evaluators.private_data.csv_lines import opened
from evaluators.private_data.domain import Domain
from evaluators.private_data.domain_file import LONGEST
from evaluators.private_data.number import number
from evosearch.errors import ConfigError

MISSING = ("", "N", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
MOST_VALUES = 32  # numbers of a column that are not put into bins
MOST_TEXTS = 1000  # of a column that is no identifier
BINS = 20


def draft(path: Path) -> tuple[str, list[str]]:
    """A domain file for a CSV file, which is as private as the table is.

    Returns:
        Its text, and the columns that were left out because their texts are too many, too long,
        or numbers too large or too close.

    Raises:
        ConfigError: The file is no CSV file, or no column can be described.
    """
    with opened(path) as lines:
        texts: list[set[str]] = [set() for _ in lines.header]
        for _, row in lines.rows:
            for seen, cell in zip(texts, row, strict=True):
                seen.add(cell)
        header = lines.header
    if not header or not any(texts):
        raise ConfigError(f"{path}: expected a line of names and rows, received none")
    if len(set(header)) < len(header):
        raise ConfigError(f"{path}, line 1: expected names, received one of them twice")
    if not all(name.isprintable() and 1 <= len(name) <= LONGEST for name in header):
        raise ConfigError(f"{path}, line 1: expected names of 1 to {LONGEST} printable characters")
    entries = [_sound(_entry(seen)) for seen in texts]
    known = {name: entry for name, entry in zip(header, entries, strict=True) if entry is not None}
    left = [name for name, entry in zip(header, entries, strict=True) if entry is None]
    if not known:
        raise ConfigError(f"{path}: expected a column of at most {MOST_TEXTS} texts")
    Domain.from_json(known, "draft")
    rows = ",\n".join(
        f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(entry, ensure_ascii=False)}"
        for name, entry in known.items()
    )
    return f"{{\n{rows}\n}}\n", left


def _sound(entry: int | dict[str, Any] | None) -> int | dict[str, Any] | None:
    """None too where a domain cannot have it; why not would tell of the cells."""
    try:
        Domain.from_json({"column": entry})
    except ConfigError:
        return None
    return entry


def _entry(seen: set[str]) -> int | dict[str, Any] | None:
    """How the cells of a column become codes; None where they are too many texts."""
    missing = next((text for text in MISSING if text in seen), None)
    texts = seen - {missing} if len(seen) > 1 and missing is not None else seen
    extra = {} if texts is seen or missing is None else {"missing": missing}
    numbers = [value for value in map(number, texts) if value is not None]
    if len(numbers) == len(texts) and len(texts) > MOST_VALUES:
        return _bins(numbers) | extra if max(map(abs, numbers)) <= LARGEST else None
    if len(texts) > MOST_TEXTS or max(map(len, texts)) > LONGEST:
        return None
    if len(numbers) == len(texts):
        ordered = sorted(texts, key=lambda text: (number(text), text))
        if not extra and ordered == [str(code) for code in range(len(ordered))]:
            return len(ordered)
        return {"values": ordered} | extra
    return {"values": sorted(texts)} | extra


def _bins(numbers: Sequence[float]) -> dict[str, Any]:
    integer = all(value.is_integer() for value in numbers)
    low, high = min(numbers), max(numbers)
    if integer:
        low, high = floor(low), ceil(high)
    return {"min": low, "max": high, "bins": BINS} | ({"integer": True} if integer else {})
