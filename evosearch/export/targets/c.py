"""C99: a function of double and one of float, coefficients as hex floats."""

import math
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from evosearch.export import number, process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument
from evosearch.export.source import Source
from evosearch.genomes.primitives import PROTECTED

_FORMATS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    # NaN in either argument gives NaN, other than fmax and fmin
    "max": "({0} != {0} || {0} > {1}) ? {0} : {1}",
    "min": "({0} != {0} || {0} < {1}) ? {0} : {1}",
    "fma": "{0} * {1} + {2}",
    "neg": "-{0}",
    "abs": "fabsF({0})",
    "sqrt": "sqrtF({0})",
    "exp": "expF({0})",
    "log": "logF({0})",
    "sin": "sinF({0})",
    "cos": "cosF({0})",
    "tan": "tanF({0})",
    "tanh": "tanhF({0})",
    "atan": "atanF({0})",
    "sinh": "sinhF({0})",
    "cosh": "coshF({0})",
    # a limit of two to a power is the same number in double and in float
    "pdiv": f"fabsF({{1}}) <= {PROTECTED.hex()} ? 1 : {{0}} / {{1}}",
    "plog": f"fabsF({{0}}) <= {PROTECTED.hex()} ? 0 : logF(fabsF({{0}}))",
    "psqrt": "sqrtF(fabsF({0}))",
    "sigmoid": "expF(fminF({0}, 0)) / (1 + expF(-fabsF({0})))",
    "softplus": "fmaxF({0}, 0) + log1pF(expF(-fabsF({0})))",
    "sinc": "{0} == 0 ? 1 : sinF({0}) / {0}",
    "erf": "erfF({0})",
    "erfc": "erfcF({0})",
    "expm1": "expm1F({0})",
    "asinh": "asinhF({0})",
    "pow": "powF({0}, {1})",
}
_CONTRACTION = """
/* No fused multiply-add: results are the same on every machine. GCC needs -std=c99 (or
   -ffp-contract=off) for that, other compilers read the pragma. */
#if !defined(__GNUC__) || defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif
"""
_MAIN = """
#ifdef {macro}_CHECK
#include <stdio.h>

/* Reads inputs, prints the values in double and in float, all as hex floats. */
int main(void) {{
    double x[{inputs}];
    int i = 0;
    while (scanf("%la", &x[i]) == 1) {{
        if (++i < {inputs}) continue;
        i = 0;
        printf("%a %a\\n", {name}({wide}), (double){name}f({narrow}));
    }}
    return 0;
}}
#endif
"""
_COMPILE = ("-std=c99", "-O2", "-Wall", "-Werror")


class CExporter:
    """A C99 file without dependencies beyond the mathematics library."""

    name = "c"
    suffix = "c"
    needs: ClassVar[tuple[str, ...]] = ()

    def write(self, document: ProgramDocument) -> str:
        """``double NAME(double)``, ``float NAMEf(float)`` and a ``main`` behind NAME_CHECK."""
        source = Source.of(document)
        n = len(source.inputs)
        main = _MAIN.format(
            macro=source.name.upper(),
            name=source.name,
            inputs=n,
            wide=", ".join(f"x[{i}]" for i in range(n)),
            narrow=", ".join(f"(float)x[{i}]" for i in range(n)),
        )
        header = ["A program found by evosearch.", "", *source.comments]
        return (
            "".join(f"/* {line}".rstrip() + " */\n" for line in header)
            + "\n#include <math.h>\n"
            + _CONTRACTION
            + _definition(source, "double", "")
            + _definition(source, "float", "f")
            + main
        )

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Compile it without warnings, run it, compare both functions with the document."""
        compiler = shutil.which("cc")
        if compiler is None:
            return CheckResult("skipped", message="skipped: needs a C compiler called cc")
        x = sample_points(document)
        macro = f"-D{Source.of(document).name.upper()}_CHECK"
        points = "\n".join(" ".join(float(value).hex() for value in point) for point in x.T)
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder) / "check"
            process.run([compiler, *_COMPILE, macro, "-x", "c", path, "-o", binary, "-lm"])
            lines = process.run([binary], points).splitlines()
        values = np.array([[float.fromhex(value) for value in line.split()] for line in lines])
        if values.shape != (x.shape[1], 2):
            return CheckResult("failed", message=f"{len(lines)} values for {x.shape[1]} points")
        narrow = values[:, 1].astype(np.float32)
        return together(
            [
                compare(document, x, values[:, 0]),
                compare(document, x.astype(np.float32), narrow),
            ]
        )


def _definition(source: Source, kind: str, ending: str) -> str:
    """One function in one precision; ``ending`` is that of the library's functions."""
    table = {op: text.replace("F(", f"{ending}(") for op, text in _FORMATS.items()}
    arguments = ", ".join(f"{kind} {name}" for name in source.inputs)
    constants = [
        f"    static const {kind} c{j} = {_literal(text, kind)}; /* {number.to_decimal(text)} */\n"
        for j, text in enumerate(source.constants)
    ]
    body = [f"    const {kind} {name} = {text};\n" for name, text in source.statements(table)]
    return (
        f"\n{kind} {source.name}{ending}({arguments}) {{\n"
        + "".join(constants)
        + "".join(body)
        + f"    return {source.output};\n}}\n"
    )


def _literal(text: str, kind: str) -> str:
    value = number.to_float(text)
    if kind == "double":
        return value.hex()
    with np.errstate(over="ignore"):
        narrow = float(np.float32(value))
    return f"{narrow.hex()}f" if math.isfinite(narrow) else f"{'-' * (value < 0)}HUGE_VALF"
