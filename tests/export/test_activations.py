"""Every target, of activation functions: all primitives, alone and together."""

import json

import jax
import mpmath
import numpy as np
import pytest

from evosearch.errors import ExportError
from evosearch.export import check as checks
from evosearch.export import precise
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.lowering import RECIPES, lowered, parameters
from evosearch.export.properties import properties, with_slopes
from evosearch.export.targets.activation import ActivationExporter
from evosearch.export.targets.c import CExporter
from evosearch.export.targets.jax import JaxExporter
from evosearch.export.targets.latex import LatexExporter
from evosearch.export.targets.numpy import NumpyExporter
from evosearch.export.targets.python import PythonExporter
from evosearch.export.targets.sympy import SympyExporter
from evosearch.export.values import evaluate, regular, rounding
from evosearch.genomes.primitives import ALL, BY_NAME, CORE

NEW = [primitive.name for primitive in ALL.members if primitive not in CORE.members]
BESSEL = {"i0e", "i1e"}


def alone(*names):
    """Sum of the primitives, of arguments of all signs; pow of positive ones."""
    nodes = [Node("mul", ("x", "c0")), Node("gauss", ("x",)), Node("add", ("n1", "c1"))]
    parts = []
    for name in names:
        args = {1: ("n0",), 2: ("n2" if name == "pow" else "n0", "x")}[BY_NAME[name].arity]
        nodes.append(Node(name, args))
        parts.append(f"n{len(nodes) - 1}")
    total = parts[0]
    for part in parts[1:]:
        nodes.append(Node("add", (total, part)))
        total = f"n{len(nodes) - 1}"
    return ProgramDocument(("x",), ("0.75", "0.5"), tuple(nodes), (total,))


def crrelu(**metadata):
    nodes = (
        Node("relu", ("x",)),
        Node("mul", ("x", "c0")),
        Node("gauss", ("n1",)),
        Node("mul", ("x", "n2")),
        Node("mul", ("n3", "c1")),
        Node("mul", ("n4", "alpha")),
        Node("add", ("n0", "n5")),
    )
    constants = ("0.70710678118654752", "0.01")
    return ProgramDocument(("x", "alpha"), constants, nodes, ("n6",), metadata)


def result_of(exporter, document, tmp_path):
    path = tmp_path / f"program.{exporter.suffix}"
    path.write_text(exporter.write(document), encoding="ascii")
    return checks.check(path, exporter, document)


@pytest.mark.parametrize("name", NEW)
def test_precise_values_are_those_of_floating_point(name):
    document = alone(name)
    x = np.linspace(-7.3, 7.1, 9)
    mp = precise.context(50)
    args = [mp.mpf(value) for value in (2.5, -1.5)]
    assert mp.isfinite(precise.apply(mp, name, args[: BY_NAME[name].arity]))
    assert checks.against_exact(document) == ""
    bounds = rounding(document, x)
    assert (bounds[regular(document, x)] < 1e-12).all()


@pytest.mark.parametrize("far", ["1e300", "-1e300", "5000", "-5000"])
def test_precise_values_end_far_out(far):
    mp = precise.context(30)
    for name in NEW:
        value = precise.apply(mp, name, [mp.mpf(far)] * BY_NAME[name].arity)
        assert isinstance(value, mp.mpf)


@pytest.mark.parametrize("name", sorted(BESSEL))
def test_bessel_functions_far_out(name):
    mp = precise.context(40)
    order = int(name[1])
    exact = mp.besseli(order, mp.mpf(20001)) * mp.exp(mp.mpf(-20001))
    assert abs(precise.apply(mp, name, [mp.mpf(20001)]) / exact - 1) < mp.mpf("1e-37")
    x = np.array([-1e9, -3e4, 2.5e4, 1e12])
    found = [float(precise.apply(mp, name, [mp.mpf(value)])) for value in x]
    np.testing.assert_allclose(found, BY_NAME[name].compute(x), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_libraries_may_compute_bessel_functions_as_well_as_they_do(dtype):
    x = np.array([-8.0, -7.3, 6.95, 7.3], dtype)
    document = single("i1e")
    off = abs(np.asarray(jax.scipy.special.i1e(x)) - evaluate(document, x))
    assert (off <= rounding(document, x)).all()
    assert (rounding(document, x) < 1e-5 * abs(evaluate(document, x))).all()


def test_libraries_may_compute_tanh_as_well_as_they_do():
    x = np.linspace(-19.5, -18.5, 1001)
    document = single("tanh")
    off = abs(np.asarray(jax.jit(jax.numpy.tanh)(x)) - evaluate(document, x))
    assert (off <= rounding(document, x)).all()


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_recipes_compute_the_primitive(name):
    document = alone(name)
    simpler = lowered(document)
    assert not {node.op for node in simpler.nodes} & RECIPES.keys()
    x = np.linspace(-5, 5, 41)
    np.testing.assert_allclose(evaluate(simpler, x), evaluate(document, x), rtol=1e-13)


def test_core_programs_are_not_touched():
    document = ProgramDocument(("x",), (), (Node("tanh", ("x",)),), ("n0",))
    assert lowered(document) == document
    assert lowered(alone("relu"), frozenset(["relu", "gauss"])) == alone("relu").simplified()


@pytest.mark.parametrize(
    "exporter",
    [PythonExporter(), NumpyExporter(), CExporter(), LatexExporter(), SympyExporter()],
    ids=lambda exporter: exporter.name,
)
def test_text_targets_compute_them_all(exporter, tmp_path):
    known = [name for name in NEW if name not in BESSEL or exporter.name in ("numpy", "latex")]
    for some in (known[:9], known[9:18], known[18:]):
        result = result_of(exporter, alone(*some), tmp_path)
        assert result.status == "ok", (some, result.message)


@pytest.mark.slow
def test_each_is_exported_to_jax(tmp_path):
    for name in NEW:
        result = result_of(JaxExporter(), alone(name), tmp_path)
        assert result.status == "ok", (name, result.message)


def test_jax_computes_them_all(tmp_path):
    result = result_of(JaxExporter(), alone(*NEW), tmp_path)
    assert result.status == "ok", result.message


@pytest.mark.parametrize("exporter", [PythonExporter(), CExporter()], ids=["python", "c"])
def test_what_a_target_cannot_express_is_refused(exporter):
    with pytest.raises(ExportError, match="cannot express i0e"):
        exporter.write(alone("i0e"))


def test_parameters_are_arguments_that_begin_with_one(tmp_path):
    document = crrelu()
    assert parameters(document) == {"alpha": 1.0}
    assert "(x, alpha=1.0):" in NumpyExporter().write(document)
    assert r"f(x, \alpha)" in LatexExporter().write(document)
    for exporter in (NumpyExporter(), PythonExporter(), CExporter(), LatexExporter()):
        result = result_of(exporter, document, tmp_path)
        assert result.status == "ok", (exporter.name, result.message)
    told = crrelu(usage={"parameters": {"alpha": 0.5}})
    assert "(x, alpha=0.5):" in NumpyExporter().write(told)


def test_other_inputs_are_no_parameters():
    document = ProgramDocument(("x", "alphas"), (), (Node("mul", ("x", "alphas")),), ("n0",))
    assert parameters(document) == {}
    assert "(x0, x1):" in NumpyExporter().write(document)


def test_the_formula_of_crrelu():
    text = LatexExporter().write(crrelu())
    assert r"\max\left(x, 0\right)" in text
    assert r"\alpha" in text


def test_sinc_is_that_of_mathematics():
    with mpmath.workdps(30):
        assert float(mpmath.sinc(2)) == pytest.approx(BY_NAME["sinc"].compute(np.array(2.0)))


# --- The bundle


def single(name):
    return ProgramDocument(("x",), (), (Node(name, ("x",)),), ("n0",))


def test_properties_of_known_functions():
    relu, tanh, swish = (properties(single(name)) for name in ("relu", "tanh", "swish"))
    assert relu["slope_at_0"] == 0
    assert relu["left"] == {"limit": 0, "slope": 0}
    assert relu["right"] == {"limit": None, "slope": 1}
    assert relu["normal_input"]["second_moment"] == pytest.approx(0.5, rel=1e-6)
    assert relu["normal_input"]["gain"] == pytest.approx(2**0.5, rel=1e-6)
    assert relu["normal_input"]["mean"] == pytest.approx((2 * np.pi) ** -0.5, rel=1e-6)
    assert (relu["monotone"], relu["lipschitz"]) == (True, 1)
    assert tanh["left"] == {"limit": -1, "slope": 0}
    assert (tanh["slope_at_0"], tanh["value_at_0"], tanh["monotone"]) == (1, 0, True)
    assert swish["minimum"]["x"] == pytest.approx(-1.27846, abs=1e-3)
    assert swish["minimum"]["value"] == pytest.approx(-0.27846, abs=1e-5)
    assert not swish["monotone"]
    assert swish["lipschitz"] == pytest.approx(1.09984, abs=1e-4)
    assert swish["normal_input"]["slope_second_moment"] == pytest.approx(0.3795, abs=1e-3)
    assert properties(single("exp"))["right"] == {"limit": None, "slope": None}
    assert properties(single("log"))["minimum"] is None


def test_slopes_are_exact():
    x = np.array([-3.0, -0.5, 0.0, 1.0, 8.0])
    _, found = with_slopes(single("tanh"), x)
    np.testing.assert_allclose(found, 1 / np.cosh(x) ** 2, rtol=1e-14)


def test_the_bundle_is_a_table_to_test_ports_with(tmp_path):
    exporter = ActivationExporter()
    waves = ProgramDocument(
        ("x",), (), (Node("exp", ("x",)), Node("sin", ("n0",)), Node("relu", ("n1",))), ("n2",)
    )
    for document in (crrelu(), single("softsign"), alone("pow"), single("log"), waves):
        result = result_of(exporter, document, tmp_path)
        assert result.status == "ok", result.message
    data = json.loads(exporter.write(crrelu()))
    assert data["parameters"] == {"alpha": 1.0}
    assert "alpha" in data["formula"]
    table = np.array(data["table"])
    assert table.shape == (201, 3)
    x = table[:, 0]
    f = np.maximum(x, 0) + 0.01 * x * np.exp(-(x**2) / 2)
    np.testing.assert_allclose(table[:, 1], f, atol=1e-12)
    slope = (x > 0) + 0.01 * (1 - x**2) * np.exp(-(x**2) / 2)
    np.testing.assert_allclose(table[:, 2], slope, atol=1e-10)


def test_a_wrong_table_is_found(tmp_path):
    exporter = ActivationExporter()
    for column in (1, 2):
        data = json.loads(exporter.write(crrelu()))
        data["table"][120][column] += 0.05
        path = tmp_path / "x.json"
        path.write_text(json.dumps(data))
        assert checks.check(path, exporter, crrelu()).status == "failed"


def test_functions_of_several_variables_have_no_bundle():
    document = ProgramDocument(("x", "y"), (), (Node("mul", ("x", "y")),), ("n0",))
    with pytest.raises(ExportError, match="inputs y are no learnable parameters"):
        ActivationExporter().write(document)
