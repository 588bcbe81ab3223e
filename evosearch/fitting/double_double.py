"""Double-double arithmetic in JAX: sums high + low of two float64, about 32 digits.

A number is one complex128, high + i low: XLA then computes both parts in one loop over one
array, where a pair of arrays would be two loops that repeat each other's work. Only the functions
here know.

Algorithms: Dekker 1971, "A floating-point technique for extending the available precision"; Hida,
Li and Bailey 2001, "Algorithms for quad-double precision arithmetic". XLA:CPU may fuse any product
with the sum it goes into, in one place and not in another. So every product whose rounding would
matter is one of halves of numbers (split by a mask, at 26 bits), which is exact either way.
"""

from typing import Any

import jax.numpy as jnp
from jax import lax

Array = Any  # a traced JAX array

_HIGH_BITS = -(1 << 27)  # of a float64's bits: leaves 26 of the 53 significant ones


def of(high: Array, low: Array | None = None) -> Array:
    """The number high + low, whose parts do not overlap."""
    return lax.complex(high, jnp.zeros_like(high) if low is None else low)


def high(a: Array) -> Array:
    """The nearest float64."""
    return lax.real(a)


def low(a: Array) -> Array:
    """What `high` leaves."""
    return lax.imag(a)


def add(a: Array, b: Array) -> Array:
    """Sum, to 2^-104 of the larger operand."""
    x, y = high(a), high(b)
    total = x + y
    part = total - x
    error = (x - (total - part)) + (y - part)
    return _sum(total, error + (low(a) + low(b)))


def sub(a: Array, b: Array) -> Array:
    """Difference, to 2^-104 of the larger operand."""
    return add(a, neg(b))


def neg(a: Array) -> Array:
    """The opposite number."""
    return lax.complex(-high(a), -low(a))


def mul(a: Array, b: Array) -> Array:
    """Product, to 2^-102."""
    product, error = _product(high(a), high(b))
    return _sum(product, error + (high(a) * low(b) + low(a) * high(b)))


def scaled(a: Array, factor: Array) -> Array:
    """Product with a float64."""
    product, error = _product(high(a), factor)
    return _sum(product, error + low(a) * factor)


def div(a: Array, b: Array) -> Array:
    """Quotient, to 2^-100; NaN where the divisor is infinite."""
    y = high(b)
    quotient = high(a) / y
    rest = _rest(high(a), quotient, y) + (low(a) - quotient * low(b))
    return _sum(quotient, rest / y)


def sqrt(a: Array) -> Array:
    """Square root by one Newton step from float64's (Karp and Markstein 1997)."""
    root = jnp.sqrt(high(a))
    rest = _rest(high(a), root, root) + low(a)
    return _sum(root, jnp.where(root > 0, 0.5 * rest / root, 0.0))


def total(values: Array) -> Array:
    """Sum over the leading axis, by halving."""
    while len(values) > 1:
        half = len(values) // 2
        rest = values[2 * half :]
        values = jnp.concatenate([add(values[:half], values[half : 2 * half]), rest])
    return values[0]


def _quick(larger: Array, smaller: Array) -> tuple[Array, Array]:
    """Sum of two numbers of which the first is larger, and its rounding error."""
    result = larger + smaller
    return result, smaller - (result - larger)


def _sum(larger: Array, smaller: Array) -> Array:
    return lax.complex(*_quick(larger, smaller))


def _split(a: Array) -> tuple[Array, Array]:
    bits = lax.bitcast_convert_type(a, jnp.int64) & _HIGH_BITS
    upper = lax.bitcast_convert_type(bits, jnp.float64)
    return upper, a - upper


def _product(x: Array, y: Array) -> tuple[Array, Array]:
    """``x * y`` as the sum of two float64."""
    a, b = _split(x)
    c, d = _split(y)
    product, first = _quick(a * c, a * d)
    product, second = _quick(product, b * c)
    return product, (first + second) + b * d


def _rest(value: Array, x: Array, y: Array) -> Array:
    """``value - x * y``, where x * y is as near to ``value`` as float64 allows."""
    a, b = _split(x)
    c, d = _split(y)
    return (((value - a * c) - a * d) - b * c) - b * d
