"""Domain: the public schema of a table, which is never learned from private rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from jaxtyping import Float64, UInt16

from evaluators.private_data import domain_file
from evaluators.private_data.bins import Bins
from evaluators.private_data.span import Spans
from evaluators.private_data.values import Values
from evosearch.errors import ConfigError
from evosearch.genomes.table import MAX_COLUMNS, MAX_SIZE, Column

MISSING = "missing"  # label of code 0 where a column has a text for it


@dataclass(frozen=True)
class Field:
    """One column: its name and how the texts of its cells become codes.

    Attributes:
        name: As in the first line of a CSV file.
        coding: Of the cells that are not missing.
        missing: Text of a missing cell, which has code 0; all other codes are one higher then.
            None where cells are never missing.
        given_labels: For people, one a code; what the coding says where there are none.

    Raises:
        ConfigError: The number of codes or labels is wrong, or a value is the missing text.
    """

    name: str
    coding: Values | Bins
    missing: str | None = None
    given_labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise ConfigError(f"expected 1 to {MAX_SIZE} codes, received {self.size}")
        if self.missing is not None and self.coding.code(self.missing) is not None:
            raise ConfigError('"missing" is a value too: leave it out of the values')
        if self.given_labels and len(self.given_labels) != self.size:
            raise ConfigError(
                f"expected {self.size} labels, one a code (that of missing first), received "
                f"{len(self.given_labels)}"
            )

    @property
    def size(self) -> int:
        """Number of codes."""
        return self.coding.size + self.shift

    @property
    def shift(self) -> int:
        """What missing adds to the codes of the coding: 1 or 0."""
        return int(self.missing is not None)

    def code(self, text: str) -> int | None:
        """Code of a cell, or None where the text does not belong here."""
        if text == self.missing:
            return 0
        code = self.coding.code(text)
        return None if code is None else code + self.shift

    def expected(self) -> str:
        """What a cell may be, for messages."""
        missing = f' or "{self.missing}" where missing' if self.missing is not None else ""
        return self.coding.expected() + missing

    def positions(self) -> Float64[np.ndarray, " codes"] | None:
        """Middles of numeric bins, the ends being 0 and 1, NaN at missing; else None."""
        inner = self.coding.positions()
        return None if inner is None else np.concatenate([np.full(self.shift, np.nan), inner])

    def spans(self) -> Spans | None:
        """The numbers that each code but missing stands for; None where codes are no numbers."""
        return self.coding.spans()

    def labels(self) -> tuple[str, ...]:
        """Text of each code for people."""
        return self.given_labels or ((MISSING,) * self.shift + self.coding.labels())

    def cells(self, codes: UInt16[np.ndarray, " rows"], rng: np.random.Generator) -> list[str]:
        """Texts of codes; numbers are drawn inside their bins."""
        if self.missing is None:
            return list(self.coding.cells(codes, rng))
        known = codes > 0
        drawn = iter(self.coding.cells(codes[known] - np.uint16(1), rng))
        return [next(drawn) if one else self.missing for one in known.tolist()]

    def to_json(self) -> int | dict[str, Any]:
        """As in a domain file."""
        coding = self.coding.to_json()
        if self.missing is None and not self.given_labels:
            return coding
        data = {"values": list(self.coding.labels())} if isinstance(coding, int) else coding
        data |= {"missing": self.missing} if self.missing is not None else {}
        return data | ({"labels": list(self.given_labels)} if self.given_labels else {})


@dataclass(frozen=True)
class Domain:
    """The columns of a table, in the order of its codes.

    Raises:
        ConfigError: There are none or too many of them, or a name occurs twice.
    """

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.fields) <= MAX_COLUMNS:
            raise ConfigError(f"expected 1 to {MAX_COLUMNS} columns, received {len(self.fields)}")
        if len(set(self.names)) < len(self.fields):
            raise ConfigError("a column occurs twice: leave one of them out")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a domain file (docs/private-data.md).

        Raises:
            ConfigError: With every mistake of the file.
        """
        return cls.from_json(domain_file.load(path), path.name)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], source: str = "domain") -> Self:
        """The domain of a mapping such as a domain file has.

        Args:
            data: Column -> how its cells become codes.
            source: Its name in messages.

        Raises:
            ConfigError: With every mistake.
        """
        fields: list[Field] = []
        mistakes: list[str] = []
        for name, entry in data.items():
            try:
                fields.append(Field(name, *domain_file.coding(name, entry)))
            except ConfigError as error:
                mistakes += [f"{source}: column {name!r}: {text}" for text in error.mistakes]
        if mistakes:
            raise ConfigError(mistakes)
        try:
            return cls(tuple(fields))
        except ConfigError as error:
            raise ConfigError(f"{source}: {error}") from error

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(field.name for field in self.fields)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each column."""
        return tuple(field.size for field in self.fields)

    def take(self, names: Sequence[str]) -> Self:
        """The domain of these columns, in this order.

        Raises:
            ConfigError: There is no such column, or one is named twice.
        """
        known = {field.name: field for field in self.fields}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ConfigError(
                f"columns: expected some of {', '.join(known)}, received {', '.join(unknown)}"
            )
        return type(self)(tuple(known[name] for name in names))

    def columns(self) -> tuple[Column, ...]:
        """The columns of its tables."""
        return tuple(Column(field.name, field.size) for field in self.fields)

    def to_json(self) -> dict[str, Any]:
        """As in a domain file."""
        return {field.name: field.to_json() for field in self.fields}
