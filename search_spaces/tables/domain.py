"""Sizes: how many codes the columns of a domain file have (docs/private-data.md)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evosearch.errors import ConfigError
from evosearch.genomes.table import MAX_COLUMNS, Column

_MAX_BYTES = 1 << 24


def columns_of(path: Path, names: Sequence[str] = ()) -> tuple[Column, ...]:
    """The columns of a domain file's tables.

    Args:
        path: JSON.
        names: Those to take, in this order; all where there are none.

    Raises:
        ConfigError: With every mistake.
    """
    data = _loaded(path)
    unknown = [name for name in names if name not in data]
    if unknown:
        raise ConfigError(
            f"columns: expected some of {', '.join(data)}, received {', '.join(unknown)}"
        )
    chosen = names or tuple(data)
    if not 1 <= len(chosen) <= MAX_COLUMNS or len(set(chosen)) < len(chosen):
        raise ConfigError(
            f"columns: expected 1 to {MAX_COLUMNS} different ones, received {len(chosen)}"
        )
    columns, mistakes = list[Column](), list[str]()
    for name in chosen:
        try:
            columns.append(Column(name, _size(name, data[name])))
        except ConfigError as error:
            mistakes.append(f"{path.name}: {error}")
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(columns)


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read domain file {path}: {error.strerror}") from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{path}: a domain file has at most {_MAX_BYTES} bytes")
    try:
        data = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: expected JSON: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a JSON object: column name -> cells")
    return data


def _size(name: str, entry: Any) -> int:
    """Number of codes of a column, that of missing among them."""
    if type(entry) is int:
        return entry
    if isinstance(entry, dict):
        missing = int("missing" in entry)
        match entry:
            case {"values": list(values)}:
                return len(values) + missing
            case {"edges": list(edges)}:
                return len(edges) - 1 + missing
            case {"bins": int(bins)}:
                return bins + missing
    raise ConfigError(
        f'column {name!r}: write a number of codes (2), {{"values": ["a", "b"]}}, {{"min": 0, '
        '"max": 100, "bins": 10} or {"edges": [0, 5, 10]}'
    )
