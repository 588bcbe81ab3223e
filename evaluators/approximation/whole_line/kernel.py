"""Kernel: a float32 program of one input as the body of a C or a JAX function.

In C every operation is rounded once, `fma` by the C library's ``fmaf``, which compilers turn into
one instruction where the processor has it; compile without contraction (``-ffp-contract=off``).

JAX has no fused operation to ask for. There ``fma`` is written as a product and a sum, and XLA's
CPU compiler fuses them, inside one compiled function, where the product has no other use. The
text is thus right under ``jax.jit`` alone, and what it computes has to be checked against
`evaluators.approximation.float32.arithmetic`.
"""

import numpy as np

from evosearch.errors import ExportError
from evosearch.export import number
from evosearch.export.document import ProgramDocument
from evosearch.export.source import Source

_COMMON = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
}
_C = _COMMON | {
    "fma": "fmaf({0}, {1}, {2})",
    "abs": "fabsf({0})",
    "sqrt": "sqrtf({0})",
    "max": "{0} > {1} ? {0} : {1}",
    "min": "{0} < {1} ? {0} : {1}",
}
_JAX = _COMMON | {
    "fma": "{0} * {1} + {2}",
    "abs": "jnp.abs({0})",
    "sqrt": "jnp.sqrt({0})",
    "max": "jnp.maximum({0}, {1})",
    "min": "jnp.minimum({0}, {1})",
}
OPERATIONS = tuple(_C)


def c_function(document: ProgramDocument, name: str) -> str:
    """``static inline float NAME(float x)``; raises ExportError as `source`."""
    program = source(document)
    body = [
        f"    const float c{j} = {_hex(text)}f; /* {_decimal(text)} */\n"
        for j, text in enumerate(program.constants)
    ]
    body += [f"    const float {n} = {text};\n" for n, text in program.statements(_C)]
    return (
        f"static inline float {name}(float x) {{\n"
        + "".join(body)
        + f"    return {program.output};\n}}\n"
    )


def jax_function(document: ProgramDocument, name: str) -> str:
    """``def NAME(x)`` of float32 arrays, to be called inside ``jax.jit``; raises as `source`.

    The module around it imports ``jax.numpy as jnp``.
    """
    program = source(document)
    body = [
        f"    c{j} = jnp.float32(float.fromhex('{_hex(text)}'))  # {_decimal(text)}\n"
        for j, text in enumerate(program.constants)
    ]
    body += [f"    {n} = {text}\n" for n, text in program.statements(_JAX)]
    value = program.output
    if value.startswith("c"):
        value = f"jnp.full_like(x, {value})"
    return f"def {name}(x):\n" + "".join(body) + f"    return {value}\n"


def source(document: ProgramDocument) -> Source:
    """The program under names of our own, its constants exact float32.

    Raises:
        ExportError: More than one input, or operations other than `OPERATIONS`.
    """
    program = Source.of(document)
    unknown = sorted(program.ops - set(OPERATIONS))
    if len(program.inputs) != 1 or unknown:
        raise ExportError(
            f"a float32 kernel has one input and operations from {', '.join(OPERATIONS)}; "
            f"received {len(program.inputs)} inputs and {', '.join(unknown) or 'such operations'}:"
            " export the program as c, jax or python"
        )
    return program


def _float32(text: str) -> float:
    with np.errstate(over="ignore"):
        value = float(np.float32(number.to_float(text)))
    if not np.isfinite(value):
        raise ExportError(f"constant {text} is infinite in float32: it has no such kernel")
    return value


def _hex(text: str) -> str:
    return _float32(text).hex()


def _decimal(text: str) -> str:
    return str(np.float32(_float32(text)))
