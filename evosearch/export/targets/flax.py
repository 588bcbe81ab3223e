"""Flax: a function of JAX arrays, its parameters, and a linen module where Flax is installed."""

from pathlib import Path
from typing import ClassVar

from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.properties import gain, require_function
from evosearch.export.source import Source
from evosearch.export.targets.array import check_module, write_module
from evosearch.export.targets.torch import class_name, one_line

_NOTES = (
    "Without Flax the function and initial_parameters() can be used; train the parameters at",
    "0.1 of the learning rate and without weight decay.",
)
_MODULE = '''

FORMULA = {formula!r}
GAIN = {gain}  # 1 / sqrt(E f(z)^2), z standard normal: for the scale of initial weights


def initial_parameters(channels=None):
    """Parameters to begin with: scalars, or one value for each channel (the last axis)."""
    shape = () if channels is None else (channels,)
    return {{{initial}}}


def apply(parameters, x):
    """Values of an array of any shape, in its type; half precision is computed in float32."""
    wide = x.astype(jnp.float32) if x.dtype.itemsize == 2 else x
    values = {{name: value.astype(wide.dtype) for name, value in parameters.items()}}
    return {name}(wide, **values).astype(x.dtype)


def is_activation(path):
    """Whether the path of a leaf in a tree of parameters leads into this module.

    For a mask of weight decay and for a learning rate of its own.
    """
    return any({module!r} in str(part) for part in path)


try:
    from flax import linen
except ImportError:
    pass
else:

    class {module}(linen.Module):
        """{formula}

        Attributes:
            channels: None for one value of each parameter; else one for each of the last axis.
        """

        channels: int | None = None

        @linen.compact
        def __call__(self, x):
            initial = initial_parameters(self.channels)
            own = {{
                name: self.param(name, lambda _, value=value: value)
                for name, value in initial.items()
            }}
            return apply(own, x)
'''


class FlaxExporter:
    """A module of JAX with a dict of parameters, and a ``flax.linen.Module``."""

    name = "flax"
    suffix = "flax.py"
    needs: ClassVar[tuple[str, ...]] = ("jax",)

    def write(self, document: ProgramDocument) -> str:
        """A Python file that needs JAX, and Flax for its class.

        Raises:
            ExportError: The program is no function of one variable and learnable parameters.
        """
        require_function(document)
        source = Source.of(document)
        initial = (
            f'"{name}": jnp.full(shape, {value!r}, jnp.float32)'
            for name, value in source.parameters.items()
        )
        return write_module(document, "jax.numpy", "jnp", _NOTES) + _MODULE.format(
            formula=one_line(document, source),
            gain=gain(document),
            initial=", ".join(initial),
            name=source.name,
            module=class_name(document),
        )

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Run the function in both precisions; the class, which needs Flax, is not run."""
        return check_module(path, document)
