"""JAX: a module with one compiled function of float32 arrays."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from evaluators.approximation.whole_line import judge
from evaluators.approximation.whole_line.kernel import jax_function, source
from evaluators.approximation.whole_line.line import Line
from evosearch.export import process
from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.source import comment

_FILE = """\

import jax
from jax import lax
from jax import numpy as jnp


# {formula} for x in {interval}; only inside a compiled function are a * b + c rounded once.
{kernel}

@jax.jit
def {name}(x):
    \"\"\"{formula} of a float32 array, for {domain}.\"\"\"
{body}

if __name__ == "__main__":
    # reads bit patterns of float32, prints those of the values
    import sys

    import numpy

    words = numpy.array([int(word) for word in sys.stdin.read().split()], numpy.uint32)
    values = numpy.asarray({name}(jnp.asarray(words.view(numpy.float32))))
    print(*values.view(numpy.uint32))
"""


@dataclass(frozen=True)
class WholeLineJax:
    """A module that computes one function."""

    line: Line
    needs: ClassVar[tuple[str, ...]] = ("jax",)

    @property
    def name(self) -> str:
        """For example ``jax-exp2``."""
        return f"jax-{self.line.name}"

    @property
    def suffix(self) -> str:
        """For example ``exp2.jax.py``."""
        return f"{self.line.name}.jax.py"

    def write(self, document: ProgramDocument) -> str:
        """The module; raises ExportError where the program is no float32 kernel."""
        program = source(document)
        kernel = f"{program.name}_kernel"
        header = [f"{self.line.formula} from a kernel found by evosearch.", ""]
        header += [*program.comments, "", *map(comment, self.line.notes)]
        return "".join(f"# {line}".rstrip() + "\n" for line in header) + _FILE.format(
            formula=self.line.formula,
            interval=self.line.interval,
            kernel=jax_function(document, kernel),
            name=program.name,
            body=self.line.jax.replace("KERNEL", kernel),
            domain=self.line.domain,
        )

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Run it; compare its values with exact arithmetic, bit for bit.

        Which operations a compiler fuses is its own decision, so that this alone tells.
        """
        x = judge.inputs(self.line, document)
        text = process.run_python(path, text=" ".join(map(str, x.view(np.uint32))))
        values = np.array(text.split(), np.uint32).view(np.float32)
        return judge.judged(self.line, document, x, values)
