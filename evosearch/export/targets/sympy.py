"""SymPy: a module that builds the expression by constructors, nothing simplified."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from evosearch.export import number, process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument
from evosearch.export.source import Source
from evosearch.export.values import regular

_POINTS = 24
_FORMATS = {
    "add": "sympy.Add({0}, {1}, evaluate=False)",
    "sub": "sympy.Add({0}, sympy.Mul(-1, {1}, evaluate=False), evaluate=False)",
    "mul": "sympy.Mul({0}, {1}, evaluate=False)",
    "div": "sympy.Mul({0}, sympy.Pow({1}, -1, evaluate=False), evaluate=False)",
    "max": "sympy.Max({0}, {1}, evaluate=False)",
    "min": "sympy.Min({0}, {1}, evaluate=False)",
    "fma": "sympy.Add(sympy.Mul({0}, {1}, evaluate=False), {2}, evaluate=False)",
    "neg": "sympy.Mul(-1, {0}, evaluate=False)",
    "abs": "sympy.Abs({0}, evaluate=False)",
    "sqrt": "sympy.Pow({0}, sympy.Rational(1, 2), evaluate=False)",
    "exp": "sympy.exp({0}, evaluate=False)",
    "log": "sympy.log({0}, evaluate=False)",
    "sin": "sympy.sin({0}, evaluate=False)",
    "cos": "sympy.cos({0}, evaluate=False)",
    "tan": "sympy.tan({0}, evaluate=False)",
    "tanh": "sympy.tanh({0}, evaluate=False)",
    "atan": "sympy.atan({0}, evaluate=False)",
    "sinh": "sympy.sinh({0}, evaluate=False)",
    "cosh": "sympy.cosh({0}, evaluate=False)",
    "pdiv": "sympy.Piecewise((1, sympy.Abs({1}) <= sympy.Rational(1, 1024)), "
    "(sympy.Mul({0}, sympy.Pow({1}, -1, evaluate=False), evaluate=False), True))",
    "plog": "sympy.Piecewise((0, sympy.Abs({0}) <= sympy.Rational(1, 1024)), "
    "(sympy.log(sympy.Abs({0}, evaluate=False), evaluate=False), True))",
    "psqrt": "sympy.Pow(sympy.Abs({0}, evaluate=False), sympy.Rational(1, 2), evaluate=False)",
    "sigmoid": "sympy.Pow(sympy.Add(1, sympy.exp(sympy.Mul(-1, {0}, evaluate=False), "
    "evaluate=False), evaluate=False), -1, evaluate=False)",
    "softplus": "sympy.log(sympy.Add(1, sympy.exp({0}, evaluate=False), evaluate=False), "
    "evaluate=False)",
    "sinc": "sympy.sinc({0}, evaluate=False)",
    "erf": "sympy.erf({0}, evaluate=False)",
    "erfc": "sympy.erfc({0}, evaluate=False)",
    "expm1": "sympy.Add(sympy.exp({0}, evaluate=False), -1, evaluate=False)",
    "asinh": "sympy.asinh({0}, evaluate=False)",
    "i0e": "sympy.Mul(sympy.besseli(0, {0}), sympy.exp(sympy.Mul(-1, sympy.Abs({0}, "
    "evaluate=False), evaluate=False), evaluate=False), evaluate=False)",
    "i1e": "sympy.Mul(sympy.besseli(1, {0}), sympy.exp(sympy.Mul(-1, sympy.Abs({0}, "
    "evaluate=False), evaluate=False), evaluate=False), evaluate=False)",
    "pow": "sympy.Pow({0}, {1}, evaluate=False)",
}


class SympyExporter:
    """An expression with constants of all their digits."""

    name = "sympy"
    suffix = "sympy.py"
    needs: ClassVar[tuple[str, ...]] = ("sympy",)

    def write(self, document: ProgramDocument) -> str:
        """A module with ``inputs``, ``expression`` and a function that returns it."""
        source = Source.of(document)
        constants = [f"    c{j} = {_constant(text)}\n" for j, text in enumerate(source.constants)]
        body = [f"    {name} = {text}\n" for name, text in source.statements(_FORMATS)]
        header = ["A program found by evosearch.", "", *source.comments]
        return (
            "".join(f"# {line}".rstrip() + "\n" for line in header)
            + "\nimport sympy\n\n"
            + "".join(f"{x} = sympy.Symbol('{x}', real=True)\n" for x in source.inputs)
            + f"inputs = ({''.join(f'{x}, ' for x in source.inputs).strip()})\n"
            + f"\n\ndef {source.name}({', '.join(source.inputs)}):\n"
            + '    """The program of these expressions, as it was found."""\n'
            + "".join(constants)
            + "".join(body)
            + f"    return {source.output}\n\n\n"
            + f"expression = {source.name}({', '.join(source.inputs)})\n"
        )

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Compare the expression's values with the document's at some points."""
        x = sample_points(document)
        x = x[:, regular(document, x)]
        x = x[:, :: max(1, x.shape[1] // _POINTS)]
        name = Source.of(document).name
        (values,) = process.rerun("sympy", [process.job(path, name, x)])
        found = np.array([float(value) for value in values["exact"]])
        return together([compare(document, x, found, exact=True)])


def _constant(text: str) -> str:
    if number.is_hex(text):
        return f"sympy.Float(float.fromhex('{number.to_float(text).hex()}'))"
    return f"sympy.Float('{text}', {max(15, number.digits(text))})"
