"""TableBatch: whole tables of coded records."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

import numpy as np
from jaxtyping import UInt16

from evosearch.errors import ConfigError, GenomeFormatError
from evosearch.genomes.batch import IntArray

MAX_COLUMNS = 4096
MAX_SIZE = 1 << 16  # codes of a column
MAX_DESCRIPTION = 1 << 20  # bytes of JSON

_MAGIC = b"EvT\x01"
_HEADER = 8  # magic, u32 bytes of description
_NARROW = 256  # codes that one byte tells apart


@dataclass(frozen=True)
class Column:
    """One named column: its codes are 0 to ``size - 1``.

    Raises:
        ConfigError: The size does not make a column.
    """

    name: str
    size: int

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise ConfigError(
                f"column {self.name!r}: expected 1 to {MAX_SIZE} codes, received {self.size}"
            )


@dataclass(frozen=True, eq=False)
class TableBatch:
    """Tables of one description and one number of rows, each table an individual.

    Attributes:
        columns: What the columns are, the same for every table.
        codes: Each below the size of its column.
    """

    columns: tuple[Column, ...]
    codes: UInt16[np.ndarray, "batch rows columns"]
    _bytes: list[bytes] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: IntArray) -> Self:
        """The tables at ``rows``."""
        return type(self)(self.columns, self.codes[rows])

    def concatenate(self, others: Sequence[Self]) -> Self:
        """This batch followed by ``others``; all must have the same columns and as many rows."""
        every = [batch for batch in (self, *others) if len(batch)] or [self]
        first = every[0]
        if any(batch.columns != first.columns for batch in every):
            raise ValueError("expected tables of the same columns")
        if any(batch.codes.shape[1] != first.codes.shape[1] for batch in every):
            raise ValueError("expected tables of the same number of rows")
        return type(self)(first.columns, np.concatenate([batch.codes for batch in every]))

    def sizes(self) -> IntArray:
        """Number of rows, the same for each table."""
        return np.full(len(self), self.codes.shape[1], dtype=np.int64)

    def to_bytes(self) -> list[bytes]:
        """Magic, the columns as compact JSON, the codes column after column, CRC32.

        Little-endian; a code has one byte where no column has more than 256, else two. Nothing is
        compressed, so that tables of one shape differ byte by byte where their codes do.
        """
        if not self._bytes and len(self):
            text = _describe(self.columns)
            head = _MAGIC + len(text).to_bytes(4, "little") + text
            start = zlib.crc32(head)
            kind = _kind(self.columns)
            for table in self.codes:
                body = np.ascontiguousarray(table.T).astype(kind).tobytes()
                self._bytes.append(head + body + zlib.crc32(body, start).to_bytes(4, "little"))
        return list(self._bytes)

    def digests(self) -> list[bytes]:
        """blake2b-128 of the byte form."""
        return [blake2b(row, digest_size=16).digest() for row in self.to_bytes()]

    def structures(self) -> list[bytes]:
        """The same as `digests`: a table has no fitted numbers."""
        return self.digests()

    @classmethod
    def from_bytes(cls, rows: Sequence[bytes]) -> Self:
        """Strict decoder; raises GenomeFormatError."""
        if not rows:
            return cls((), np.zeros((0, 0, 0), np.uint16))
        split = [_split(row) for row in rows]
        text, body = split[0]
        if any(other != text for other, _ in split):
            raise GenomeFormatError("tables of different columns in one batch")
        columns = _columns(text)
        kind = _kind(columns)
        height, rest = divmod(len(body), kind.itemsize * len(columns))
        if rest or not height:
            raise GenomeFormatError(f"table of other than whole rows of {len(columns)} columns")
        if any(len(other) != len(body) for _, other in split):
            raise GenomeFormatError("tables of different numbers of rows in one batch")
        codes = np.empty((len(rows), height, len(columns)), np.uint16)
        for place, (_, data) in enumerate(split):
            codes[place] = np.frombuffer(data, kind).reshape(len(columns), height).T
        if (codes.max(axis=(0, 1)) >= np.array([column.size for column in columns])).any():
            raise GenomeFormatError("table with a code that its column does not have")
        return cls(columns, codes)


def _kind(columns: Sequence[Column]) -> np.dtype[Any]:
    narrow = all(column.size <= _NARROW for column in columns)
    return np.dtype("u1" if narrow else "<u2")


def _describe(columns: Sequence[Column]) -> bytes:
    rows = [[column.name, column.size] for column in columns]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _split(row: bytes) -> tuple[bytes, bytes]:
    """Description and codes of a table whose frame is sound."""
    if len(row) < _HEADER + 4 or row[:4] != _MAGIC:
        raise GenomeFormatError("not a table: expected the header of a version 1 table")
    if zlib.crc32(row[:-4]) != int.from_bytes(row[-4:], "little"):
        raise GenomeFormatError("table bytes are damaged: the checksum does not match")
    length = int.from_bytes(row[4:_HEADER], "little")
    if length > min(MAX_DESCRIPTION, len(row) - _HEADER - 4):
        raise GenomeFormatError(f"table with a description of {length} bytes: too long")
    return row[_HEADER : _HEADER + length], row[_HEADER + length : -4]


def _columns(text: bytes) -> tuple[Column, ...]:
    """The columns of a description, which has to be the one that `_describe` writes."""
    try:
        rows = json.loads(text.decode("ascii"))
        columns = tuple(_column(row) for row in rows[: MAX_COLUMNS + 1])
        canonical = _describe(columns) == text
    except (ValueError, TypeError, KeyError, RecursionError, ConfigError) as error:
        raise GenomeFormatError(f"table columns are not described: {error}") from error
    names = {column.name for column in columns}
    if not canonical or not 1 <= len(columns) <= MAX_COLUMNS or len(names) < len(columns):
        raise GenomeFormatError("table columns are not described in the canonical way")
    return columns


def _column(row: Any) -> Column:
    name, size = row
    if not isinstance(name, str) or type(size) is not int:
        raise TypeError("expected the name and the size of a column")
    return Column(name, size)
