"""Tables: one table of coded records as a document, and what writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt16

from evosearch.export.check import CheckResult
from evosearch.genomes.table import Column


@dataclass(frozen=True, eq=False)
class TableDocument:
    """One table, how it is to be written, and what is known about it.

    Attributes:
        columns: Of the table.
        codes: Of its rows.
        rows: How many are to be written; not always as many as the table has.
        seed: Of whatever is drawn on the way.
        metadata: Campaign, id, digest and claims; ``usage`` as the evaluator says it; ``privacy``
            as `evosearch.store.ledger.Privacy.as_json`, None where nothing was charged.
    """

    columns: tuple[Column, ...]
    codes: UInt16[np.ndarray, "own_rows columns"]
    rows: int
    seed: int
    metadata: dict[str, Any] = field(default_factory=dict)


@runtime_checkable
class TableExporter(Protocol):
    """A target of exports that takes tables, found as `evosearch.export.exporter.Exporter` is.

    Attributes:
        name: As given to ``export --format``.
        suffix: Of file names, without the leading dot.
        needs: Python packages that the check imports.
        table: True: this is what tells it from an exporter of programs.
    """

    name: str
    suffix: str
    needs: tuple[str, ...]
    table: bool

    def write(self, document: TableDocument) -> str:
        """The table as text; the same document, the same text."""
        ...

    def check(self, path: Path, document: TableDocument) -> CheckResult:
        """Read the file at ``path`` and compare it with the document."""
        ...

    def companions(self, path: Path, document: TableDocument, text: str) -> Mapping[Path, str]:
        """Files that are to lie beside ``path``, which has ``text``, and what they contain."""
        ...
