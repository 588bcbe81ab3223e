"""NumPy: a module with one function of arrays."""

from pathlib import Path
from typing import ClassVar

from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.targets.array import check_module, write_module


class NumpyExporter:
    """A function of NumPy arrays, float64 or float32."""

    name = "numpy"
    suffix = "numpy.py"
    needs: ClassVar[tuple[str, ...]] = ("numpy",)

    def write(self, document: ProgramDocument) -> str:
        """A module that needs NumPy alone, or SciPy where NumPy has not the functions."""
        return write_module(document, "numpy", "np")

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Run it in both precisions."""
        return check_module(path, document)
