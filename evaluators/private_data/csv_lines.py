"""CSV lines: the names and rows of a CSV file, each row with as many cells as there are names.

No message holds a cell: they name the file and the line.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evosearch.errors import ConfigError


@dataclass(frozen=True)
class Lines:
    """An opened CSV file.

    Attributes:
        header: Its first line; of a file without names these are cells.
        rows: The number of the (last) line of each row, and its cells; to be gone through once.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def opened(path: Path) -> Iterator[Lines]:
    """A CSV file (UTF-8), unpacked where its name ends in ``.gz``.

    Raises:
        ConfigError: Also while its rows are gone through: the file cannot be read, or is not CSV.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    with raw:
        plain = gzip.GzipFile(fileobj=raw) if packed(path) else raw
        with io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as file:
            try:
                reader = csv.reader(file, strict=True)
                header = next(reader, [])
                yield Lines(header, _rows(reader, path, len(header)))
            except csv.Error:  # what these say may hold a part of a cell
                raise ConfigError(f"{path}: expected CSV with closed quotes") from None
            except UnicodeDecodeError:
                raise ConfigError(f"{path}: expected UTF-8 text") from None
            except (OSError, EOFError, zlib.error):
                raise ConfigError(f"{path}: cannot be read to its end") from None


def packed(path: Path) -> bool:
    """Whether a file of this name is gzipped."""
    return path.suffix == ".gz"


def _rows(reader: Any, path: Path, width: int) -> Iterator[tuple[int, list[str]]]:
    blank = 0
    for row in reader:
        if not row:
            blank = blank or reader.line_num
        elif blank:
            raise ConfigError(f"{path}, line {blank}: expected {width} cells, received no line")
        elif len(row) != width:
            raise ConfigError(
                f"{path}, line {reader.line_num}: expected {width} cells, received {len(row)}"
            )
        else:
            yield reader.line_num, row
