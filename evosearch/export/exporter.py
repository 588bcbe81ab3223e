"""Exporter: writes programs as text of one kind, and re-runs what it wrote."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument


@runtime_checkable
class Exporter(Protocol):
    """A target of exports, found by name in the entry points ``evosearch.exporters``.

    Optional: ``write_bytes(document) -> bytes``, the program as a file that is no text, which is
    written in place of ``write``.

    Attributes:
        name: As given to ``export --format``.
        suffix: Of file names, without the leading dot.
        needs: Python packages that the check (not the writing) imports.
    """

    name: str
    suffix: str
    needs: tuple[str, ...]

    def write(self, document: ProgramDocument) -> str:
        """The program as text."""
        ...

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Re-run the file at ``path`` and compare it with the document's own values."""
        ...
