"""What each operation computes in JAX."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from evosearch import elementary
from evosearch.genomes.primitives import PROTECTED


def _protected_div(a: Any, b: Any) -> Any:
    return jnp.where(jnp.abs(b) <= PROTECTED, jnp.ones_like(b), a / b)


def _protected_log(a: Any) -> Any:
    magnitude = jnp.abs(a)
    return jnp.where(magnitude <= PROTECTED, jnp.zeros_like(a), elementary.log(magnitude))


COMPUTE: dict[str, Callable[..., Any]] = {
    "add": jnp.add,
    "mul": jnp.multiply,
    "div": jnp.divide,
    "max": jnp.maximum,
    "min": jnp.minimum,
    "neg": jnp.negative,
    "abs": jnp.abs,
    "sqrt": jnp.sqrt,
    "exp": elementary.exp,
    "log": elementary.log,
    "sin": elementary.sin,
    "cos": elementary.cos,
    "tan": elementary.tan,
    "tanh": elementary.tanh,
    "atan": elementary.atan,
    "sinh": elementary.sinh,
    "cosh": elementary.cosh,
    "pdiv": _protected_div,
    "plog": _protected_log,
    "psqrt": lambda a: jnp.sqrt(jnp.abs(a)),
}
