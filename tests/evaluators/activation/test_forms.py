"""Functions as JAX operations, as tables and as code are the functions that NumPy computes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from evaluators.activation import code, operations, table
from evaluators.activation.baselines import C0, X, crrelu, functions, plain, program
from evosearch import backend  # noqa: F401 - sets JAX up
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ALL

ALPHA = X - 1
POINTS = np.array([-30.0, -8.0, -3.1, -1.0, -0.5, -1e-3, 1e-3, 0.3, 1.0, 2.9, 7.0, 30.0])


def arguments(arity):
    grid = np.meshgrid(*[POINTS] * arity, indexing="ij")
    return [each.ravel() for each in grid]


@pytest.mark.parametrize("primitive", ALL.members, ids=lambda primitive: primitive.name)
def test_operations_have_the_values_of_numpy(primitive):
    given = arguments(primitive.arity)
    with np.errstate(all="ignore"):
        expected = primitive.compute(*given)
    found = operations.BY_NAME[primitive.name](*map(jnp.asarray, given))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    missing = np.full(1, np.nan)
    alone = operations.BY_NAME[primitive.name](*[jnp.asarray(missing)] * primitive.arity)
    assert np.isnan(alone).all() or primitive.name in ("plog", "pdiv")


@pytest.mark.parametrize("primitive", ALL.members, ids=lambda primitive: primitive.name)
def test_derivatives_are_those_of_differences(primitive):
    given, step = arguments(primitive.arity), 1e-6
    kink = given[0] == given[-1] if primitive.arity > 1 else np.zeros(len(POINTS), bool)
    for k in range(primitive.arity):
        sides = [[a + s * step * (j == k) for j, a in enumerate(given)] for s in (-1, 1)]
        with np.errstate(all="ignore"):
            low, high = (primitive.compute(*side) for side in sides)
            expected = (high - low) / (2 * step)
            good = np.isfinite(expected) & (np.abs(high) < 1e4) & ~kink
        along = tuple(np.full_like(a, float(j == k)) for j, a in enumerate(given))
        found = jax.jvp(operations.BY_NAME[primitive.name], tuple(given), along)[1]
        assert good.any()
        np.testing.assert_allclose(np.asarray(found)[good], expected[good], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "name", ["relu", "abs", "sqrt", "psqrt", "plog", "elu", "selu", "softsign", "sinc", "swish"]
)
def test_derivatives_at_0_are_finite(name):
    slope = jax.grad(operations.BY_NAME[name])(0.0)
    assert np.isfinite(slope)
    assert name not in ("relu", "abs") or slope == 0


def test_a_table_interpolates_and_goes_on_straight():
    for known in plain():
        values = table.knots(known.program)[0]
        pieces = table.Table(*map(jnp.asarray, table.table(values)))
        x = np.linspace(-7.99, 7.99, 1001).astype(np.float32)
        exact = evaluate(known.program, x[None].astype(np.float64))[0]
        assert np.abs(table.apply(x, pieces) - exact).max() < 5e-5
        at = np.array([8.0, 9.0, 1000.0], np.float32)
        found = np.asarray(table.apply(at, pieces), np.float64)
        assert np.allclose(found[1] - found[0], values[-1] * 64 - values[-2] * 64, atol=1e-4)
        slopes = jax.vmap(jax.grad(table.apply), in_axes=(0, None))(x, pieces)
        assert np.abs(slopes[1:] - np.diff(exact) / np.diff(x)).max() < (
            0.02 if known.name != "relu" else 1.01
        )


@pytest.mark.parametrize("known", plain(), ids=lambda known: known.name)
def test_every_piece_of_a_table_is_found(known):
    """At each knot and in the middle of each piece, and what lies outside or is no number."""
    values = table.knots(known.program)[0]
    pieces = table.Table(*map(jnp.asarray, table.table(values)))
    x = table.KNOTS.astype(np.float32)
    middle = (x[1:] + x[:-1]) / 2
    slopes = np.diff(values) * 64
    compute = jax.jit(jax.vmap(jax.value_and_grad(table.apply), in_axes=(0, None)))
    found, slope = compute(x, pieces)
    np.testing.assert_allclose(found, values, atol=2e-6)
    np.testing.assert_array_equal(slope, slopes[[0, *range(1024)]].astype(np.float32))
    found, slope = compute(middle, pieces)
    np.testing.assert_allclose(found, (values[1:] + values[:-1]) / 2, atol=2e-6)
    np.testing.assert_array_equal(slope, slopes.astype(np.float32))
    far = np.array([-1e30, -9.0, 9.0, 1e30, np.nan], np.float32)
    found, slope = compute(far, pieces)
    assert np.isnan(found[-1])
    assert np.isfinite(found[:-1]).all()
    np.testing.assert_array_equal(slope[:-1], slopes[[0, 0, -1, -1]].astype(np.float32))


COMPUTED = {
    "swish": (program([("swish", X)]), lambda x, _: x / (1 + jnp.exp(-x))),
    "crrelu": (
        crrelu().program,
        lambda x, a: jnp.where(x > 0, x, 0.0) + a * x * jnp.exp(-x * x / 2),
    ),
    "gated": (
        program([("mul", X, ALPHA), ("sigmoid", 0), ("mul", 1, X), ("sub", 2, C0)], [0.25], 2),
        lambda x, a: x / (1 + jnp.exp(-a * x)) - 0.25,
    ),
    "constant place": (program([("max", X, ALPHA)], inputs=2), jnp.maximum),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_code_is_the_function_with_all_its_derivatives(name):
    programs, direct = COMPUTED[name]
    x = jnp.asarray(np.random.default_rng(0).normal(size=(3, 50, 7)), jnp.float32)
    own = jnp.asarray([[0.7], [1.0], [-1.3]], jnp.float32)[..., None]
    parameters = (own,) if programs.n_inputs > 1 else ()
    instructions = code.Code(*map(jnp.asarray, code.code(programs, 0)))

    def by_code(x, parameters):
        return (code.apply(x, parameters, instructions) ** 2).sum()

    def directly(x, parameters):
        value = direct(x, parameters[0] if parameters else own)
        return (value**2).sum()

    value, slopes = jax.jit(jax.value_and_grad(by_code, (0, 1)))(x, parameters)
    expected, right = jax.value_and_grad(directly, (0, 1))(x, parameters)
    assert np.allclose(value, expected, rtol=1e-5)
    for one, other in zip(jax.tree.leaves(slopes), jax.tree.leaves(right), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)


def test_one_executable_computes_any_code():
    run = jax.jit(lambda x, instructions: code.apply(x, (), instructions))
    x = np.linspace(-5, 5, 3001).astype(np.float32)
    for row in range(len(plain())):
        programs = functions(plain()).take(np.array([row]))
        found = run(x, code.Code(*map(jnp.asarray, code.code(programs, 0))))
        exact = evaluate(programs, x[None].astype(np.float64))[0]
        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-6)
    assert run._cache_size() == 1
