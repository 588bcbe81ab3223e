"""Sweeps counted by the kernel are those of a textbook implementation, lane by lane."""

from pathlib import Path

import numpy as np
import pytest
from plain_sor import crossing, norms, poisson, random_spd, shifted

from evaluators.sor.matrix_file import find, read
from evaluators.sor.ordering import order_of
from evaluators.sor.solver import sor
from evaluators.sor.systems import Systems
from evosearch.errors import ConfigError

RNG = np.random.default_rng(0)


def group(matrix, shifts=(0.0,), starts=False, seed=0) -> Systems:
    rng = np.random.default_rng(seed)
    shape = (len(shifts), matrix.shape[0])
    first = rng.normal(size=shape)
    return Systems(
        "test", matrix, np.array(shifts), first, rng.normal(size=shape) if starts else None
    )


def textbook(systems, which, omegas, permutation, **options):
    """Norms of every lane's residuals, in that order of the unknowns; omegas [lanes, steps]."""
    return [
        norms(
            shifted(systems.matrix, systems.shifts[t])[permutation][:, permutation],
            systems.rhs[t][permutation],
            lambda k, own=own: own[min(k, len(own)) - 1],
            start=None if systems.starts is None else systems.starts[t][permutation],
            **options,
        )
        for t, own in zip(which, omegas, strict=True)
    ]


def agree(counts, expected):
    assert counts.iterations.tolist() == [len(each) - 1 for each in expected]
    np.testing.assert_allclose(
        counts.crossing, [crossing(each) for each in expected], rtol=1e-5, atol=1e-5
    )
    assert counts.converged.all()


@pytest.mark.parametrize("ordering", ["lexicographic", "red-black", "multicolour"])
def test_poisson_with_shifts_and_starts(ordering):
    systems = group(poisson(7), (0.0, 0.4, -0.1), starts=True)
    which = np.arange(70) % 3  # more lanes than are at work at once
    omegas = np.linspace(0.9, 1.9, 70)
    counts = sor(systems, which, omegas, ordering=ordering)
    order = order_of(systems.matrix, ordering).permutation
    agree(counts, textbook(systems, which, omegas[:, None], order))


@pytest.mark.parametrize("ordering", ["lexicographic", "multicolour"])
@pytest.mark.parametrize(("n", "density"), [(1, 1.0), (30, 0.05), (60, 0.5)])
def test_matrices_without_pattern(ordering, n, density):
    systems = group(random_spd(n, density, 3), (0.0, 0.25))
    which, omegas = np.array([0, 1, 0, 1, 0]), np.array([0.5, 0.95, 1.2, 1.4, 1.6])
    counts = sor(systems, which, omegas, ordering=ordering)
    order = order_of(systems.matrix, ordering).permutation
    agree(counts, textbook(systems, which, omegas[:, None], order))


def test_schedules_repeat_their_last_omega():
    systems = group(poisson(6), (0.0, 0.3))
    schedules = RNG.uniform(1.0, 1.7, (9, 5))
    which = np.arange(9) % 2
    counts = sor(systems, which, schedules)
    agree(counts, textbook(systems, which, schedules, np.arange(36)))


def test_a_sweep_with_omega_0_does_nothing():
    systems = group(poisson(6))
    with_pause = np.array([[1.3, 0.0, 1.6], [1.3, 1.6, 1.6]])
    paused, straight = sor(systems, np.zeros(2, int), with_pause).iterations
    assert paused == straight + 1
    never = sor(systems, np.zeros(2, int), np.array([0.0, np.nan]), cap=70)
    assert never.iterations.tolist() == [70, 70]
    assert not never.converged.any()


def test_half_sweeps_are_cyclic_chebyshev():
    side = 8
    systems = group(poisson(side))
    mu = np.cos(np.pi / (side + 1))
    omegas = [1.0, 1 / (1 - mu**2 / 2)]  # Golub and Varga (1961)
    while len(omegas) < 120:
        omegas.append(1 / (1 - mu**2 * omegas[-1] / 4))
    counts = sor(
        systems, np.zeros(1, int), np.array([omegas]), ordering="red-black", half_sweeps=True
    )
    order = order_of(systems.matrix, "red-black")
    colours = np.repeat([0, 1], order.sizes)
    permuted = systems.matrix[order.permutation][:, order.permutation]
    found = norms(
        permuted,
        systems.rhs[0][order.permutation],
        lambda k: np.array([omegas[2 * k - 2], omegas[2 * k - 1]])[colours],
    )
    agree(counts, [found])


def test_half_sweeps_of_many_colours():
    systems = group(random_spd(25, 0.5, 1))
    order = order_of(systems.matrix, "multicolour")
    assert len(order.sizes) > 4
    omegas = RNG.uniform(0.8, 1.3, (3, 4 * len(order.sizes)))
    colours = np.repeat(np.arange(len(order.sizes)), order.sizes)
    counts = sor(systems, np.zeros(3, int), omegas, ordering="multicolour", half_sweeps=True)
    permuted = systems.matrix[order.permutation][:, order.permutation]
    right = systems.rhs[0][order.permutation]
    last = omegas.shape[1] - 1
    expected = [
        norms(
            permuted,
            right,
            lambda k, own=own: own[np.minimum((k - 1) * len(order.sizes) + colours, last)],
        )
        for own in omegas
    ]
    agree(counts, expected)


def test_best_omega_of_the_model_problem():
    side = 10  # Young (1954): 2 / (1 + sin(pi / (m + 1))) = 1.56039
    systems = group(poisson(side), (0.0,) * 40)
    grid = np.linspace(1.4, 1.7, 61)
    which = np.repeat(np.arange(40), len(grid))
    counts = sor(systems, which, np.tile(grid, 40))
    best = grid[counts.iterations.reshape(40, -1).mean(axis=0).argmin()]
    assert abs(best - 1.56039) < 0.015


def test_counts_of_an_independent_implementation():
    """In C, of the same 64 omegas and the same Gaussian right-hand side: sum, most and fewest."""
    systems = group(poisson(32))
    which, omegas = np.zeros(64, int), np.linspace(1, 1.95, 64)
    for ordering, expected in (
        ("lexicographic", (40994, 1559, 113)),
        ("red-black", (43240, 1601, 102)),
    ):
        found = sor(systems, which, omegas, ordering=ordering).iterations
        assert (found.sum(), found[0], found.min()) == expected


@pytest.mark.parametrize(
    ("name", "omegas", "expected"),
    [
        ("bcsstk01", (1.0, 1.5), [5600, 1967]),
        ("gr_30_30", (1.0, 1.5, 1.78), [983, 323, 97]),
        ("Trefethen_500", (1.0, 1.1, 1.5), [13, 10, 27]),
    ],
)
def test_real_matrices_by_an_independent_implementation(name, omegas, expected):
    (path,) = find(f"builtin:{name}", Path())
    systems = group(read(path))
    counts = sor(systems, np.zeros(len(omegas), int), np.array(omegas))
    assert counts.iterations.tolist() == expected


def test_caps_and_divergence():
    systems = group(poisson(6))
    which = np.zeros(5, int)
    omegas = np.array([1.0, 1.0, 1.0, 2.4, 1e200])
    unlimited = sor(systems, which[:1], omegas[:1]).iterations[0]
    caps = np.array([unlimited, unlimited - 1, 1, 500, 500])
    counts = sor(systems, which, omegas, cap=caps)
    assert counts.converged.tolist() == [True, False, False, False, False]
    assert counts.iterations.tolist() == caps.tolist()
    assert counts.crossing[1:].tolist() == caps[1:].tolist()


def test_solved_from_the_start():
    systems = Systems("zero", poisson(3), np.zeros(1), np.zeros((1, 9)))
    counts = sor(systems, np.zeros(1, int), np.array([1.2]))
    assert counts.converged.all()
    assert counts.iterations.tolist() == [1]


def test_a_lane_does_not_depend_on_its_neighbours():
    systems = group(poisson(9), (0.0, 0.2, 0.4), starts=True)
    rng = np.random.default_rng(5)
    which, omegas = rng.integers(0, 3, 200), rng.uniform(1.0, 1.9, 200)
    together = sor(systems, which, omegas)
    for part in (slice(0, 1), slice(3, 8), slice(7, 140, 3)):
        alone = sor(systems, which[part], omegas[part])
        assert (alone.iterations == together.iterations[part]).all()
        assert (alone.crossing == together.crossing[part]).all()


def test_few_of_many_systems():
    systems = group(poisson(5), np.linspace(0.0, 1.0, 30), starts=True)
    every = sor(systems, np.arange(30), np.full(30, 1.4))
    which = np.array([29, 3, 3])
    few = sor(systems, which, np.full(3, 1.4))
    assert (few.crossing == every.crossing[which]).all()


def test_no_lanes():
    counts = sor(group(poisson(3)), np.zeros(0, int), np.zeros(0))
    assert len(counts.iterations) == 0


def test_omegas_for_other_lanes_are_refused():
    with pytest.raises(ConfigError, match=r"3 lanes.*\[3, 0\]"):
        sor(group(poisson(3)), np.zeros(3, int), np.ones((3, 0)))
