"""What a report is made of, before it is Markdown or HTML: sections of blocks of plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Note:
    """Something that the reader should know about what is missing or limited."""

    text: str


@dataclass(frozen=True)
class Code:
    """Lines to be copied."""

    text: str


@dataclass(frozen=True)
class Column:
    """Heading of a table's column and how its cells are set."""

    heading: str
    kind: Literal["text", "number", "code"] = "text"


@dataclass(frozen=True)
class Table:
    """Cells are finished text; ``marked`` names the row that matters most."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    marked: int | None = None


@dataclass(frozen=True)
class Picture:
    """One drawing in the two forms that writers need.

    Attributes:
        name: File name without a suffix.
        svg: With ``currentColor`` and CSS variables for colours, to stand inside a page.
        png: On white, to stand alone.
        caption: What can be read from it, in numbers.
        description: What it shows, for those who cannot see it.
    """

    name: str
    svg: str
    png: bytes
    caption: str
    description: str


Block = Paragraph | Note | Code | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """Everything that a writer needs."""

    title: str
    subtitle: str
    sections: Sequence[Section]

    @property
    def pictures(self) -> list[Picture]:
        """Every picture, in order."""
        return [
            block
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Picture)
        ]
