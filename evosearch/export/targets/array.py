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
}


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
        + f"\nimport {module} as {prefix}\n\n"
        + "".join(constants)
        + f"\n\ndef {source.name}({', '.join(source.inputs)}):\n"
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
