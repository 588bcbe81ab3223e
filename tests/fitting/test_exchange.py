"""Constants of least maximal error in double-double: optima, ranks, references, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program

from evaluators.approximation import precise
from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.polish import polish
from evaluators.approximation.targets import named
from evosearch.fitting import exchange
from evosearch.fitting.code import encode
from evosearch.fitting.exchange import Curve, Exchange
from evosearch.fitting.extended import NAMES, Extended
from evosearch.fitting.forward import Program
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import PrimitiveSet

INTERVAL = Interval.parse("(0, 1]")


def curve(name: str = "exp2", n: int = 256) -> Curve:
    x = INTERVAL.extremes(n)
    high, low = named(name).extended(x)
    return Curve(x, high, low, 1 / np.abs(high))


def fraction(depth: int, constants: list[float]):
    """c0 + x, then again and again ``c / that + x + c``, and at last ``c / that + c``."""
    nodes, used = [("add", "x", "c0")], 1
    for level in range(depth):
        nodes.append(("div", f"c{used}", f"n{len(nodes) - 1}"))
        if level < depth - 1:
            nodes.append(("add", "x", f"n{len(nodes) - 1}"))
        nodes.append(("add", f"n{len(nodes) - 1}", f"c{used + 1}"))
        used += 2
    return canonical(program(nodes, constants[:used]))


# Near the best constants of [2/2] and of a composition; errors are those of the literature.
SECOND = [-0.49, 24.9, -9.2, 24.7, 1.42]
SQUARED = program(
    [
        ("div", "c0", "x"),
        ("add", "n0", "x"),
        ("div", "c1", "n1"),
        ("add", "n1", "n2"),
        ("add", "n3", "c2"),
        ("div", "c3", "n4"),
        ("add", "n5", "c4"),
        ("mul", "n6", "n6"),
    ],
    [361.6, 947.0, -62.66, 125.3, 1.0],
)


def test_the_best_second_order_fraction_is_reached_from_nearby():
    start = fraction(2, SECOND)
    found = exchange.level(start, curve(), Exchange())
    assert found.errors[0] == pytest.approx(4.3403e-7, rel=1e-3)
    again = exchange.level(start.with_constants(found.constants), curve(), Exchange())
    np.testing.assert_allclose(again.constants, found.constants, rtol=1e-12)
    assert again.errors[0] == pytest.approx(found.errors[0], rel=1e-9)
    assert np.abs(found.rest).max() < 1e-15 * np.abs(found.constants).max()


def test_an_error_that_float64_sees_badly_is_that_of_high_precision():
    start = canonical(SQUARED)
    found = exchange.level(start, curve(n=1024), Exchange())
    fitted = start.with_constants(found.constants)
    polished = polish(fitted, 0, named("exp2"), INTERVAL, Measure())
    assert polished is not None
    assert found.errors[0] == pytest.approx(polished.metrics["max_relative_error"], rel=2e-3)
    assert found.errors[0] < 1e-11


def test_points_out_of_order_are_refused():
    right = curve()
    turned = Curve(right.x[::-1], right.target[::-1], right.rest[::-1], right.weights[::-1])
    with pytest.raises(ValueError, match="ascending order"):
        exchange.level(fraction(2, SECOND), turned, Exchange())


def test_redundant_constants_do_no_harm():
    twice = program(
        [("mul", "x", "c0"), ("add", "n0", "c1"), ("add", "n1", "c2"), ("mul", "n2", "c3")],
        [1.0, 0.5, 0.5, 1.1],
    )
    errors = exchange.level(twice, curve(), Exchange()).errors
    assert errors[0] == pytest.approx(2.982e-2, rel=1e-3)


def test_a_start_without_finite_values_is_infinitely_bad():
    pole = program([("div", "c0", "x"), ("sub", "x", "x"), ("div", "n0", "n1")], [1.0])
    assert exchange.level(pole, curve(), Exchange()).errors[0] == np.inf


def test_a_program_does_not_depend_on_its_batch():
    some = [fraction(2, [c * s for c in SECOND]) for s in (1.0, 1.02, 0.9)]
    batch = some[0].concatenate(some[1:])
    whole = exchange.level(batch, curve(), Exchange())
    alone = exchange.level(batch.take(np.array([2])), curve(), Exchange())
    np.testing.assert_array_equal(alone.constants[0], whole.constants[2])
    assert alone.errors[0] == whole.errors[2]


def test_what_can_be_fitted_is_told():
    sine = program([("sin", "x"), ("add", "n0", "c0")], [1.0])
    bare = program([("mul", "x", "x")], [])
    batch = fraction(2, SECOND).concatenate([sine, bare])
    assert exchange.fits(batch).tolist() == [True, False, False]


def test_least_squares_are_those_of_numpy_and_ranks_are_told():
    rng = np.random.default_rng(0)
    jacobian = rng.integers(-9, 10, (exchange.WIDEST, 16)).astype(float)
    jacobian[2] = jacobian[0] - 3 * jacobian[1]
    right, weights = rng.normal(size=16), 2.0 ** rng.integers(-1, 2, 16)
    change, rank = jax.jit(exchange.solve)(
        jnp.asarray(jacobian + 0j), weights, jnp.asarray(right + 0j), jnp.zeros(16), jnp.int32(5)
    )
    assert int(rank) == 4
    use = [0, 1, 3, 4]
    want = np.linalg.lstsq((jacobian[use] * weights).T, right, rcond=None)[0]
    np.testing.assert_allclose(np.asarray(change).real[use], want, rtol=1e-10)
    assert complex(change[2]) == 0


def test_the_level_is_solved_for_beside_the_constants():
    rng = np.random.default_rng(1)
    jacobian, right = rng.normal(size=(exchange.WIDEST, 16)), rng.normal(size=16)
    signs = np.where(np.arange(16) % 2, 1.0, -1.0)
    change, _ = jax.jit(exchange.solve)(
        jnp.asarray(jacobian + 0j), jnp.ones(16), jnp.asarray(right + 0j), signs, jnp.int32(3)
    )
    whole = np.column_stack([jacobian[:3].T, signs])
    want = np.linalg.lstsq(whole, right, rcond=None)[0][:3]
    np.testing.assert_allclose(np.asarray(change).real[:3], want, rtol=1e-10)


@pytest.mark.parametrize(
    ("errors", "count", "places"),
    [
        ([1, 3, 2, -1, -4, 2, -1], 4, [1, 4, 5, 6]),
        ([1, 3, 2, -1, -4, 2, -1], 3, [1, 4, 5]),  # the smaller end goes
        ([0.5, -4, 2, -3], 3, [1, 2, 3]),
        ([1, 2, 1], 2, None),
    ],
)
def test_references_alternate(errors, count, places):
    found, enough = jax.jit(exchange.reference)(jnp.asarray(errors, jnp.float64), jnp.int32(count))
    assert bool(enough) == (places is not None)
    if places is not None:
        assert np.asarray(found)[:count].tolist() == places


@pytest.mark.parametrize("name", NAMES)
def test_values_and_derivatives_are_right_to_thirty_digits(name):
    arity = {"neg": 1, "sqrt": 1, "fma": 3}.get(name, 2)
    inner = [("add", "x", "c0"), ("mul", "x", "c1"), ("div", "c2", "n0")]
    whole = program([*inner, (name, *("n2", "n1", "n0")[:arity])], [1.5, 2.5, 3.5])
    primitives = PrimitiveSet.named(dict.fromkeys(["add", "mul", "div", name]))
    layout, code = encode(whole, primitives, 16, 1, exchange.WIDEST)
    forward = Extended(primitives, layout)
    depth = layout.first_register + layout.registers
    rows = jnp.zeros((depth, 16), jnp.complex128)
    tangents = jnp.zeros((layout.registers + 1, layout.constants, 16), jnp.complex128)
    n = int(whole.n_constants[0])
    constants = np.zeros(layout.constants, np.complex128)
    constants[:n] = whole.constants[0, :n]
    x = np.linspace(0.1, 1.0, 16)

    def run(code):
        return forward.tangents_at(Program(*code), jnp.asarray(constants), x, rows, tangents)[:2]

    value, jacobian = jax.jit(run)(tuple(part[0] for part in code))
    with mp.workdps(50):
        points, own = [mpf(v) for v in x.tolist()], precise.constants_of(whole, 0)
        values, gradients = precise.evaluate_with_derivatives(whole, 0, points, own)
        for i, (want, gradient) in enumerate(zip(values, gradients, strict=True)):
            pairs = [(want, complex(value[i]))]
            pairs += [(g, complex(jacobian[j, i])) for j, g in enumerate(gradient)]
            for exact, found in pairs:
                close = abs(mpf(found.real) + mpf(found.imag) - exact)
                assert close <= mpf(2) ** -95 * (1 + abs(exact))
