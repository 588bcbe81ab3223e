"""Problem sets: exact spectra, the heat equation against plain solves, draws, messages."""

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
from pydantic import TypeAdapter, ValidationError
from scipy.sparse.linalg import spsolve

from evaluators.sor.problems import Problem, problem
from evaluators.sor.problems.gallery import finite_volumes
from evaluators.sor.problems.heat import steps
from evaluators.sor.problems.laplacian import gaussian, grid_laplacian
from evaluators.sor.spectrum import spectrum
from evosearch.errors import PluginError

READ = TypeAdapter(Problem)
EVERY = [
    {"problem": "laplacian", "sizes": [5, 10], "instances": 12},
    {"problem": "poisson", "sizes": [6], "instances": 3},
    {"problem": "heat", "nx": [9], "steps": 40, "stride": 10},
    {"problem": "anisotropic", "sizes": [7], "draws": 2, "rhs": 2},
    {"problem": "variable", "sizes": [7], "draws": 2, "rhs": 2},
    {"problem": "matrices", "matrices": ["builtin:bcsstk01", "builtin:LFAT5"]},
]


def make(seed=0, **options):
    return problem(READ.validate_python(options), np.random.default_rng(seed), Path())


def dense(systems, row):
    return systems.matrix.toarray() + systems.shifts[row] * np.eye(systems.n)


def scaled_eigenvalues(matrix):
    roots = np.diag(matrix) ** -0.5
    return np.linalg.eigvalsh(roots[:, None] * matrix * roots)


@pytest.mark.parametrize("options", EVERY, ids=lambda options: options["problem"])
def test_systems_are_positive_definite_told_exactly_and_drawn_from_the_stream(options):
    pytest.importorskip("pyamg") if options["problem"] == "anisotropic" else None
    first, again, other = make(1, **options), make(1, **options), make(2, **options)
    for systems, same, apart in zip(first, again, other, strict=True):
        assert systems.rhs.shape == (len(systems), systems.n)
        assert systems.matrix.has_sorted_indices
        assert abs(systems.matrix - systems.matrix.T).max() == 0
        np.testing.assert_array_equal(systems.rhs, same.rhs)
        np.testing.assert_array_equal(systems.shifts, same.shifts)
        assert not np.array_equal(systems.rhs, apart.rhs)
        ends = spectrum(systems)
        for row in range(len(systems)):
            values = scaled_eigenvalues(dense(systems, row))
            assert values[0] > 0
            assert ends.lowest[row] == pytest.approx(values[0], abs=1e-12)
            assert ends.highest[row] == pytest.approx(values[-1], abs=1e-12)
            assert systems.facts["n"][row] == systems.n
            whole = abs(dense(systems, row))
            dominance = (np.diag(whole) / whole.sum(axis=1)).min()
            assert systems.facts["dominance"][row] == pytest.approx(dominance)
        if "mu" in systems.facts:
            np.testing.assert_allclose(systems.facts["mu"], ends.mu, atol=1e-12)
            np.testing.assert_allclose(systems.facts["lam"], ends.lowest, atol=1e-12)


@pytest.mark.parametrize(("side", "omega"), [(10, 1.56039), (32, 1.826390541588421)])
def test_optimal_omega_of_poisson(side, omega):
    (systems,) = make(problem="poisson", sizes=[side], instances=1)
    mu = spectrum(systems).mu[0]
    assert mu == pytest.approx(np.cos(np.pi / (side + 1)), abs=1e-12)
    assert 2 / (1 + np.sqrt(1 - mu**2)) == pytest.approx(omega, abs=1e-5 if side == 10 else 1e-9)


def test_long_spectra_agree_with_short_ones():
    rng = np.random.default_rng(0)
    matrix = grid_laplacian(21) + scipy.sparse.diags_array(rng.uniform(0, 1, 441))
    (systems,) = make(problem="poisson", sizes=[21], instances=2)
    systems = systems.__class__(
        "ragged", scipy.sparse.csr_array(matrix), np.array([0.3, 0.0]), systems.rhs
    )
    ends = spectrum(systems)
    for row in range(2):
        values = scaled_eigenvalues(dense(systems, row))
        assert (ends.lowest[row], ends.highest[row]) == pytest.approx(
            (values[0], values[-1]), abs=1e-12
        )


@pytest.mark.parametrize(
    ("variance", "spread"), [("low", 0.6**2 * 12 / (64 * 9)), ("high", 0.6**2 * 0.75 / 12)]
)
def test_published_shifts(variance, spread):
    (systems,) = make(problem="laplacian", instances=20_000, variance=variance)
    shifts = systems.shifts
    assert -0.15 <= shifts.min() < -0.1 < 0.3 < shifts.max() <= 0.45
    assert abs(shifts.mean()) < 5 * np.sqrt(spread / 20_000)
    assert shifts.var() == pytest.approx(spread, rel=0.05)
    assert (systems.rhs**2).sum(axis=1).max() <= systems.n
    assert systems.rhs.mean() == pytest.approx(0, abs=0.01)


def test_other_sizes_are_as_near_to_singular_as_the_published_one():
    ratios = []
    for side in (5, 10, 32):
        options = READ.validate_python({"problem": "laplacian", "sizes": [side]})
        low, high = options.shifts(side)
        bottom = np.linalg.eigvalsh(grid_laplacian(side).toarray())[0] if side < 32 else None
        bottom = 4 - 4 * np.cos(np.pi / 33) if bottom is None else bottom
        ratios.append((low / bottom, high / bottom))
    np.testing.assert_allclose(ratios, [ratios[1]] * 3)


def test_truncated_vectors_keep_their_norm_below_the_root_of_n():
    vectors = gaussian(2000, 3, np.random.default_rng(0), truncated=True)
    assert (vectors**2).sum(axis=1).max() <= 3
    assert np.median((vectors**2).sum(axis=1)) > 1


def test_heat_takes_the_steps_of_a_plain_crank_nicolson_solver():
    nx, dt = 8, 1e-3
    side = np.arange(1, nx) / nx
    x, y = (grid.ravel() for grid in np.meshgrid(side, side, indexing="ij"))

    def bump(cx, cy, radius):
        inside = np.clip(1 - ((x - cx) ** 2 + (y - cy) ** 2) / radius**2, 1e-300, None)
        return np.where(inside > 1e-300, np.exp(1 - 1 / inside), 0.0)

    u, laplacian = bump(0.5, 0.5, 0.25), -nx * nx * grid_laplacian(nx - 1)
    identity = scipy.sparse.eye_array(len(x), format="csr")
    taken = list(steps(nx, np.arange(600)))
    for number in range(600):  # past the change of the conductivity at 0.5 s
        half = (number + 0.5) * dt
        kappa = max(0.1 * np.sin(2 * np.pi * half), -10 * np.sin(2 * np.pi * half))
        change = 0.5 * dt * kappa * laplacian
        centre = 0.5 + np.cos(16 * np.pi * half) / 4, 0.5 + np.sin(16 * np.pi * half) / 4
        rhs = (identity + change) @ u + dt * 32 * bump(*centre, 0.125)
        np.testing.assert_allclose(taken[number].start, u, atol=1e-12)
        np.testing.assert_allclose(taken[number].rhs, rhs, atol=1e-12)
        u = spsolve((identity - change).tocsc(), rhs)


def test_heat_systems_are_the_steps_divided_by_q():
    (systems,) = make(problem="heat", nx=[9], steps=900, stride=100, offset=37)
    facts = systems.facts
    assert len(systems) == 9
    times = 1e-3 * (37 + 100 * np.arange(9))
    wave = np.sin(2 * np.pi * times)
    np.testing.assert_allclose(facts["kappa_start"], np.maximum(0.1 * wave, -10 * wave))
    np.testing.assert_allclose(facts["q"], 1e-3 * facts["kappa"] * 81 / 2)
    np.testing.assert_allclose(facts["mu"], spectrum(systems).mu, atol=1e-12)
    step = next(steps(9, np.array([237])))
    np.testing.assert_allclose(systems.rhs[2] * facts["q"][2], step.rhs)
    np.testing.assert_array_equal(systems.starts[2], step.start)


def test_offset_of_heat_is_drawn():
    options = {"problem": "heat", "nx": [5], "steps": 1000, "stride": 100}
    starts = {float(make(seed, **options)[0].facts["kappa_start"][0]) for seed in range(5)}
    assert len(starts) > 1


def test_constant_coefficients_give_the_laplacian():
    difference = finite_volumes(np.full((8, 8), 2.5)) - 2.5 * grid_laplacian(6)
    assert abs(difference).max() < 1e-14


def test_finite_volumes_conserve_and_take_harmonic_means():
    k = np.exp(np.random.default_rng(0).standard_normal((6, 6)))
    matrix = finite_volumes(k).toarray()
    assert matrix[0, 1] == pytest.approx(-2 * k[1, 1] * k[1, 2] / (k[1, 1] + k[1, 2]))
    assert matrix[0, 4] == pytest.approx(-2 * k[1, 1] * k[2, 1] / (k[1, 1] + k[2, 1]))
    inner = matrix.sum(axis=1).reshape(4, 4)[1:-1, 1:-1]
    np.testing.assert_allclose(inner, 0, atol=1e-12)


def test_anisotropy_needs_pyamg(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyamg.gallery", None)
    with pytest.raises(PluginError, match=r"pip install 'evosearch\[sor\]'"):
        make(problem="anisotropic")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem": "laplacian", "sizes": [16], "interval": [-0.15, 0.45]}, "above -0.06811"),
        ({"problem": "laplacian", "interval": [0.2, 0.1]}, "low, high"),
        ({"problem": "laplacian", "variance": [0, 1]}, "above 0"),
        ({"problem": "laplacian", "sizes": []}, "at least 1"),
        ({"problem": "laplacian", "size": 3}, "Extra inputs"),
        ({"problem": "heat", "nx": [400]}, "write stride = 3 or more"),
        ({"problem": "heat", "steps": 10, "offset": 10}, "offset below steps = 10"),
        ({"problem": "variable", "sigma": [2, 1]}, "low <= high"),
        ({"problem": "anisotropic", "epsilon": [0, 1]}, "greater than 0"),
        ({"problem": "poison"}, "'laplacian', 'poisson', 'heat'"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(ValidationError, match=message):
        READ.validate_python(options)


def test_the_stride_that_a_message_names_is_enough():
    READ.validate_python({"problem": "heat", "nx": [400], "stride": 3})
