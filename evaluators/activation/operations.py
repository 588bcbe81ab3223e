"""Operations: the primitives as JAX functions, with derivatives that are finite at kinks.

Where the branch that is not taken would overflow, its argument is made harmless first (double
where), so that no NaN comes out of a derivative. At a kink the derivative is 0 on the flat side's
account: relu'(0) = 0.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy import special

from evosearch.genomes.primitives import PROTECTED, SELU_ALPHA, SELU_SCALE

_ROOT_HALF = 0.7071067811865476


def _relu(a: Any) -> Any:
    return jnp.where(a <= 0, 0.0, a)


def _elu(a: Any) -> Any:
    return jnp.where(a > 0, a, jnp.expm1(jnp.where(a > 0, 0.0, a)))


def _selu(a: Any) -> Any:
    inside = jnp.where(a > 0, 0.0, a)
    return SELU_SCALE * jnp.where(a > 0, a, SELU_ALPHA * jnp.expm1(inside))


def _hardsigmoid(a: Any) -> Any:
    outside = jnp.abs(a) >= 3
    return jnp.where(outside, jnp.where(a > 0, 1.0, 0.0), a / 6 + 0.5)


def _sinc(a: Any) -> Any:
    small = jnp.abs(a) < 1e-2
    safe = jnp.where(small, 1.0, a)
    return jnp.where(small, 1 - a * a / 6 + (a * a) ** 2 / 120, jnp.sin(safe) / safe)


def _gelu(a: Any) -> Any:
    return 0.5 * a * special.erfc(-a * _ROOT_HALF)


def _pdiv(a: Any, b: Any) -> Any:
    small = jnp.abs(b) <= PROTECTED
    return jnp.where(small, 1.0, a / jnp.where(small, 1.0, b))


def _plog(a: Any) -> Any:
    small = jnp.abs(a) <= PROTECTED
    return jnp.where(small, 0.0, jnp.log(jnp.abs(jnp.where(small, 1.0, a))))


def _root(a: Any) -> Any:
    """Square root; derivative 0 at 0, where it is infinite."""
    zero = a == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, a)))


@jax.custom_jvp
def _pow(a: Any, b: Any) -> Any:
    return jnp.power(a, b)


@_pow.defjvp
def _pow_slopes(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    """Of a negative base there is none by the exponent: 0."""
    (a, b), (along_a, along_b) = primals, tangents
    value = jnp.power(a, b)
    slope_a = jnp.where(b == 0, 0.0, b * jnp.power(a, b - 1))
    slope_b = jnp.where(a > 0, value * jnp.log(jnp.where(a > 0, a, 1.0)), 0.0)
    return value, slope_a * along_a + slope_b * along_b


BY_NAME: dict[str, Callable[..., Any]] = {
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "div": jnp.divide,
    "max": lambda a, b: jnp.where((a > b) | jnp.isnan(a), a, b),
    "min": lambda a, b: jnp.where((a < b) | jnp.isnan(a), a, b),
    "fma": lambda a, b, c: a * b + c,
    "neg": jnp.negative,
    "abs": lambda a: jnp.where(a == 0, 0.0, jnp.abs(a)),
    "sqrt": _root,
    "exp": jnp.exp,
    "log": jnp.log,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "tanh": jnp.tanh,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "pdiv": _pdiv,
    "plog": _plog,
    "psqrt": lambda a: _root(jnp.where(a < 0, -a, a)),
    "square": lambda a: a * a,
    "cube": lambda a: a * a * a,
    "recip": lambda a: 1 / a,
    "sigmoid": jax.nn.sigmoid,
    "logsigmoid": jax.nn.log_sigmoid,
    "softplus": jax.nn.softplus,
    "softsign": lambda a: a / (1 + jnp.where(a < 0, -a, a)),
    "erf": special.erf,
    "erfc": special.erfc,
    "expm1": jnp.expm1,
    "asinh": jnp.arcsinh,
    "relu": _relu,
    "elu": _elu,
    "selu": _selu,
    "hardsigmoid": _hardsigmoid,
    "sinc": _sinc,
    "gauss": lambda a: jnp.exp(-a * a),
    "i0e": special.i0e,
    "i1e": special.i1e,
    "swish": jax.nn.silu,
    "gelu": _gelu,
    "mish": lambda a: a * jnp.tanh(jax.nn.softplus(a)),
    "gate": lambda a, b: jax.nn.sigmoid(a) * b,
    "gaussdiff": lambda a, b: jnp.exp(-((a - b) ** 2)),
    "absdiff": lambda a, b: jnp.exp(-jnp.where(a == b, 0.0, jnp.abs(a - b))),
    "pow": _pow,
}
