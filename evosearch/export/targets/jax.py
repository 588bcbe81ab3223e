"""JAX: a module with one pure function of arrays, to jit, vmap and differentiate."""

from pathlib import Path
from typing import ClassVar

from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.targets.array import check_module, write_module

_NOTES = (
    "float64 arrays need the JAX option jax_enable_x64; under jit the compiler may fuse",
    "products and sums, which changes the last place.",
)


class JaxExporter:
    """A function of JAX arrays, float64 or float32."""

    name = "jax"
    suffix = "jax.py"
    needs: ClassVar[tuple[str, ...]] = ("jax",)

    def write(self, document: ProgramDocument) -> str:
        """A module that needs JAX alone."""
        return write_module(document, "jax.numpy", "jnp", _NOTES)

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Run it, operation by operation, in both precisions."""
        return check_module(path, document)
