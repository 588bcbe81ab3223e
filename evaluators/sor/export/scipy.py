"""SciPy: a module that solves linear systems with a policy."""

from pathlib import Path
from typing import ClassVar

from evaluators.sor.export.module import module
from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument


class SciPyExporter:
    """``x, info = solve(A, b, ...)`` on NumPy and SciPy alone."""

    name = "scipy"
    suffix = "scipy.py"
    needs: ClassVar[tuple[str, ...]] = ("scipy",)

    def write(self, document: ProgramDocument) -> str:
        """The module; raises ExportError where the program is no policy of relaxation."""
        return module(document)

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Solve held-out systems with it, and compare with evosearch and with direct solutions."""
        from evaluators.sor.export.trial import tried  # loads JAX

        return tried(path, document)
