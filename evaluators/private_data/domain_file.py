"""Domain files: JSON that says how the cells of each column become codes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from evaluators.private_data.bins import LARGEST, Bins
from evaluators.private_data.values import Values
from evosearch.errors import ConfigError
from evosearch.genomes.table import MAX_SIZE

MAX_BYTES = 1 << 24

_FORMS = (
    'write a number of codes (2), {"values": ["a", "b"]}, {"min": 0, "max": 100, "bins": 10} or '
    '{"edges": [0, 5, 10]}'
)
_KEYS = {
    "values": {"values"},
    "edges": {"edges", "integer", "closed"},
    "bins": {"min", "max", "bins", "integer", "closed"},
}
_COMMON = {"missing", "labels"}
LONGEST = 256  # name or text

Side = Literal["left", "right"]
Made = TypeVar("Made")


def load(path: Path) -> dict[str, Any]:
    """The mapping of a domain file; raises ConfigError where it has none."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read domain file {path}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: a domain file has at most {MAX_BYTES} bytes")
    try:
        data = json.loads(content.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: expected JSON: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a JSON object: column name -> cells; {_FORMS}")
    return data


def coding(name: str, entry: Any) -> tuple[Values | Bins, str | None, tuple[str, ...]]:
    """Coding, missing text and labels of one column; raises ConfigError with all mistakes."""
    if not name or len(name) > LONGEST or not name.isprintable():
        raise ConfigError(f"expected a name of 1 to {LONGEST} printable characters")
    if type(entry) is int:
        _expect(1 <= entry <= MAX_SIZE, f"expected 1 to {MAX_SIZE} codes, received {entry}")
        return Values.numbered(entry), None, ()
    if not isinstance(entry, dict):
        raise ConfigError(f"received {json.dumps(entry)[:40]}: {_FORMS}")
    form = next((key for key in _KEYS if key in entry), None)
    if form is None:
        raise ConfigError(_FORMS)
    unknown = sorted(entry.keys() - _KEYS[form] - _COMMON)
    mistakes = [
        f'unknown "{key}": expected {", ".join(sorted(_KEYS[form] | _COMMON))}' for key in unknown
    ]
    made = _tried(lambda: _values(entry) if form == "values" else _bins(entry, form), mistakes)
    missing = _tried(lambda: _missing(entry), mistakes)
    labels = _tried(lambda: _texts(entry.get("labels", []), "labels"), mistakes)
    if made is None or labels is None or mistakes:
        raise ConfigError(mistakes)
    return made, missing, labels


def _values(entry: Mapping[str, Any]) -> Values:
    texts = _texts(entry["values"], "values")
    _expect(bool(texts), '"values": expected one value or more')
    _expect(len(set(texts)) == len(texts), '"values": a value occurs twice')
    return Values(texts)


def _bins(entry: Mapping[str, Any], form: str) -> Bins:
    integer = entry.get("integer", False)
    _expect(isinstance(integer, bool), '"integer": expected true or false')
    closed: Side = entry.get("closed", "left")
    _expect(closed in ("left", "right"), '"closed": expected "left" or "right"')
    edges = entry["edges"] if form == "edges" else _equal(entry)
    _expect(
        isinstance(edges, list) and 2 <= len(edges) <= MAX_SIZE + 1 and all(map(_real, edges)),
        f'"edges": expected a list of 2 to {MAX_SIZE + 1} ascending numbers',
    )
    return Bins(tuple(map(float, edges)), integer, closed)


def _equal(entry: Mapping[str, Any]) -> list[float]:
    """Edges of bins of one width."""
    low, high, bins = entry.get("min", 0), entry.get("max", 0), entry["bins"]
    _expect(
        type(bins) is int and 1 <= bins <= MAX_SIZE,
        f'"bins": expected a whole number from 1 to {MAX_SIZE}',
    )
    _expect(_real(low) and _real(high) and low < high, '"min" and "max": expected min < max')
    edges: list[float] = np.linspace(low, high, bins + 1).tolist()
    return edges


def _missing(entry: Mapping[str, Any]) -> str | None:
    if "missing" not in entry:
        return None
    text = entry["missing"]
    _expect(isinstance(text, str) and len(text) <= LONGEST, '"missing": expected a text')
    return str(text)


def _texts(items: Any, key: str) -> tuple[str, ...]:
    """Texts of a list; whole numbers are written as cells have them."""
    fine = isinstance(items, list) and all(isinstance(i, str) or type(i) is int for i in items)
    _expect(fine, f'"{key}": expected a list of texts or whole numbers')
    texts = tuple(map(str, items))
    _expect(all(len(text) <= LONGEST for text in texts), f'"{key}": a text is too long')
    return texts


def _real(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST


def _tried(make: Callable[[], Made], mistakes: list[str]) -> Made | None:
    try:
        return make()
    except ConfigError as error:
        mistakes += error.mistakes
        return None


def _expect(fine: bool, mistake: str) -> None:
    if not fine:
        raise ConfigError(mistake)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a name occurs twice")
    return data
