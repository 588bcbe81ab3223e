r"""LaTeX: the formula, parts that are used more than once on lines of their own."""

import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import ClassVar, NamedTuple

from evosearch.export import number, process
from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.source import Source

_LONGEST = 160  # characters of a part before it gets a line of its own
_SUM, _PRODUCT, _ATOM = 1, 2, 3
_BINARY = {"add": ("+", _SUM), "sub": ("-", _SUM), "mul": (r"\cdot", _PRODUCT)}
_FUNCTIONS = {
    "sqrt": r"\sqrt{{{0}}}",
    "abs": r"\left|{0}\right|",
    "max": r"\max\left({0}, {1}\right)",
    "min": r"\min\left({0}, {1}\right)",
    "exp": r"\exp\left({0}\right)",
    "log": r"\ln\left({0}\right)",
    "sin": r"\sin\left({0}\right)",
    "cos": r"\cos\left({0}\right)",
    "tan": r"\tan\left({0}\right)",
    "tanh": r"\tanh\left({0}\right)",
    "atan": r"\arctan\left({0}\right)",
    "sinh": r"\sinh\left({0}\right)",
    "cosh": r"\cosh\left({0}\right)",
    "div": r"\frac{{{0}}}{{{1}}}",
    "pdiv": r"\operatorname{{pdiv}}\left({0}, {1}\right)",
    "plog": r"\operatorname{{plog}}\left({0}\right)",
    "psqrt": r"\sqrt{{\left|{0}\right|}}",
    "sigmoid": r"\sigma\left({0}\right)",
    "softplus": r"\ln\left(1 + \exp\left({0}\right)\right)",
    "sinc": r"\frac{{\sin\left({0}\right)}}{{{0}}}",
    "erf": r"\operatorname{{erf}}\left({0}\right)",
    "erfc": r"\operatorname{{erfc}}\left({0}\right)",
    "expm1": r"\left(\exp\left({0}\right) - 1\right)",
    "asinh": r"\operatorname{{arsinh}}\left({0}\right)",
    "i0e": r"\frac{{I_{{0}}\left({0}\right)}}{{\exp\left|{0}\right|}}",
    "i1e": r"\frac{{I_{{1}}\left({0}\right)}}{{\exp\left|{0}\right|}}",
    "pow": r"\left({0}\right)^{{{1}}}",
}
_COMMANDS = re.compile(r"\\(begin|end)\{align\*\}|\\([a-z]+|\\)")
_KNOWN = {"\\", "left", "right", "cdot", "times", "sqrt", "frac", "max", "min", "exp", "ln"} | {
    "sin",
    "cos",
    "tan",
    "tanh",
    "arctan",
    "sinh",
    "cosh",
    "operatorname",
    "sigma",
    "alpha",
    "beta",
    "gamma",
}
_PAGE = "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\nTEXT\\end{document}\n"


class _Part(NamedTuple):
    text: str
    level: int  # how tightly its outermost operation binds


class LatexExporter:
    """An ``align*`` environment of amsmath."""

    name = "latex"
    suffix = "tex"
    needs: ClassVar[tuple[str, ...]] = ()

    def write(self, document: ProgramDocument) -> str:
        """Comments, then the formula."""
        header = ["A program found by evosearch.", "", *Source.of(document).comments]
        return "".join(f"% {line}".rstrip() + "\n" for line in header) + formula(document)

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Braces and delimiters are balanced, commands are known; typeset where pdflatex is."""
        text = path.read_text(encoding="ascii")
        mistake = _mistake(text)
        if mistake:
            return CheckResult("failed", message=mistake)
        typesetter = shutil.which("pdflatex")
        if typesetter is None:
            return CheckResult("ok", message="balanced; not typeset: pdflatex is not installed")
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.tex"
            page.write_text(_PAGE.replace("TEXT", text), encoding="ascii")
            options = ("-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error")
            process.run([typesetter, *options, f"-output-directory={folder}", page])
        return CheckResult("ok", message="balanced; typeset by pdflatex")


def formula(document: ProgramDocument) -> str:
    """The ``align*`` environment alone."""
    lines = [f"{left} &= {right}" for left, right in _equations(Source.of(document))]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def _equations(source: Source) -> list[tuple[str, str]]:
    uses = Counter(arg for node in source.nodes for arg in node.args)
    parts = {name: _Part(_symbol(name), _ATOM) for name in source.inputs}
    parts |= {f"c{j}": _constant(text) for j, text in enumerate(source.constants)}
    lines = []
    for k, node in enumerate(source.nodes):
        name = f"n{k}"
        parts[name] = _operation(node.op, [parts[arg] for arg in node.args])
        if name != source.output and (uses[name] > 1 or len(parts[name].text) > _LONGEST):
            lines.append((f"n_{{{k}}}", parts[name].text))
            parts[name] = _Part(f"n_{{{k}}}", _ATOM)
    inputs = ", ".join(parts[name].text for name in source.inputs)
    return [*lines, (f"f({inputs})", parts[source.output].text)]


def _symbol(name: str) -> str:
    greek = "\\" if name in ("alpha", "beta", "gamma") else ""
    return greek + re.sub(r"(\d+)", r"_{\1}", name)


def _operation(op: str, args: list[_Part]) -> _Part:
    """Text of one operation; what is used twice, as in a square, is a name."""
    if op == "fma":
        return _operation("add", [_operation("mul", args[:2]), args[2]])
    if op == "neg":
        return _Part(f"-{_within(args[0], _PRODUCT)}", _SUM)
    if op == "mul" and args[0] == args[1]:
        return _Part(f"{args[0].text}^{{2}}", _ATOM)
    if op in _BINARY:
        sign, level = _BINARY[op]
        # the right side of a difference or product binds tighter, as does one with a sign
        right = level + (op == "sub") if not args[1].text.startswith("-") else _ATOM
        return _Part(f"{_within(args[0], level)} {sign} {_within(args[1], right)}", level)
    return _Part(_FUNCTIONS[op].format(*(arg.text for arg in args)), _ATOM)


def _within(part: _Part, level: int) -> str:
    return part.text if part.level >= level else rf"\left({part.text}\right)"


def _constant(text: str) -> _Part:
    mantissa, _, exponent = number.to_decimal(text).lower().partition("e")
    mantissa = mantissa.lstrip("+")
    level = _SUM if mantissa.startswith("-") else _ATOM
    if not exponent:
        return _Part(mantissa, level)
    return _Part(rf"{mantissa} \times 10^{{{int(exponent)}}}", min(level, _PRODUCT))


def _mistake(text: str) -> str:
    """What is wrong with an exported text, or ''."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    unknown = {match[2] for match in _COMMANDS.finditer(body) if match[2]} - _KNOWN
    if unknown:
        return f"unknown commands {', '.join(sorted(unknown))}"
    pairs = (("{", "}"), (r"\left", r"\right"), (r"\begin{align*}", r"\end{align*}"))
    for opening, closing in pairs:
        depth = 0
        for token in re.findall(f"{re.escape(opening)}|{re.escape(closing)}", body):
            depth += 1 if token == opening else -1
            if depth < 0:
                break
        if depth:
            return f"{opening} and {closing} are not balanced"
    return ""
