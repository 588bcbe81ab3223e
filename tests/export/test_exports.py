"""Every target: the text, its check, and that the check can fail."""

import ast
import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import pytest

from evosearch.export import check as checks
from evosearch.export import process
from evosearch.export.check import compare, sample_points
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.exporter import Exporter
from evosearch.export.source import comment, function_name
from evosearch.export.targets.c import CExporter
from evosearch.export.targets.jax import JaxExporter
from evosearch.export.targets.json import JsonExporter
from evosearch.export.targets.latex import LatexExporter
from evosearch.export.targets.numpy import NumpyExporter
from evosearch.export.targets.python import PythonExporter
from evosearch.export.targets.sympy import SympyExporter
from tests.export.programs import ARITHMETIC, HOSTILE, exponential, hostile, sample

EXPORTERS = [
    JsonExporter(),
    PythonExporter(),
    NumpyExporter(),
    JaxExporter(),
    CExporter(),
    LatexExporter(),
    SympyExporter(),
]
CODE = [exporter for exporter in EXPORTERS if exporter.name not in ("json", "latex")]
# JAX takes seconds to start, and its module and check are those of NumPy
QUICK = [exporter for exporter in EXPORTERS if exporter.name != "jax"]
LIGHT = [exporter for exporter in QUICK if exporter.name != "sympy"]
QUICK_CODE = [exporter for exporter in CODE if exporter.name != "jax"]
EVERY_OP = ProgramDocument(
    ("x", "import"),
    ("0.75", "-0x1.8p+0", "1e300"),
    (
        Node("abs", ("x",)),
        Node("add", ("n0", "c0")),
        Node("sqrt", ("n1",)),
        Node("log", ("n1",)),
        Node("sin", ("import",)),
        Node("cos", ("n3",)),
        Node("tan", ("n4",)),
        Node("atan", ("n2",)),
        Node("tanh", ("n6",)),
        Node("sinh", ("n4",)),
        Node("cosh", ("n8",)),
        Node("neg", ("n2",)),
        Node("exp", ("n11",)),
        Node("fma", ("n5", "n7", "n12")),
        Node("max", ("n13", "n9")),
        Node("min", ("n10", "n14")),
        Node("sub", ("n15", "c1")),
        Node("div", ("n16", "n1")),
        Node("mul", ("n17", "n17")),
        Node("min", ("n18", "c2")),
        Node("pdiv", ("n19", "n5")),
        Node("plog", ("n20",)),
        Node("psqrt", ("n21",)),
    ),
    ("n22",),
    {"campaign": "Every op", "id": 1},
)


def ids(exporters):
    return [exporter.name for exporter in exporters]


def written(folder, exporter, document):
    path = folder / f"program.{exporter.suffix}"
    path.write_text(exporter.write(document), encoding="ascii")
    return path


@pytest.mark.parametrize(
    ("exporter", "document"),
    [(exporter, exponential()) for exporter in EXPORTERS]
    + [(exporter, EVERY_OP) for exporter in QUICK],
    ids=[f"exp2-{name}" for name in ids(EXPORTERS)] + [f"every-op-{name}" for name in ids(QUICK)],
)
def test_exports_compute_the_program(exporter, document, tmp_path):
    assert isinstance(exporter, Exporter)
    result = checks.check(written(tmp_path, exporter, document), exporter, document)
    assert result.status == "ok", result.message
    if exporter in CODE:
        assert result.points >= 20
    if exporter in CODE[:4] and document is not EVERY_OP:
        assert result.max_difference_ulp == 0


@pytest.mark.parametrize("exporter", QUICK_CODE, ids=ids(QUICK_CODE))
def test_a_wrong_coefficient_is_found(exporter, tmp_path):
    document = exponential(reference=[], claims={})
    wrong = dataclasses.replace(
        document, constants=(*document.constants[:2], "1.0000300000000003")
    )
    path = written(tmp_path, exporter, wrong)
    result = checks.check(path, exporter, document)
    # the constant is one unit in the last place away; SymPy's check allows for rounding
    if exporter.name == "sympy":
        wrong = dataclasses.replace(document, constants=(*document.constants[:2], "1.0001"))
        result = checks.check(written(tmp_path, exporter, wrong), exporter, document)
    assert result.status == "failed"
    assert "the document gives" in result.message


@pytest.mark.parametrize("exporter", LIGHT, ids=ids(LIGHT))
def test_a_broken_file_is_found(exporter, tmp_path):
    path = written(tmp_path, exporter, exponential())
    path.write_text(path.read_text().replace("}", "").replace("return", "return ("))
    assert checks.check(path, exporter, exponential()).status == "failed"


@pytest.mark.parametrize("exporter", LIGHT, ids=ids(LIGHT))
def test_inputs_and_constants_can_be_the_whole_program(exporter, tmp_path):
    for output in ("x", "c0"):
        document = ProgramDocument(("x",), ("0.1",), (), (output,))
        result = checks.check(written(tmp_path, exporter, document), exporter, document)
        assert result.status == "ok", result.message


def test_a_missing_package_or_compiler_is_said(tmp_path, monkeypatch):
    exporter = SympyExporter()
    monkeypatch.setattr(exporter, "needs", ("absent_package",), raising=False)
    result = checks.check(tmp_path / "x", exporter, exponential())
    assert result.status == "skipped"
    assert result.message.startswith("skipped: needs extra absent_package")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert CExporter().check(tmp_path / "x", exponential()).status == "skipped"
    path = written(tmp_path, LatexExporter(), exponential())
    assert "pdflatex is not installed" in LatexExporter().check(path, exponential()).message


def test_json_is_the_document(tmp_path):
    document = exponential()
    path = written(tmp_path, JsonExporter(), document)
    assert ProgramDocument.read(path) == document


# --- Python: code that proves itself


def run_isolated(path):
    return subprocess.run(
        [sys.executable, "-I", str(path)], capture_output=True, text=True, check=False
    )


def test_a_python_export_proves_its_claims(tmp_path):
    done = run_isolated(written(tmp_path, PythonExporter(), exponential()))
    assert done.returncode == 0
    claimed = exponential().claims["max_error_exact"]
    exact = [line for line in done.stdout.splitlines() if line.startswith("exact")]
    assert exact[0].endswith(f"at 65 points, claimed {claimed}")
    assert float(exact[0].split()[2]) == pytest.approx(float(claimed), rel=0.01)


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("max_error_exact", "relative max"),
        ("max_error_float64", "max relative"),
        ("max_relative_error", ""),
        ("max_absolute_error", ""),
    ],
)
def test_a_python_export_contradicts_a_false_claim(name, measure, tmp_path):
    half = {name: str(float(exponential().claims["max_error_exact"]) / 2)}
    lying = exponential(claims={"measure": measure, **half})
    path = written(tmp_path, PythonExporter(), lying)
    assert "claimed" in run_isolated(path).stderr
    result = checks.check(path, PythonExporter(), lying)
    assert result.status == "failed"
    assert f"claimed {half[name]}" in result.message


def test_library_functions_are_checked_with_all_digits_where_decimals_have_them(tmp_path):
    nodes = (Node("mul", ("x", "c0")), Node("exp", ("n0",)))
    digits = "0.693147180559945309417232121458176568075500134360255"
    claims = {"measure": "relative max", "max_error_exact": "1e-45"}
    document = dataclasses.replace(
        exponential(claims=claims), constants=(digits,), nodes=nodes, outputs=("n1",)
    )
    path = written(tmp_path, PythonExporter(), document)
    assert checks.check(path, PythonExporter(), document).status == "ok"
    shorter = dataclasses.replace(document, constants=(digits[:40],))
    path = written(tmp_path, PythonExporter(), shorter)
    assert "claimed 1E-45" in checks.check(path, PythonExporter(), shorter).message


def test_the_built_in_evaluators_claims_are_checked_in_float64(tmp_path):
    found = float(exponential().claims["max_error_exact"])
    for claimed, status in ((found, "ok"), (found / 1.1, "failed")):
        claims = {"max_relative_error": found, "float64_error": claimed}
        document = exponential(claims=claims)
        path = written(tmp_path, PythonExporter(), document)
        assert checks.check(path, PythonExporter(), document).status == status


def test_reference_points_are_the_nearest_float64(tmp_path):
    # three times the float64, not the decimal
    exact = "0.3000000000000000166533453693773481063544750213623046875"
    claims = {"max_relative_error": "1e-30"}
    metadata = {"claims": claims, "reference": [{"x": "0.1", "y": exact}]}
    document = ProgramDocument(("x",), ("3",), (Node("mul", ("x", "c0")),), ("n0",), metadata)
    path = written(tmp_path, PythonExporter(), document)
    assert checks.check(path, PythonExporter(), document).status == "ok"


def test_a_pole_on_the_way_is_no_error(tmp_path):
    nodes = (Node("div", ("c0", "x")), Node("add", ("n0", "c0")), Node("div", ("c0", "n1")))
    reference = [{"x": "0", "y": "0"}, {"x": "1", "y": "0.5"}]
    claims = {"measure": "absolute max", "max_error_exact": "1e-9"}
    metadata = {"reference": reference, "claims": claims}
    document = ProgramDocument(("x",), ("1",), nodes, ("n2",), metadata)
    path = written(tmp_path, PythonExporter(), document)
    result = checks.check(path, PythonExporter(), document)
    assert result.status == "ok"
    assert "at 1 points" in result.message


ALLOWED_NODES = (
    ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.Assign, ast.FunctionDef, ast.arguments,
    ast.arg, ast.Return, ast.Expr, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Tuple,
    ast.List,
    ast.Dict, ast.Call, ast.keyword, ast.Attribute, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div,
    ast.UnaryOp, ast.USub, ast.Not, ast.BoolOp, ast.And, ast.Compare, ast.Eq, ast.LtE, ast.In,
    ast.IsNot, ast.Is, ast.If, ast.IfExp, ast.For, ast.With, ast.withitem, ast.Raise, ast.Try,
    ast.ExceptHandler, ast.Pass, ast.ListComp, ast.comprehension, ast.Lambda, ast.JoinedStr,
    ast.FormattedValue, ast.Subscript,
)  # fmt: skip
ALLOWED_CALLS = {
    "float", "float.fromhex", "Decimal", "abs", "max", "min", "isinstance", "localcontext",
    "error", "errors_at", "function", "check", "len", "print", "ValueError", "sqrt", "exp", "log",
    "results.append", "errors.append", "errors.items", "CLAIMED.get", "x.sqrt", "x.exp", "x.ln",
}  # fmt: skip
ALLOWED_MODULES = ("math.", "np.", "jnp.", "sympy.")


def assert_harmless(text):
    """Only known syntax, calls of known functions, imports of known modules."""
    tree = ast.parse(text)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        assert isinstance(node, ALLOWED_NODES), ast.dump(node)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            known = called in ALLOWED_CALLS | defined or called.startswith(ALLOWED_MODULES)
            assert known, called
        if isinstance(node, ast.Import):
            assert {a.name for a in node.names} <= {"math", "numpy", "jax.numpy", "sympy"}
        if isinstance(node, ast.ImportFrom):
            assert node.module == "decimal"
        if isinstance(node, ast.Name):
            assert not node.id.startswith("__") or node.id == "__name__"


def test_the_harmlessness_check_can_fail():
    for text in ("import os", "f = open('x')", "__import__('os')", "x.system('y')"):
        with pytest.raises(AssertionError):
            assert_harmless(text)


# --- Labels cannot become code


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_stay_labels(label, tmp_path):
    document = hostile(label)
    name = function_name(document)
    assert 1 <= len(name) <= 64
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    for exporter in EXPORTERS:
        text = exporter.write(document)
        assert text.isascii()
        assert all(line.isprintable() for line in text.splitlines())
        if exporter.suffix.endswith("py"):
            assert_harmless(text)
            header = text.encode().splitlines()[:2]
            assert all(b"coding" not in line for line in header)
    path = written(tmp_path, JsonExporter(), document)
    assert ProgramDocument.read(path).metadata == document.metadata


@pytest.mark.parametrize("label", HOSTILE[2:5], ids=["lines", "comment", "import"])
@pytest.mark.parametrize("exporter", [PythonExporter(), CExporter()], ids=["python", "c"])
def test_exports_with_hostile_labels_run(label, exporter, tmp_path):
    document = hostile(label)
    result = checks.check(written(tmp_path, exporter, document), exporter, document)
    assert result.status == "ok", result.message


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_labels_in_c_and_latex_do_not_leave_their_comments(label):
    plain, named = CExporter().write(exponential(campaign="a", id=1)), hostile(label)
    code = CExporter().write(named).replace(function_name(named), "a_1")
    code = code.replace(function_name(named).upper(), "A_1")
    assert without_c_comments(code) == without_c_comments(plain)
    formula = [line for line in LatexExporter().write(named).splitlines() if line[0] != "%"]
    expected = LatexExporter().write(exponential()).splitlines()
    assert formula == [line for line in expected if line[0] != "%"]


def without_c_comments(text):
    """Text as the compiler sees it."""
    done = subprocess.run(
        ["cc", "-std=c99", "-fpreprocessed", "-dD", "-E", "-P", "-x", "c", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_comments_keep_to_their_alphabet():
    assert comment("max_error: 4.3e-06 (0, 1]") == "max_error: 4.3e-06 (0, 1]"
    assert comment("*/ x") == "<U+002A>/ x"
    assert comment("a\\\n") == "a<U+005C><U+000A>"
    assert len(comment("x" * 500)) == 90


@pytest.mark.parametrize(
    ("campaign", "identity", "expected"),
    [
        ("exp2", 17, "exp2_17"),
        ("Exp-2 fast", 1, "exp_2_fast_1"),
        ("2x", 1, "program_2x_1"),
        ("___", 1, "program_1"),
        ("a" * 80, 12, "a" * 61 + "_12"),
        ("exp2", "1; x", "program"),
        (None, 1, "program"),
        ("exp2", True, "program"),
        ("exp2", 10**30, "exp2_10000000000000000000"),
    ],
)
def test_function_names(campaign, identity, expected):
    document = exponential(campaign=campaign, id=identity)
    assert function_name(document) == expected


# --- Random programs


def values(kind, exporter, folder, programs):
    """Values of every program, all run by one process: one mapping a program."""
    jobs = []
    for number, document in enumerate(programs):
        path = folder / f"{exporter.name}{number}.py"
        path.write_text(exporter.write(document), encoding="ascii")
        jobs.append(process.job(path, function_name(document), sample_points(document)))
    return process.rerun(kind, jobs)


@pytest.mark.parametrize(
    ("exporter", "kind", "size"),
    [
        (PythonExporter(), "scalar", 40),
        (NumpyExporter(), "array", 40),
        (JaxExporter(), "array", 5),
    ],
    ids=["python", "numpy", "jax"],
)
def test_random_programs_agree(exporter, kind, size, tmp_path):
    programs = [EVERY_OP, *(ProgramDocument(("x",), ("0.1",), (), (end,)) for end in ("x", "c0"))]
    programs += sample(1, size, ARITHMETIC) + sample(2, size)
    compared = 0
    for document, found in zip(programs, values(kind, exporter, tmp_path, programs), strict=True):
        for dtype, numbers in found.items():
            x = sample_points(document).astype(dtype)
            result = compare(
                document, x, np.array([float.fromhex(n) for n in numbers]).astype(dtype)
            )
            assert result.status == "ok", (document, result)
            compared += result.points
    assert compared > size * 20


def test_random_programs_agree_in_c(tmp_path):
    compared = 0
    for document in sample(3, 4, ARITHMETIC) + sample(4, 5):
        result = CExporter().check(written(tmp_path, CExporter(), document), document)
        assert result.status == "ok" or "finite at no sample point" in result.message, result
        compared += result.points
    assert compared > 500


def test_random_formulas_are_balanced(tmp_path):
    for document in sample(5, 60):
        path = written(tmp_path, LatexExporter(), document)
        assert LatexExporter().check(path, document).status == "ok"


@pytest.mark.parametrize("damage", ["{", "}", r"\right)", r"\input{x}", r"\end{align*}"])
def test_unbalanced_formulas_are_found(damage, tmp_path):
    path = written(tmp_path, LatexExporter(), EVERY_OP)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], damage, lines[-1]]))
    assert LatexExporter().check(path, EVERY_OP).status == "failed"


@pytest.mark.parametrize(("code", "status"), [(0, "ok"), (1, "failed")])
def test_formulas_are_typeset_where_that_is_possible(code, status, tmp_path, monkeypatch):
    typesetter = tmp_path / "pdflatex"
    typesetter.write_text(f"#!/bin/sh\necho '! Undefined control sequence.'\nexit {code}\n")
    typesetter.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(typesetter))
    path = written(tmp_path, LatexExporter(), exponential())
    result = checks.check(path, LatexExporter(), exponential())
    assert result.status == status
    assert ("Undefined" in result.message) == (status == "failed")


def test_formulas_read_as_people_write_them():
    nodes = (
        Node("sub", ("x", "c0")),
        Node("mul", ("n0", "n0")),
        Node("add", ("x", "c1")),
        Node("sub", ("n1", "n2")),
        Node("mul", ("n3", "x")),
        Node("div", ("n4", "c2")),
    )
    document = ProgramDocument(("x",), ("-1.5", "2e-7", "3"), nodes, ("n5",))
    body = [line for line in LatexExporter().write(document).splitlines() if line[0] != "%"]
    assert body == [
        r"\begin{align*}",
        r"n_{0} &= x - \left(-1.5\right) \\",
        r"f(x) &= \frac{\left(n_{0}^{2} - \left(x + 2 \times 10^{-7}\right)\right) \cdot x}{3}",
        r"\end{align*}",
    ]
