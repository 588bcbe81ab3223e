"""What the NumPy and the JAX module have in common."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evosearch.export import number, process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument
from evosearch.export.source import Source, function_name
from evosearch.genomes.primitives import PROTECTED

_FORMATS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "max": "MODULE.maximum({0}, {1})",
    "min": "MODULE.minimum({0}, {1})",
    "fma": "{0} * {1} + {2}",
    "neg": "-{0}",
    "abs": "MODULE.abs({0})",
    "sqrt": "MODULE.sqrt({0})",
    "exp": "MODULE.exp({0})",
    "log": "MODULE.log({0})",
    "sin": "MODULE.sin({0})",
    "cos": "MODULE.cos({0})",
    "tan": "MODULE.tan({0})",
    "tanh": "MODULE.tanh({0})",
    "atan": "MODULE.arctan({0})",
    "sinh": "MODULE.sinh({0})",
    "cosh": "MODULE.cosh({0})",
    "pdiv": f"MODULE.where(MODULE.abs({{1}}) <= {PROTECTED}, 1, {{0}} / {{1}})",
    "plog": f"MODULE.where(MODULE.abs({{0}}) <= {PROTECTED}, 0, MODULE.log(MODULE.abs({{0}})))",
    "psqrt": "MODULE.sqrt(MODULE.abs({0}))",
    "sigmoid": "MODULE.exp(MODULE.minimum({0}, 0)) / (1 + MODULE.exp(-MODULE.abs({0})))",
    "softplus": "MODULE.maximum({0}, 0) + MODULE.log1p(MODULE.exp(-MODULE.abs({0})))",
    # sin(x) / x, also where a derivative is taken
    "sinc": "MODULE.where({0} == 0, 1, MODULE.sin({0}) / MODULE.where({0} == 0, 1, {0}))",
    "erf": "special.erf({0})",
    "erfc": "special.erfc({0})",
    "expm1": "MODULE.expm1({0})",
    "asinh": "MODULE.arcsinh({0})",
    "i0e": "special.i0e({0})",
    "i1e": "special.i1e({0})",
    "pow": "MODULE.power({0}, {1})",
}
_SPECIAL = {"erf", "erfc", "i0e", "i1e"}
_IMPORT = {"numpy": "from scipy import special", "jax.numpy": "from jax.scipy import special"}


def write_module(
    document: ProgramDocument, module: str, prefix: str, notes: Sequence[str] = ()
) -> str:
    """A module with one function of arrays; constants take the arrays' precision."""
    source = Source.of(document)
    table = {op: text.replace("MODULE", prefix) for op, text in _FORMATS.items()}
    constants = [
        f"c{j} = float.fromhex('{number.to_float(text).hex()}')  # {number.to_decimal(text)}\n"
        for j, text in enumerate(source.constants)
    ]
    body = [f"    {name} = {text}\n" for name, text in source.statements(table)]
    if source.output.startswith("c"):
        value = f"{prefix}.full_like({source.inputs[0]}, {source.output})"
    else:
        value = source.output
    header = ["A program found by evosearch.", "", *source.comments, *notes]
    return (
        "".join(f"# {line}".rstrip() + "\n" for line in header)
        + f"\nimport {module} as {prefix}\n"
        + (f"{_IMPORT[module]}\n\n" if source.ops & _SPECIAL else "\n")
        + "".join(constants)
        + f"\n\ndef {source.name}({source.arguments}):\n"
        + '    """Values of arrays of floats, in their own precision."""\n'
        + "".join(body)
        + f"    return {value}\n"
    )


def check_module(path: Path, document: ProgramDocument) -> CheckResult:
    """Compare a module's values with the document's in float64 and float32."""
    x = sample_points(document)
    (values,) = process.rerun("array", [process.job(path, function_name(document), x)])
    return together(
        [
            compare(
                document,
                x.astype(dtype),
                np.array([float.fromhex(value) for value in found]).astype(dtype),
            )
            for dtype, found in values.items()
        ]
    )
