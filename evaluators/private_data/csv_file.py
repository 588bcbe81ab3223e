"""CSV files: tables of coded records from texts and back.

No message holds a cell or a line of a file: they name the file, the line, the column and what was
expected.
"""

import csv
import gzip
import io
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from evaluators.private_data.csv_lines import Lines, opened, packed
from evaluators.private_data.domain import Domain, Field
from evosearch.errors import ConfigError

_MISTAKES = 20  # that one message names


def read(path: Path, domain: Domain) -> UInt16[np.ndarray, "rows columns"]:
    """Codes of a CSV file (``.csv`` or ``.csv.gz``, UTF-8, names in its first line).

    Columns that the domain does not have are left out; their order does not matter.

    Raises:
        ConfigError: The file is not such a table; names file, line and column, never a cell.
    """
    with opened(path) as lines:
        return _codes(lines, path, domain)


def write(
    path: Path,
    domain: Domain,
    codes: UInt16[np.ndarray, "rows columns"],
    rng: np.random.Generator,
) -> None:
    """Write a table as `read` reads it; numbers are drawn inside their bins by ``rng``.

    Raises:
        ConfigError: The file cannot be written.
    """
    content = text(domain, codes, rng).encode("utf-8")
    try:
        path.write_bytes(gzip.compress(content, mtime=0) if packed(path) else content)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error


def text(
    domain: Domain, codes: UInt16[np.ndarray, "rows columns"], rng: np.random.Generator
) -> str:
    """The text of a CSV file."""
    cells = [
        field.cells(column, rng) for field, column in zip(domain.fields, codes.T, strict=True)
    ]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(domain.names)
    writer.writerows(zip(*cells, strict=True))
    return file.getvalue()


class _Codes(dict[str, int]):
    """Codes of the texts of a column, each found out once; -1 for what does not belong there."""

    def __init__(self, field: Field) -> None:
        self.field = field

    def __missing__(self, text: str) -> int:
        code = self.field.code(text)
        self[text] = -1 if code is None else code
        return self[text]


def _codes(lines: Lines, path: Path, domain: Domain) -> UInt16[np.ndarray, "rows columns"]:
    places = _places(lines.header, path, domain)
    finders = [_Codes(field) for field in domain.fields]
    found = array("i")
    numbers = array("q")  # line of each row
    for line, row in lines.rows:
        found.extend([codes[row[place]] for codes, place in zip(finders, places, strict=True)])
        numbers.append(line)
    codes = np.array(found, np.int32).reshape(-1, len(places))
    if not len(codes):
        raise ConfigError(f"{path}: expected rows after the line of names, received none")
    _refuse_cells(codes, numbers, path, domain)
    return codes.astype(np.uint16)


def _places(header: Sequence[str], path: Path, domain: Domain) -> list[int]:
    """Where the columns of the domain are; the rest of the line may be cells, and is not shown."""
    missing = [name for name in domain.names if name not in header]
    twice = [name for name in domain.names if header.count(name) > 1]
    mistakes = [
        f"{path}, line 1: expected a column named {name!r}, found none" for name in missing
    ]
    mistakes += [f"{path}, line 1: column {name!r} occurs twice" for name in twice]
    if mistakes:
        raise ConfigError(mistakes)
    return [header.index(name) for name in domain.names]


def _refuse_cells(
    codes: np.ndarray[tuple[int, int], np.dtype[np.int32]],
    numbers: Sequence[int],
    path: Path,
    domain: Domain,
) -> None:
    """Raise ConfigError with the first wrong cell of each column."""
    wrong = codes < 0
    mistakes = [
        f"{path}, line {numbers[int(column.argmax())]}, column {field.name!r}: expected "
        f"{field.expected()}"
        for field, column in zip(domain.fields, wrong.T, strict=True)
        if column.any()
    ]
    if mistakes:
        more = len(mistakes) - _MISTAKES
        tail = [f"... and {more} more columns"] if more > 0 else []
        raise ConfigError(mistakes[:_MISTAKES] + tail)
