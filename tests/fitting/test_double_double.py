"""Double-double arithmetic against 60 digits, alone and where XLA may fuse products into sums."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

from evosearch import backend
from evosearch.fitting import double_double as dd

BOUND = 2.0**-100


def numbers(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    high = rng.normal(size=n) * 10.0 ** rng.uniform(-3, 3, n)
    return high + 1j * high * 2.0**-54 * rng.uniform(-1, 1, n)


def exact(values: np.ndarray) -> list[mpf]:
    return [mpf(v.real) + mpf(v.imag) for v in np.ravel(values).tolist()]


A, B = numbers(200, 1), numbers(200, 2)
POSITIVE = np.where(A.real > 0, A, -A)
CASES = {
    "add": (lambda a, b: dd.add(a, b), lambda a, b: a + b, A, B),
    "sub": (lambda a, b: dd.sub(a, b), lambda a, b: a - b, A, B),
    "mul": (lambda a, b: dd.mul(a, b), lambda a, b: a * b, A, B),
    "scaled": (lambda a, b: dd.scaled(a, dd.high(b)), None, A, B.real + 0j),
    "div": (lambda a, b: dd.div(a, b), lambda a, b: a / b, A, B),
    "sqrt": (lambda a, _: dd.sqrt(a), lambda a, _: mpmath.sqrt(a), POSITIVE, B),
    "root of a square": (lambda a, _: dd.sqrt(dd.mul(a, a)), lambda a, _: abs(a), A, B),
    "sum of products": (
        lambda a, b: dd.add(dd.mul(a, b), dd.mul(a, a)),
        lambda a, b: a * b + a * a,
        POSITIVE,
        np.where(B.real > 0, B, -B),
    ),
    "quotient of products": (
        lambda a, b: dd.div(dd.mul(a, b), dd.mul(b, b)),
        lambda a, b: a / b,
        A,
        B,
    ),
}


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_operations_are_right_to_thirty_digits(name, wide):
    function, reference, a, b = CASES[name]
    reference = reference or (lambda x, y: x * y)
    kernel = backend.compiled(("test", name, wide), lambda: function, a, b, wide=wide)
    with mpmath.mp.workdps(60):
        found = exact(np.asarray(kernel(a, b)))
        for got, x, y in zip(found, exact(a), exact(b), strict=True):
            want = reference(x, y)
            scale = max(abs(want), abs(x) + abs(y) if name in ("add", "sub") else 0)
            assert abs(got - want) <= BOUND * scale


def test_a_total_keeps_what_float64_would_lose():
    values = np.array([1e20, 1.0, -1e20, 2.0**-30, 3.0], np.complex128)
    total = np.asarray(jax.jit(dd.total)(values))
    assert complex(total) == 4.0 + 2.0**-30


def test_parts_and_signs():
    number = dd.of(jnp.float64(-2.0), jnp.float64(1e-20))
    assert (float(dd.high(number)), float(dd.low(number))) == (-2.0, 1e-20)
    assert complex(dd.neg(number)) == 2.0 - 1e-20j
    assert complex(dd.of(jnp.float64(3.0))) == 3.0
    assert np.isnan(complex(dd.div(dd.of(jnp.float64(1.0)), dd.of(jnp.float64(np.inf)))))
