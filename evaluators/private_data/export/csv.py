"""Csv: a table with the texts and numbers that its private counterpart has."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from evaluators.private_data import csv_file
from evaluators.private_data.constraints import broken
from evaluators.private_data.export.rows import Rows, rows_of
from evaluators.private_data.export.statement import statement
from evaluators.private_data.usage import Usage
from evosearch.errors import ConfigError, ExportError
from evosearch.export.check import CheckResult
from evosearch.export.table import TableDocument

_PURPOSE = 1 << 63  # of the stream, apart from those of a search
_ADVICE = (
    'export an individual of a campaign with [evaluator] use = "private_data"; its tables have it'
)


class Csv:
    """``FILE.csv``, and ``FILE.privacy.json`` that says what its privacy is."""

    name = "csv"
    suffix = "csv"
    needs: ClassVar[tuple[str, ...]] = ()
    table = True

    def write(self, document: TableDocument) -> str:
        """The rows as text; raises ExportError where the document is no private table's."""
        usage = _usage(document)
        rng = _stream(document)
        return csv_file.text(usage.domain, _rows(document, usage, rng).codes, rng)

    def check(self, path: Path, document: TableDocument) -> CheckResult:
        """Read the file by the domain; it must have the codes, and satisfy the constraints."""
        if path.suffix == ".gz":
            return CheckResult("failed", message="name a file that ends in .csv: it is not packed")
        usage = _usage(document)
        expected = _rows(document, usage, _stream(document))
        try:
            found = csv_file.read(path, usage.domain)
        except ConfigError as error:
            return CheckResult("failed", message=f"the file does not fit the domain: {error}")
        if not np.array_equal(found, expected.codes):
            return CheckResult("failed", message="the rows read back differently")
        counts = broken(usage.constraints, found)
        if counts.any():
            return CheckResult("failed", message="a row breaks a constraint")
        return CheckResult("ok", message=_told(usage, expected))

    def companions(self, path: Path, document: TableDocument, text: str) -> Mapping[Path, str]:
        """``FILE.privacy.json``; raises ExportError where the ledger has nothing about it."""
        usage = _usage(document)
        replaced = _rows(document, usage, _stream(document)).replaced
        beside = path.with_name(f"{path.stem}.privacy.json")
        return {beside: statement(path, document, usage, text, replaced)}


def _told(usage: Usage, rows: Rows) -> str:
    told = f"{len(rows.codes)} rows read back equal"
    if usage.constraints:
        told += f", {len(usage.constraints)} constraints hold"
    if rows.replaced:
        told += f" ({rows.replaced} rows of the table broke one and were replaced)"
    return told


def _rows(document: TableDocument, usage: Usage, rng: np.random.Generator) -> Rows:
    return rows_of(document.codes, document.rows, usage.constraints, rng)


def _stream(document: TableDocument) -> np.random.Generator:
    key = np.array([document.seed & 0xFFFF_FFFF_FFFF_FFFF, _PURPOSE], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def _usage(document: TableDocument) -> Usage:
    if not isinstance(document, TableDocument):
        raise ExportError(f"expected a table, received a program: {_ADVICE}")
    try:
        usage = Usage.from_json(document.metadata.get("usage"))
    except ConfigError as error:
        raise ExportError(f"{error}: {_ADVICE}") from error
    if usage.domain.columns() != document.columns:
        raise ExportError(
            "the domain file has other columns than the table: expected the one that the campaign "
            "started with"
        )
    return usage
