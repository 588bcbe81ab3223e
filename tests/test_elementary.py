"""The elementary functions: errors, edge cases, and the same bits everywhere."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from evosearch import backend, elementary
from evosearch.elementary.dispatch import in_branch

NAMES = elementary.__all__
SINGLE, DOUBLE = np.float32, np.float64
FUNCTIONS = pytest.mark.parametrize("name", NAMES)
FORMATS = pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=lambda dtype: dtype.__name__)


def of_jax(name):
    return getattr(jnp, "arctan" if name == "atan" else name)


def of_numpy(name, x):
    with np.errstate(all="ignore"):
        return getattr(np, "arctan" if name == "atan" else name)(x)


def compute(name, x):
    return np.asarray(getattr(elementary, name)(x))


def sample(low, high, count, dtype):
    return np.random.default_rng(7).uniform(low, high, count).astype(dtype)


def exact(name, x):
    """The function in 40 digits."""
    with mpmath.workdps(40):
        function = getattr(mpmath, name)
        return [function(mpmath.mpf(float(value))) for value in x]


RELATIVE_SINGLE = [
    ("exp", -86.6, 88.72, 1.7e-7),
    ("log", 0.5, 2, 1e-7),
    ("log", 1.2e-38, 3.4e38, 1e-7),
    ("sinh", -89.4, 89.4, 3.7e-7),
    ("cosh", -89.4, 89.4, 2.6e-7),
    ("sinh", -1, 1, 3.7e-7),
    ("cosh", -1, 1, 2.6e-7),
    ("tanh", -1, 1, 7e-7),
    ("atan", -3, 3, 2.3e-7),
    ("atan", -1e6, 1e6, 2.3e-7),
    ("tan", -1.5, 1.5, 4e-7),
    ("sin", -3, 3, 2e-7),
    ("cos", -1.5, 1.5, 2e-7),
]
ABSOLUTE_SINGLE = [
    ("sin", 1000, 1.2e-7),
    ("sin", 1e5, 1.3e-7),
    ("sin", 1e6, 7e-7),
    ("sin", 1e7, 8e-6),
    ("cos", 1000, 1.2e-7),
    ("cos", 1e5, 2e-7),
    ("cos", 1e6, 3e-6),
    ("tanh", 20, 1.5e-7),
]
ULP_DOUBLE = [
    ("exp", -707, 709.78, 1.1),
    ("log", 0.5, 2, 2),
    ("log", 2.3e-308, 1.7e308, 2),
    ("sin", -3, 3, 2),
    ("sin", -1e6, 1e6, 2),
    ("cos", -3, 3, 2),
    ("cos", -1e6, 1e6, 2),
    ("tan", -1e6, 1e6, 4),
    ("tanh", -0.5, 0.5, 4),
    ("tanh", -20, 20, 4),
    ("sinh", -1, 1, 5),
    ("sinh", -710, 710, 5),
    ("cosh", -1, 1, 3),
    ("cosh", -710, 710, 3),
    ("atan", -3, 3, 2),
    ("atan", -1e6, 1e6, 2),
]


@pytest.mark.parametrize(("name", "low", "high", "bound"), RELATIVE_SINGLE)
def test_relative_error_in_single_precision(name, low, high, bound):
    x = sample(low, high, 200_000, SINGLE)
    if high / abs(low) > 1e9:
        x = np.exp(sample(np.log(low), np.log(high), 200_000, DOUBLE)).astype(SINGLE)
    expected = of_numpy(name, x.astype(DOUBLE))
    assert np.abs(compute(name, x) / expected - 1).max() <= bound


@pytest.mark.parametrize(("name", "size", "bound"), ABSOLUTE_SINGLE)
def test_absolute_error_in_single_precision(name, size, bound):
    x = sample(-size, size, 300_000, SINGLE)
    expected = of_numpy(name, x.astype(DOUBLE))
    assert np.abs(compute(name, x) - expected).max() <= bound


@pytest.mark.parametrize(("name", "low", "high", "bound"), ULP_DOUBLE)
def test_error_in_double_precision(name, low, high, bound):
    x = sample(low, high, 1_500, DOUBLE)
    if high / abs(low) > 1e9:
        x = np.exp(sample(np.log(low), np.log(high), 1_500, DOUBLE))
    expected = exact(name, x)
    errors = [
        abs(mpmath.mpf(float(got)) - true) / float(np.spacing(abs(float(true))))
        for got, true in zip(compute(name, x), expected, strict=True)
    ]
    assert max(errors) <= bound


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_double_precision_near_zeros_and_poles(name):
    x = np.arange(-200, 200) * (np.pi / 2)
    x = x[x != 0]
    expected = np.array([float(true) for true in exact(name, x)])
    assert np.abs(compute(name, x) / expected - 1).max() < 1e-12  # 1e-8 with a part of pi less


@pytest.mark.parametrize(("name", "size"), [("sin", 1000), ("cos", 1000), ("exp", 80)])
def test_errors_without_fused_products(name, size):
    x = sample(-size, size, 2_000, SINGLE)
    with jax.disable_jit():
        values = compute(name, x)
    expected = of_numpy(name, x.astype(DOUBLE))
    assert np.abs((values - expected) / np.maximum(expected, 1)).max() <= 2e-7


@FUNCTIONS
@FORMATS
def test_edges_are_those_of_numpy(name, dtype):
    integer = np.int32 if dtype == SINGLE else np.int64
    quiet = np.array(np.nan, dtype).view(integer)
    nans = (quiet | np.arange(0, 1954, 31, dtype=integer)).view(dtype)
    x = np.concatenate([np.array([0.0, -0.0, np.inf, -np.inf], dtype), nans, -nans])
    values, expected = compute(name, x), of_numpy(name, x)
    assert values.dtype == dtype
    assert np.array_equal(values, expected, equal_nan=True)
    numbers = ~np.isnan(expected)
    assert np.array_equal(np.signbit(values[numbers]), np.signbit(expected[numbers]))


@FORMATS
def test_exp_overflows_and_underflows_where_it_must(dtype):
    limits = np.finfo(dtype)
    top = np.log(limits.max)
    top = top if np.isfinite(of_numpy("exp", top)) else np.nextafter(top, dtype(0))
    above = np.nextafter(top, dtype(np.inf))
    while np.isfinite(of_numpy("exp", above)):
        top, above = above, np.nextafter(above, dtype(np.inf))
    values = compute("exp", np.array([top, above, limits.max, 88.5], dtype))
    assert np.isfinite(values[0])
    assert np.isinf(values[1:3]).all()
    assert values[3] == pytest.approx(np.exp(np.longdouble(88.5)), rel=2e-7)
    low = dtype(np.log(limits.tiny))
    tiny = compute("exp", np.array([low + 0.7, low - 1, 10 * low, limits.min], dtype))
    assert tiny[0] == pytest.approx(float(of_numpy("exp", dtype(low + 0.7))), rel=2e-7)
    assert np.array_equal(tiny[1:], np.zeros(3))


@FORMATS
@pytest.mark.parametrize("name", ["sinh", "cosh"])
def test_hyperbolic_functions_overflow_where_they_must(name, dtype):
    top = dtype(np.log(2) + np.log(np.finfo(dtype).max))
    x = np.array([top * dtype(1 - 1e-6), top * dtype(1 + 1e-6)], dtype)
    assert np.isfinite(compute(name, x)).tolist() == [True, False]


@FORMATS
def test_log_of_numbers_without_a_logarithm(dtype):
    tiny = np.finfo(dtype).tiny
    x = np.array([-1, -tiny, np.finfo(dtype).min, tiny / 2, tiny, np.finfo(dtype).max], dtype)
    values = compute("log", x)
    assert np.isnan(values[:3]).all()
    assert values[3] == -np.inf
    assert np.allclose(values[4:], of_numpy("log", x[4:]), rtol=1e-6)
    assert compute("log", np.ones(1, dtype)).item() == 0


@FORMATS
@pytest.mark.parametrize("name", ["sin", "cos", "tanh"])
def test_nothing_is_beyond_one(name, dtype):
    centres = sample(-50, 50, 1_000, DOUBLE).round()[:, None] * (np.pi / 2)
    distances = np.geomspace(1e-12, 1e-3, 200)
    near = (centres + np.concatenate([distances, -distances])).ravel()
    huge = np.geomspace(1e5, np.finfo(dtype).max / 2, 10_000)
    values = compute(name, np.concatenate([near, huge, -huge]).astype(dtype))
    assert np.abs(values).max() <= 1


@FUNCTIONS
@FORMATS
def test_every_place_in_every_array_gives_the_same_bits(name, dtype):
    x = sample(0.01, 9, 1_000, dtype)
    function = getattr(elementary, name)
    values = compute(name, x)
    assert np.array_equal(compute(name, x[-33:]), values[-33:])
    mapped = jax.jit(jax.vmap(function))(x.reshape(40, 25))
    assert np.array_equal(np.ravel(mapped), values)
    wide = backend.compiled(("elementary", name, dtype), lambda: function, x, wide=True)
    assert np.array_equal(wide(x), values)


@FUNCTIONS
@FORMATS
def test_a_product_is_rounded_before(name, dtype):
    a, b = sample(0.1, 2, 1_000, dtype), sample(0.5, 3, 1_000, dtype)
    function = getattr(elementary, name)
    assert np.array_equal(jax.jit(lambda a, b: function(a * b))(a, b), compute(name, a * b))


@FUNCTIONS
def test_other_types_are_computed_by_jax(name):
    half = sample(0.1, 2, 64, np.float16)
    assert np.array_equal(compute(name, half), of_jax(name)(half))
    assert compute(name, np.arange(1, 4)).dtype == DOUBLE


@FUNCTIONS
def test_derivatives_are_those_of_jax(name):
    x = jnp.asarray(sample(0.1, 2, 16, SINGLE))
    tangent = jnp.full_like(x, 3)
    derivative = jax.jvp(getattr(elementary, name), (x,), (tangent,))[1]
    assert np.array_equal(derivative, jax.jvp(of_jax(name), (x,), (tangent,))[1])


@FUNCTIONS
def test_it_is_plain_vector_code(name):
    x = jax.ShapeDtypeStruct((1024,), jnp.float32)
    text = jax.jit(getattr(elementary, name)).lower(x).compile().as_text()
    assert "custom-call" not in text
    assert "gather" not in text


@FORMATS
@FUNCTIONS
def test_constants_hidden_from_the_compiler_change_no_bit(name, dtype):
    x = sample(-9, 9, 1024, dtype)
    hidden = jax.jit(lambda x, zero: in_branch(name, zero)(x))(x, jnp.int32(0))
    np.testing.assert_array_equal(hidden, compute(name, x))


def test_functions_that_are_not_ours_have_no_hidden_form():
    assert in_branch("add", jnp.int32(0)) is None
