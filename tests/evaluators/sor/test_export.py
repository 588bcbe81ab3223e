"""Policies as code: what is written, that it solves systems, and that its check can fail."""

import ast
import dataclasses
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from plain_sor import norms, poisson, random_spd

from evaluators.sor.export.omega import omega_c, omega_python, squashed
from evaluators.sor.export.scipy import SciPyExporter
from evaluators.sor.facts import facts
from evaluators.sor.lanczos import lowest_ritz
from evaluators.sor.ordering import order_of
from evaluators.sor.spectrum import spectrum
from evaluators.sor.squash import HIGHEST, LOWEST, squash
from evaluators.sor.systems import Systems
from evosearch.errors import ExportError
from evosearch.export import check as checks
from evosearch.export import file, registry
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.values import evaluate
from tests.export.programs import HOSTILE

USAGE = {
    "kind": "relaxation",
    "method": "sor",
    "ordering": "lexicographic",
    "half_sweeps": False,
    "sweeps": 64,
    "lanczos_steps": 0,
    "tolerance": 1e-8,
}
SCIPY = SciPyExporter()
EXPORTERS = [SCIPY, omega_python(), omega_c()]


def policy(inputs, constants, *nodes, **usage):
    """A document of nodes (op, arguments...); the last one is the value."""
    metadata = {"campaign": "Relax", "id": 3, "usage": USAGE | usage}
    made = tuple(Node(op, tuple(args)) for op, *args in nodes)
    return ProgramDocument(inputs, constants, made, (f"n{len(made) - 1}",), metadata)


def young(*others, **usage):
    """Young's omega as a policy: 2 / (1 + exp(-f)) with f = -log(sqrt(1 - mu^2))."""
    inputs = ("mu", *others)
    nodes = [("mul", "mu", "mu"), ("sub", "c0", "n0"), ("sqrt", "n1"), ("log", "n2")]
    return policy(inputs, ("1",), *nodes, ("neg", "n3"), **usage)


def scheduled(**usage):
    """Falls with every sweep, by what depends on the matrix."""
    nodes = [("mul", "k", "c0"), ("tanh", "n0"), ("mul", "n1", "lam"), ("sub", "c1", "n2")]
    return policy(("k", "lam"), ("0.2", "1.2"), *nodes, **usage)


ESTIMATED = policy(("lanczos",), (), ("log", "lanczos"), ("neg", "n0"), lanczos_steps=6)
REMEMBERING = policy(
    ("omega1", "count1", "c"),
    ("20", "0.4"),
    ("div", "count1", "c0"),
    ("mul", "omega1", "n0"),
    ("sub", "n1", "c"),
    ("add", "n2", "c1"),
    ("log", "n3"),
)
TOLD = policy(
    ("n", "entries", "dominance", "m", "q"),
    ("0.01",),
    ("mul", "n", "c0"),
    ("mul", "entries", "dominance"),
    ("add", "n0", "n1"),
    ("div", "n2", "m"),
    ("add", "n3", "q"),
)
POLICIES = {
    "young": young(),
    "chebyshev": scheduled(ordering="red-black", half_sweeps=True, sweeps=9),
    "ssor-cg": young(method="ssor-cg"),
    "schedule": scheduled(sweeps=5),
    "multicolour": young("c", ordering="multicolour"),
    "colours": scheduled(ordering="multicolour", half_sweeps=True, sweeps=70),
    "estimated": ESTIMATED,
    "remembering": REMEMBERING,
    "told": TOLD,
    "constant": policy(("m",), ("0.5",), ("add", "c0", "c0")),
}
QUICK = ("young",)  # others have kernels of their own compiled


def written(folder, exporter, document):
    path = folder / f"policy.{exporter.suffix}"
    path.write_text(exporter.write(document), encoding="ascii")
    return path


def loaded(folder, document):
    return runpy.run_path(str(written(folder, SCIPY, document)))


def group(matrix):
    still = np.zeros(1)
    return Systems(
        "test", matrix, still, np.ones((1, matrix.shape[0])), None, facts(matrix, still)
    )


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in QUICK else pytest.mark.slow) for n in POLICIES]
)
def test_solvers_pass_their_check(name, tmp_path):
    document = POLICIES[name]
    result = checks.check(written(tmp_path, SCIPY, document), SCIPY, document)
    assert result.status == "ok", result.message
    assert "checked by solving" in result.message
    assert result.points > 60


@pytest.mark.slow
@pytest.mark.parametrize("value", [-5.0, -2.0, 2.0, 6.0, 20.0])
@pytest.mark.parametrize("method", ["sor", "ssor-cg"])
def test_rounding_errors_of_hard_solves_are_no_failure(method, value, tmp_path):
    """Omegas near 0 and near 2, where small differences grow on the way."""
    document = policy(("m",), (repr(value / 2),), ("add", "c0", "c0"), method=method)
    result = checks.check(written(tmp_path, SCIPY, document), SCIPY, document)
    assert result.status == "ok", result.message


@pytest.mark.parametrize("exporter", EXPORTERS[1:], ids=["python", "c"])
@pytest.mark.parametrize("name", POLICIES)
def test_omegas_pass_their_check(exporter, name, tmp_path):
    if exporter.name == "omega-c" and shutil.which("cc") is None:
        pytest.skip("needs a C compiler called cc")
    document = POLICIES[name]
    result = file.export(document, exporter, tmp_path / f"relax.{exporter.suffix}")
    assert result.status == "ok", result.message
    assert result.points > 20


def test_omegas_are_those_of_the_evaluator():
    document = policy(("c",), ("1.0",), ("mul", "c", "c0"))
    values = np.array([-1e300, -1000.0, -7.0, -0.3, 0.0, 2.5, 14.0, 20.0, 1e300])
    found = evaluate(squashed(document), values)
    np.testing.assert_allclose(found, squash(values), rtol=4e-16)
    assert found[0] == pytest.approx(LOWEST)
    assert found[-1] == pytest.approx(HIGHEST)


WRONG = [
    ("young", "x = x + factors.solve(residual)", "x = x + 0.999 * factors.solve(residual)"),
    ("young", "max(1.0 - lam, ", "max(0.0, "),
    ("young", "2.0 / (1.0", "2.1 / (1.0"),
    ("young", "tolerance * norms[0]", "0.1 * tolerance * norms[0]"),
    ("chebyshev", "HALF_SWEEPS = True", "HALF_SWEEPS = False"),
    ("chebyshev", "SWEEPS = 9", "SWEEPS = 8"),
    ("ssor-cg", 'factors.solve(residual, "T")', "factors.solve(residual)"),
    ("estimated", "STEPS = 6", "STEPS = 5"),
    ("told", "matrix.nnz / ", "matrix.nnz // "),
    ("remembering", "state.omega1 = float", "unused = float"),
    ("multicolour", "free[0]", "free[-1]"),
    ("schedule", "np.arange(SWEEPS)", "0"),
]


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [pytest.param(*case, marks=[] if i < 2 else pytest.mark.slow) for i, case in enumerate(WRONG)],
)
def test_a_wrong_solver_is_found(name, text, other, tmp_path):
    path = written(tmp_path, SCIPY, POLICIES[name])
    source = path.read_text()
    assert text in source
    path.write_text(source.replace(text, other))
    assert checks.check(path, SCIPY, POLICIES[name]).status == "failed"


def test_a_wrong_omega_is_found(tmp_path):
    exporter = omega_python()
    path = written(tmp_path, exporter, young())
    near = dataclasses.replace(young(), constants=("1.0000000000000002",))
    assert checks.check(path, exporter, near).status == "failed"


def test_a_policy_without_omegas_is_no_solver(tmp_path):
    document = policy(("n",), ("-1",), ("mul", "n", "c0"), ("log", "n0"))
    result = checks.check(written(tmp_path, SCIPY, document), SCIPY, document)
    assert result.status == "failed"
    assert "no omega for any system" in result.message


@pytest.mark.parametrize("ordering", ["lexicographic", "red-black", "multicolour"])
def test_sweeps_are_those_of_a_textbook(ordering, tmp_path):
    document = scheduled(ordering=ordering, sweeps=4)
    module = loaded(tmp_path, document)
    matrix = random_spd(40, 0.1, 5) if ordering != "red-black" else poisson(6)
    rng = np.random.default_rng(0)
    b, start = rng.normal(size=(2, matrix.shape[0]))
    x, info = module["solve"](matrix, b, x0=start, tolerance=1e-7)
    low = spectrum(group(matrix)).lowest[0]
    omegas = squash(evaluate(document.simplified(), np.array([np.arange(4.0), np.full(4, low)])))
    np.testing.assert_allclose(info.omegas, omegas[: info.iterations], rtol=1e-12)
    order = order_of(matrix, ordering).permutation
    expected = norms(
        matrix[order][:, order],
        b[order],
        lambda k: omegas[min(k, 4) - 1],
        start=start[order],
        tolerance=1e-7,
    )
    assert info.iterations == len(expected) - 1
    assert info.residual == pytest.approx(expected[-1] / expected[0], rel=1e-6)
    assert info.converged
    np.testing.assert_allclose(matrix @ x, b, atol=1e-5)


def test_features_are_those_of_the_evaluator(tmp_path):
    """On a matrix small enough for dense eigenvalues, and on a larger one."""
    inputs = ("n", "entries", "dominance", "mu", "lam", "lanczos")
    nodes = [("add", "n", "entries")]
    nodes += [("add", f"n{k}", name) for k, name in enumerate(inputs[2:])]
    module = loaded(tmp_path, policy(inputs, (), *nodes, lanczos_steps=9))
    for matrix in (random_spd(50, 0.2, 1), random_spd(500, 0.01, 2), random_spd(4, 0.5, 0)):
        systems, asked = group(matrix), []
        module["solve"].__globals__["omega"] = lambda asked=asked, **told: (
            asked.append(told) or 1.0
        )
        module["solve"](scipy.sparse.coo_array(matrix), np.ones(systems.n), maxiter=1)
        ends = spectrum(systems)
        expected = {name: float(values[0]) for name, values in systems.facts.items()}
        expected |= {"mu": ends.mu[0], "lam": ends.lowest[0]}
        expected["lanczos"] = lowest_ritz(systems, 9)[0]
        assert asked[0] == pytest.approx({name: expected[name] for name in inputs}, rel=1e-9)


def test_a_given_radius_is_not_computed(tmp_path):
    solve = loaded(tmp_path, young())["solve"]
    solve.__globals__["eigsh"] = None
    with pytest.raises(TypeError):
        solve(poisson(21), np.ones(441))
    _, info = solve(poisson(21), np.ones(441), mu=0.99)
    assert info.omegas == pytest.approx([2 / (1 + np.sqrt(1 - 0.99**2))])
    assert info.converged


def test_what_is_no_system_is_refused(tmp_path):
    solve = loaded(tmp_path, young())["solve"]
    matrix, b = poisson(3).toarray(), np.ones(9)
    skew, hollow = matrix.copy(), matrix.copy()
    skew[0, 1], hollow[4, 4] = 5.0, 0.0
    for expected, arguments in {
        "square matrix, received shape (9, 8)": (matrix[:, :8], b),
        "symmetric matrix, received |a_ij - a_ji| up to 6": (skew, b),
        "positive diagonal, received 0 in row 4": (hollow, b),
        "b: expected shape (9,), received (8,)": (matrix, b[:8]),
        "received complex numbers": (matrix * 1j, b),
        "received infinite ones or NaN": (matrix, b * np.nan),
        "the policy has no omega for a system with mu = ": (matrix - 1.9 * np.eye(9), b),
    }.items():
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            solve(*arguments)
        assert expected in str(caught.value)
    with pytest.raises(ValueError, match=r"x0: expected shape \(9,\)"):
        solve(matrix, b, x0=b[:5])
    with pytest.raises(ValueError, match="red-black"):
        loaded(tmp_path, young(ordering="red-black"))["solve"](random_spd(9, 0.9, 0), np.ones(9))
    gradients = loaded(tmp_path, policy(("c",), (), ("neg", "c"), method="ssor-cg"))["solve"]
    with pytest.raises(ValueError, match="positive definite"):
        gradients(matrix - 3 * np.eye(9), b, c=0.0)


def test_divergence_and_the_end_of_patience(tmp_path):
    solve = loaded(tmp_path, policy(("c",), (), ("neg", "c")))["solve"]
    matrix, b = poisson(4), np.ones(16)
    x, info = solve(matrix, b, c=0.0, maxiter=5)
    assert (info.iterations, info.converged) == (5, False)
    assert info.residual == pytest.approx(np.linalg.norm(b - matrix @ x) / np.linalg.norm(b))
    _, info = solve(matrix - 3.5 * scipy.sparse.eye_array(16), b, c=-2.0)
    assert info.iterations < 100
    assert not info.converged


def test_what_is_given_stays_as_it_is(tmp_path):
    for ordering in ("lexicographic", "red-black"):
        matrix, b, start = poisson(4), np.ones(16), np.full(16, 2.0)
        before = matrix.copy()
        loaded(tmp_path, young(ordering=ordering))["solve"](matrix, b, x0=start)
        assert (matrix != before).nnz == 0
        assert (start == 2.0).all()
        assert (b == 1.0).all()


def test_states_remember(tmp_path):
    module = loaded(tmp_path, REMEMBERING)
    state = module["State"]()
    matrix, b = poisson(6), np.ones(36)
    _, first = module["solve"](matrix, b, state=state, c=0.0)
    assert first.omegas == pytest.approx(squash(np.log([1.0 / 20 + 0.4])))
    assert (state.omega1, state.count1) == (first.omegas[0], first.iterations)
    _, second = module["solve"](matrix, b, state=state, c=0.1)
    remembered = first.omegas * first.iterations / 20 - 0.1 + 0.4
    assert second.omegas == pytest.approx(squash(np.log(remembered)))
    with pytest.raises(TypeError, match="state"):
        module["solve"](matrix, b, c=0.0)


@pytest.mark.parametrize("name", POLICIES)
def test_modules_stand_alone_and_are_clean(name, tmp_path):
    path = written(tmp_path, SCIPY, POLICIES[name])
    tree = ast.parse(path.read_text())
    origins = {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    origins |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    roots = {origin.split(".")[0] for origin in origins}
    assert roots <= {"numpy", "scipy", *sys.stdlib_module_names}
    ruff = Path(sys.executable).with_name("ruff")
    if ruff.exists():
        options = ["--isolated", "--no-cache", "--line-length=99", "--select=E,F,W,I,B,UP,SIM"]
        done = subprocess.run(
            [ruff, "check", *options, path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_only_policies_are_exported(exporter):
    for metadata in ({}, {"usage": None}, {"usage": {"kind": "activation"}}):
        stranger = dataclasses.replace(young(), metadata=metadata)
        with pytest.raises(ExportError, match="expected a program with metadata"):
            exporter.write(stranger)
    for wrong in ({"method": "jacobi"}, {"sweeps": 0}, {"more": 1}, {"tolerance": "x"}):
        with pytest.raises(ExportError, match=f"usage: {next(iter(wrong))}"):
            exporter.write(young(**wrong))
    with pytest.raises(ExportError, match="lanczos_steps: expected 1 or more"):
        exporter.write(dataclasses.replace(ESTIMATED, metadata=young().metadata))


@pytest.mark.parametrize("name", ["A", "x0", "np", "sor", "matrix", "lambda", "print", "GROWTH"])
def test_features_with_names_of_the_module_are_refused(name):
    with pytest.raises(ExportError, match=f"a feature is called '{name}'"):
        SCIPY.write(policy((name,), (), ("neg", name)))


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_labels_of_strangers_stay_comments(label, tmp_path):
    metadata = {"campaign": label, "id": 3, "digest": label, "claims": {label: label}}
    document = dataclasses.replace(young(), metadata=metadata | {"usage": USAGE})
    plain = ast.parse(SCIPY.write(young()))
    text = SCIPY.write(document)
    assert len(ast.parse(text).body) == len(plain.body)
    assert text.isascii()


def test_exporters_are_found_by_name():
    for exporter in EXPORTERS:
        if exporter.name in registry.names():
            assert registry.find(exporter.name).name == exporter.name
