"""Python: a module of the standard library alone that checks its own claims when it is run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from evosearch.export import number, process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument
from evosearch.export.source import Source, function_name
from evosearch.export.values import ROUNDED
from evosearch.genomes.primitives import PROTECTED

FORMATS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "max": "max({0}, {1})",
    "min": "min({0}, {1})",
    "fma": "{0} * {1} + {2}",
    "neg": "-{0}",
    "abs": "abs({0})",
    "sqrt": "sqrt({0})",
    "exp": "exp({0})",
    "log": "log({0})",
    "sin": "math.sin({0})",
    "cos": "math.cos({0})",
    "tan": "math.tan({0})",
    "tanh": "math.tanh({0})",
    "atan": "math.atan({0})",
    "sinh": "math.sinh({0})",
    "cosh": "math.cosh({0})",
    "pdiv": f"1 if abs({{1}}) <= {PROTECTED} else {{0}} / {{1}}",
    "plog": f"0 if abs({{0}}) <= {PROTECTED} else log(abs({{0}}))",
    "psqrt": "sqrt(abs({0}))",
    "sigmoid": "math.exp(min({0}, 0)) / (1 + math.exp(-abs({0})))",
    "softplus": "max({0}, 0) + math.log1p(math.exp(-abs({0})))",
    "sinc": "math.sin({0}) / {0} if {0} else 1",
    "erf": "math.erf({0})",
    "erfc": "math.erfc({0})",
    "expm1": "math.expm1({0})",
    "asinh": "math.asinh({0})",
    "pow": "math.pow({0}, {1})",
}
# decimal.Decimal has no others; programs that use them are checked in float64 only
_DECIMAL_METHOD = {"sqrt": "sqrt", "exp": "exp", "log": "ln"}
_DECIMAL = ROUNDED | _DECIMAL_METHOD.keys() | {"plog"}
_CALLS = {"plog": "log", "psqrt": "sqrt"}
_GUARD_DIGITS = 20

_FUNCTION = '''
def {function}(x):
    """{function} of a float, or of a Decimal in its context's precision."""
    return x.{method}() if isinstance(x, Decimal) else math.{function}(x)

'''
_CHECK = '''
def errors_at(points, function):
    """Errors at the points where nothing on the way is infinite."""
    errors = []
    for x, y in points:
        try:
            errors.append(error(Decimal(function(x)), y))
        except (ArithmeticError, ValueError):
            pass
    return errors


def check():
    """Largest errors at the reference points, as (arithmetic, points, error).

    Raises ValueError where an error is above what is claimed: by one percent, in float64 also by
    one rounding, because claims are made at other points.
    """
    results = []
    with localcontext() as context:
        context.prec = {precision}
        points = [(x, Decimal(y)) for x, y in REFERENCE]
        errors = {{"float64": errors_at(points, {name})}}
{exact}        for arithmetic, found in errors.items():
            worst = max(found, default=Decimal(0))
            claim = CLAIMED.get(arithmetic)
            slack = ROUNDING if arithmetic == "float64" else Decimal(0)
            if claim is not None and not worst <= claim * Decimal("1.01") + slack:
                raise ValueError(f"{{arithmetic}}: claimed {{claim}}, found {{worst}}")
            results.append((arithmetic, len(found), float(worst)))
    return results


if __name__ == "__main__":
    for arithmetic, points, worst in check():
        claim = CLAIMED.get(arithmetic, "nothing")
        print(f"{{arithmetic}}: error {{worst:.6g}} at {{points}} points, claimed {{claim}}")
'''
_EXACT = '        errors["exact"] = errors_at(points, lambda x: {name}(Decimal(x), EXACT))\n'
_NO_CHECK = """
if __name__ == "__main__":
    print("no reference points: nothing to check")
"""


class PythonExporter:
    """Code that proves itself: a function, its claims, and exact values to check them at."""

    name = "python"
    suffix = "py"
    needs: ClassVar[tuple[str, ...]] = ()

    def write(self, document: ProgramDocument) -> str:
        """A module with ``def NAME(x)``, ``CLAIMS`` and ``check()``."""
        source = Source.of(document)
        checked = bool(document.reference) and len(source.inputs) == 1
        parts = [
            "# A program found by evosearch. Run this file to check its claims.\n#\n",
            *(f"# {line}".rstrip() + "\n" for line in source.comments),
            "\nimport math\nfrom decimal import Decimal, localcontext\n",
            f"\nCLAIMS = {_literal(document.claims)}\n",
            _constants(source),
            *(
                _FUNCTION.format(function=op, method=method)
                for op, method in _DECIMAL_METHOD.items()
                if op in {_CALLS.get(used, used) for used in source.ops}
            ),
            _definition(source),
            _reference(document, source) if checked else _NO_CHECK,
        ]
        return "".join(parts)

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Compare the function with the document, and let the file check itself."""
        x = sample_points(document)
        (values,) = process.rerun("scalar", [process.job(path, function_name(document), x)])
        found = np.array([float.fromhex(value) for value in values["float64"]])
        own = CheckResult("ok", message=process.run_python(path).strip().replace("\n", "; "))
        return together([compare(document, x, found), own])


def _literal(value: object, indent: str = "") -> str:
    """JSON as an ASCII Python literal, an entry a line."""
    if not isinstance(value, dict):
        return ascii(value)
    inner = indent + "    "
    lines = [f"{inner}{k!a}: {_literal(v, inner)},\n" for k, v in value.items()]
    return "{\n" + "".join(lines) + indent + "}" if lines else "{}"


def _constants(source: Source) -> str:
    """Float64 constants, and the same with all their digits."""
    floats = [
        f"    float.fromhex('{number.to_float(text).hex()}'),  # {number.to_decimal(text)}\n"
        for text in source.constants
    ]
    lines = f"\nCONSTANTS = (\n{''.join(floats)})\n" if floats else "\nCONSTANTS = ()\n"
    if not source.ops <= _DECIMAL:
        return lines + "\n"
    exact = [
        f"    Decimal(float.fromhex('{number.to_float(text).hex()}')),\n"
        if number.is_hex(text)
        else f"    Decimal('{text}'),\n"
        for text in source.constants
    ]
    return lines + (f"EXACT = (\n{''.join(exact)})\n\n" if exact else "EXACT = ()\n\n")


def _definition(source: Source) -> str:
    names = [f"c{j}" for j in range(len(source.constants))]
    left = f"({names[0]},)" if len(names) == 1 else ", ".join(names)
    body = [f"    {left} = constants\n"] if names else []
    body += [f"    {name} = {text}\n" for name, text in source.statements(FORMATS)]
    return (
        f"\ndef {source.name}({source.arguments}, constants=CONSTANTS):\n"
        f'    """Value of the program; raises where IEEE arithmetic gives infinity or NaN."""\n'
        f"{''.join(body)}    return {source.output}\n\n"
    )


def _reference(document: ProgramDocument, source: Source) -> str:
    """The table of exact values, the measure of error and ``check``."""
    points = [(number.to_float(x), number.exact_decimal(y)) for x, y in document.reference]
    rows = "".join(f"    ({x!r}, '{y}'),\n" for x, y in points)
    longest = max(map(number.digits, [*source.constants, *(y for _, y in points)]))
    kind, limits = _claimed(document.claims)
    claimed = "".join(f"    '{key}': Decimal('{text}'),\n" for key, text in limits.items())
    formula, rounding = "abs(found - y) / abs(y) if y else Decimal(0)", 2.0**-52
    if kind == "absolute":
        formula, rounding = "abs(found - y)", 2.0**-52 * max(abs(float(y)) for _, y in points)
    exact = _EXACT.format(name=source.name) if source.ops <= _DECIMAL else ""
    return (
        f"\n# Points and exact values of the target there\nREFERENCE = (\n{rows})\n"
        + (f"CLAIMED = {{\n{claimed}}}\n" if claimed else "CLAIMED = {}\n")
        + f"ROUNDING = Decimal('{rounding!r}')\n"
        + f'\n\ndef error(found, y):\n    """{kind.capitalize()} error of one value."""\n'
        + f"    return {formula}\n\n"
        + _CHECK.format(name=source.name, precision=longest + _GUARD_DIGITS, exact=exact)
    )


def _claimed(claims: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Kind of error, and the claims that a table of points can contradict.

    These are largest relative or absolute errors: ``max_relative_error`` or
    ``max_absolute_error`` and ``float64_error`` as the built-in evaluator calls them, or
    ``max_error_exact`` and ``max_error_float64`` beside a ``measure`` such as "relative max".
    """
    measure = str(claims.get("measure", ""))
    for kind in ("relative", "absolute"):
        keys = {"exact": f"max_{kind}_error", "float64": "float64_error"}
        if keys["exact"] not in claims:
            if not (kind in measure and "max" in measure):
                continue
            keys = {name: f"max_error_{name}" for name in keys}
        texts = {name: str(claims.get(key)) for name, key in keys.items()}
        found = {n: number.to_decimal(t) for n, t in texts.items() if number.is_number(t)}
        return kind, found
    return "relative", {}
