"""From a function of an array and its format to one of arrays of any type."""

from collections.abc import Callable
from dataclasses import replace
from functools import update_wrapper
from typing import Any

import jax
import jax.numpy as jnp

from evosearch.elementary.formats import FORMATS, Format

Function = Callable[[Any], Any]
_FUNCTIONS: dict[str, Callable[[Any, Format], Any]] = {}


def own(fallback: Function) -> Callable[[Callable[[Any, Format], Any]], Function]:
    """Compute in the array's format where we have it, by JAX's function where not.

    What it makes is compiled as a whole, also outside of `jax.jit`, so that it gives the same
    bits everywhere.

    Args:
        fallback: JAX's function, for all other types and for derivatives.
    """

    def decorate(function: Callable[[Any, Format], Any]) -> Function:
        _FUNCTIONS[function.__name__] = function

        @jax.custom_jvp
        def compute(x: Any) -> Any:
            x = jnp.asarray(x)
            form = FORMATS.get(x.dtype.name)
            return fallback(x) if form is None else function(x, form)

        @compute.defjvp
        def _(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
            return compute(*primals), jax.jvp(fallback, primals, tangents)[1]

        return jax.jit(update_wrapper(compute, function, ("__module__", "__name__", "__doc__")))

    return decorate


def in_branch(name: str, zero: Any) -> Function | None:
    """A function for one branch of a large kernel, the same bits; None where it is not ours.

    Args:
        name: Of the function.
        zero: A 32-bit integer 0 that the compiler does not know, see `Format`.
    """
    if name not in _FUNCTIONS:
        return None

    def compute(x: Any) -> Any:
        form = FORMATS[x.dtype.name]
        return _FUNCTIONS[name](x, replace(form, zero=zero.astype(form.integer)))

    return compute
