"""VectorBatch: named real, integer and categorical genes."""

import json
import math
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Self, get_args

import numpy as np
from jaxtyping import Bool, Float64

from evosearch.errors import ConfigError, GenomeFormatError
from evosearch.genomes.batch import IntArray

Kind = Literal["real", "log", "integer", "categorical"]
Choice = bool | int | float | str

MAX_GENES = 4096
MAX_CHOICES = 65536
MAX_DESCRIPTION = 1 << 20  # bytes of JSON

_MAGIC = b"EvV\x01"
_HEADER = 8  # magic, u32 bytes of description
_EXACT = 2**53  # integers up to here are exact in float64


@dataclass(frozen=True)
class Gene:
    """One named dimension.

    Attributes:
        name: As in the campaign file.
        kind: ``real``; ``log``, a positive real that varies in its logarithm; ``integer``;
            ``categorical``, one of the choices.
        low: Least value, itself allowed; of a categorical gene 0, the first choice.
        high: Greatest value, itself allowed; of a categorical gene the last choice's index.
        choices: What a categorical gene chooses from.

    Raises:
        ConfigError: The bounds or choices do not make a gene.
    """

    name: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Choice, ...] = ()

    @classmethod
    def categorical(cls, name: str, choices: Sequence[Choice]) -> Self:
        """A gene that is one of ``choices``."""
        return cls(name, "categorical", 0.0, float(len(choices) - 1), tuple(choices))

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ConfigError(
                f"gene {self.name!r}: expected a kind of {', '.join(get_args(Kind))}; "
                f"received {self.kind!r}"
            )
        if self.kind == "categorical":
            self._check_choices()
        elif self.choices:
            raise ConfigError(f"gene {self.name!r}: choices are for categorical genes alone")
        else:
            self._check_bounds()

    def _check_bounds(self) -> None:
        if not (math.isfinite(self.high - self.low) and self.low < self.high):
            raise ConfigError(
                f"gene {self.name!r}: expected finite bounds low < high, received low = "
                f"{self.low}, high = {self.high}"
            )
        if self.kind == "log" and self.low <= 0:
            raise ConfigError(
                f"gene {self.name!r}: expected low > 0 of a log gene, received {self.low}: "
                'write kind = "real" for a range that reaches 0'
            )
        if self.kind == "integer" and not all(
            bound == int(bound) and abs(bound) < _EXACT for bound in (self.low, self.high)
        ):
            raise ConfigError(
                f"gene {self.name!r}: expected whole bounds below 2^53 of an integer gene, "
                f"received low = {self.low}, high = {self.high}"
            )

    def _check_choices(self) -> None:
        if not 2 <= len(self.choices) <= MAX_CHOICES:
            raise ConfigError(
                f"gene {self.name!r}: expected 2 to {MAX_CHOICES} choices, received "
                f"{len(self.choices)}"
            )
        for choice in self.choices:
            if not (isinstance(choice, str) or abs(choice) <= sys.float_info.max):
                raise ConfigError(f"gene {self.name!r}: expected finite choices, found {choice}")
        if len({(type(choice), choice) for choice in self.choices}) < len(self.choices):
            raise ConfigError(f"gene {self.name!r}: a choice is named twice in {self.choices}")
        if (self.low, self.high) != (0.0, len(self.choices) - 1):
            raise ConfigError(f"gene {self.name!r}: bounds are for genes without choices")

    def value(self, number: float) -> Choice:
        """What a stored number stands for."""
        if self.kind == "categorical":
            return self.choices[int(number)]
        return int(number) if self.kind == "integer" else number


@dataclass(frozen=True, eq=False)
class VectorBatch:
    """Vectors of one description.

    Attributes:
        genes: What the columns are, the same for every row.
        values: The numbers; a whole one where the gene is an integer, the index of the choice
            where it is categorical.
    """

    genes: tuple[Gene, ...]
    values: Float64[np.ndarray, "batch genes"]
    _bytes: list[bytes] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: IntArray) -> Self:
        """The vectors at ``rows``."""
        return type(self)(self.genes, self.values[rows])

    def concatenate(self, others: Sequence[Self]) -> Self:
        """This batch followed by ``others``; all rows must have the same genes."""
        every = [batch for batch in (self, *others) if len(batch)] or [self]
        if any(batch.genes != every[0].genes for batch in every):
            raise ValueError("expected vectors of the same genes")
        return type(self)(every[0].genes, np.concatenate([batch.values for batch in every]))

    def sizes(self) -> IntArray:
        """Number of genes, the same for each vector."""
        return np.full(len(self), len(self.genes), dtype=np.int64)

    def rows_as_dicts(self) -> list[dict[str, Choice]]:
        """Gene name -> value (float, int or the choice itself) of each vector."""
        return [
            {gene.name: gene.value(number) for gene, number in zip(self.genes, row, strict=True)}
            for row in self.values.tolist()
        ]

    def to_bytes(self) -> list[bytes]:
        """Magic, the genes as compact JSON, the values, CRC32; little-endian."""
        if not self._bytes and len(self):
            text = _describe(self.genes)
            head = _MAGIC + len(text).to_bytes(4, "little") + text
            start = zlib.crc32(head)
            data = (self.values + 0.0).astype("<f8")  # + 0.0 makes -0.0 the one zero
            for row in data:
                body = row.tobytes()
                self._bytes.append(head + body + zlib.crc32(body, start).to_bytes(4, "little"))
        return list(self._bytes)

    def digests(self) -> list[bytes]:
        """blake2b-128 of the byte form."""
        return [blake2b(row, digest_size=16).digest() for row in self.to_bytes()]

    def structures(self) -> list[bytes]:
        """The same as `digests`: a vector has no fitted numbers."""
        return self.digests()

    @classmethod
    def from_bytes(cls, rows: Sequence[bytes]) -> Self:
        """Strict decoder; raises GenomeFormatError."""
        if not rows:
            return cls((), np.zeros((0, 0)))
        split = [_split(row) for row in rows]
        if any(text != split[0][0] for text, _ in split):
            raise GenomeFormatError("vectors of different genes in one batch")
        genes = _genes(split[0][0])
        width = 8 * len(genes)
        if any(len(body) != width for _, body in split):
            raise GenomeFormatError(f"vector of other than {len(genes)} values")
        data = np.frombuffer(b"".join(body for _, body in split), "<f8")
        values = data.astype(np.float64).reshape(len(rows), len(genes))
        if not _allowed(genes, values).all():
            raise GenomeFormatError("vector with a value that its gene does not allow")
        return cls(genes, values)


def bounds(genes: Sequence[Gene]) -> tuple[Float64[np.ndarray, " genes"], ...]:
    """Least and greatest value of each gene."""
    return (
        np.array([gene.low for gene in genes], dtype=np.float64),
        np.array([gene.high for gene in genes], dtype=np.float64),
    )


def _allowed(
    genes: tuple[Gene, ...], values: Float64[np.ndarray, "batch genes"]
) -> Bool[np.ndarray, "batch genes"]:
    low, high = bounds(genes)
    whole = np.array([gene.kind in ("integer", "categorical") for gene in genes], dtype=bool)
    inside = (low <= values) & (values <= high)  # false for NaN
    negative_zero = (values == 0) & np.signbit(values)
    return np.asarray(inside & ~negative_zero & (~whole | (values == np.rint(values))))


def _describe(genes: Sequence[Gene]) -> bytes:
    rows = [
        [gene.name, gene.kind, gene.low + 0.0, gene.high + 0.0, *gene.choices] for gene in genes
    ]
    text = json.dumps(rows, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def _split(row: bytes) -> tuple[bytes, bytes]:
    """Description and values of a row whose frame is sound."""
    if len(row) < _HEADER + 4 or row[:4] != _MAGIC:
        raise GenomeFormatError("not a vector: expected the header of a version 1 vector")
    if zlib.crc32(row[:-4]) != int.from_bytes(row[-4:], "little"):
        raise GenomeFormatError("vector bytes are damaged: the checksum does not match")
    length = int.from_bytes(row[4:_HEADER], "little")
    if length > min(MAX_DESCRIPTION, len(row) - _HEADER - 4):
        raise GenomeFormatError(f"vector with a description of {length} bytes: too long")
    return row[_HEADER : _HEADER + length], row[_HEADER + length : -4]


def _genes(text: bytes) -> tuple[Gene, ...]:
    """The genes of a description, which has to be the one that `_describe` writes."""
    try:
        rows = json.loads(text.decode("ascii"))
        genes = tuple(_gene(row) for row in rows[: MAX_GENES + 1])
        canonical = _describe(genes) == text
    except (ValueError, TypeError, RecursionError, ConfigError) as error:
        raise GenomeFormatError(f"vector genes are not described: {error}") from error
    if not canonical or len(genes) > MAX_GENES or len({g.name for g in genes}) < len(genes):
        raise GenomeFormatError("vector genes are not described in the canonical way")
    return genes


def _gene(row: Any) -> Gene:
    name, kind, low, high, *choices = row
    if not (isinstance(name, str) and isinstance(low, float) and isinstance(high, float)):
        raise TypeError(f"expected name, kind, low, high of a gene; received {name!r}")
    if not all(isinstance(choice, Choice) for choice in choices):
        raise TypeError(f"gene {name!r}: expected text, numbers or booleans as choices")
    return Gene(name, kind, low, high, tuple(choices))
