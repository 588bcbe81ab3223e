"""JSON: the program document itself."""

from pathlib import Path
from typing import ClassVar

from evosearch.errors import FormatError
from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument


class JsonExporter:
    """A program document, for ``evosearch verify`` and other programs."""

    name = "json"
    suffix = "json"
    needs: ClassVar[tuple[str, ...]] = ()

    def write(self, document: ProgramDocument) -> str:
        """The document in normal form."""
        return document.simplified().to_json()

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Read it back: it has to be equal."""
        try:
            again = ProgramDocument.read(path)
        except FormatError as error:
            return CheckResult("failed", message=str(error))
        if again != document:
            return CheckResult("failed", message="the document reads back differently")
        return CheckResult("ok", message="read back equal")
