"""Databases and documents are untrusted: nothing may turn their bytes into objects or code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("evosearch", "evaluators", "search_spaces")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

MODULES = {"pickle", "cloudpickle", "dill", "marshal", "shelve", "yaml", "joblib"}
CALLS = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "literal_eval"}


def violations(tree: ast.AST) -> list[str]:
    """What ``tree`` must not contain, as ``line: what``."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").partition(".")[0]}
        else:
            names = set()
        found += [f"{node.lineno}: import {name}" for name in sorted(names & MODULES)]
        if isinstance(node, ast.Call):
            found += [f"{node.lineno}: {what}" for what in _forbidden_in(node)]
    return found


def _forbidden_in(call: ast.Call) -> list[str]:
    found = [
        "allow_pickle"
        for keyword in call.keywords
        if keyword.arg == "allow_pickle" and getattr(keyword.value, "value", True) is not False
    ]
    # a bare name only: re.compile, jitted.lower().compile and df.eval are other things
    if isinstance(call.func, ast.Name) and call.func.id in CALLS:
        found.append(f"{call.func.id}()")
    if isinstance(call.func, ast.Attribute) and call.func.attr in {"sympify", "parse_expr"}:
        found.append(f"{call.func.attr}()")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_reads_objects_or_runs_strings(path):
    assert violations(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from yaml import load",
        "eval('1')",
        "exec(text)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "sympy.sympify(text)",
    ],
)
def test_the_check_sees(source):
    assert len(violations(ast.parse(source))) == 1


@pytest.mark.parametrize(
    "source", ["re.compile('x')", "np.load(path, allow_pickle=False)", "program.evaluate(x)"]
)
def test_the_check_lets_pass(source):
    assert violations(ast.parse(source)) == []
