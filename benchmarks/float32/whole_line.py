"""All 2^32 inputs of the exported 2^x: C against the C library's double, JAX against C."""

import ctypes
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from benchmarks.float32.xla import defined
from evaluators.approximation.whole_line.c import FLAGS, WholeLineC, compiled
from evaluators.approximation.whole_line.exp2 import EXP2
from evaluators.approximation.whole_line.jax import WholeLineJax
from evaluators.approximation.whole_line.kernel import source
from evosearch.export import file
from evosearch.export.document import ProgramDocument

BLOCK = 1 << 22
_RESULT = re.compile(r"(\d+) inputs, largest error ([\d.]+) ulp at (\S+), (\d+) wrong")


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        inputs: How many were tried.
        error: Largest error in ULP, in C.
        worst: Where.
        wrong: Results of the wrong kind: not NaN, infinite or of the sign that they must be.
        different: Inputs where JAX gives other bits than C; NaN is NaN.
    """

    inputs: int
    error: float
    worst: str
    wrong: int
    different: int

    @property
    def right(self) -> bool:
        """Whether there is nothing to be repaired."""
        return not self.wrong and not self.different

    def text(self) -> str:
        """One sentence."""
        return (
            f"{self.inputs:,} float32 inputs: largest error {self.error:.4f} ulp at {self.worst}, "
            f"{self.wrong} results of the wrong kind, {self.different} that differ between C and "
            "JAX."
        )


def exhaustive(document: ProgramDocument, step: int = 1) -> Found:
    """Export a kernel of 2^x in C and JAX, check both exports, and try every ``step``-th input.

    Raises:
        ExportError: An export fails its own check, or there is no C compiler.
    """
    name = source(document).name
    with tempfile.TemporaryDirectory() as folder:
        c, module = Path(folder) / "line.c", Path(folder) / "line.py"
        file.export(document, WholeLineC(EXP2), c)
        file.export(document, WholeLineJax(EXP2), module)
        check = [str(compiled(c, name, Path(folder))), "all", str(step)]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        found = _RESULT.match(done.stdout)
        if found is None:
            raise RuntimeError(f"the export's own check printed {done.stdout!r}")
        inputs, error, worst, wrong = found.groups()
        library = _library(c, name, Path(folder))
        function = defined(module.read_text("ascii"), name)
        different = _different(library, function, step)
    return Found(int(inputs), float(error), worst, int(wrong), different)


def _library(path: Path, name: str, folder: Path) -> Any:
    made = folder / "line.so"
    command = ["cc", *FLAGS, "-fPIC", "-shared", str(path), "-o", str(made), "-lm"]
    subprocess.run(command, check=True, capture_output=True)
    array: Any = getattr(ctypes.CDLL(str(made)), f"{name}_array")
    array.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    return array


def _different(c: Any, function: Callable[[Any], Any], step: int) -> int:
    count = 0
    for start in range(0, 1 << 32, BLOCK * step):
        bits = np.arange(start, min(start + BLOCK * step, 1 << 32), step, dtype=np.int64)
        x = bits.astype(np.uint32).view(np.float32)
        first: npt.NDArray[np.float32] = np.empty_like(x)
        c(x.ctypes.data, first.ctypes.data, len(x))
        second = np.asarray(function(jnp.asarray(x)))
        same = first.view(np.uint32) == second.view(np.uint32)
        count += int(np.sum(~same & ~(np.isnan(first) & np.isnan(second))))
    return count
