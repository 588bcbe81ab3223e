"""Loops and single elements in compiled code, in 32-bit arithmetic.

XLA:CPU compiles a nest of such loops into one native function only where nothing in it is a
scatter or a gather: elements are read and written as slices of one.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax


def loop(start: Any, stop: Any, body: Callable[[Any, Any], Any], state: Any) -> Any:
    """`lax.fori_loop` with a 32-bit counter."""
    return lax.fori_loop(jnp.int32(start), jnp.int32(stop), body, state)


def get(array: Any, *place: Any) -> Any:
    """One element; the place is clamped to the array."""
    place = tuple(jnp.maximum(jnp.int32(p), 0) for p in place)
    return lax.dynamic_slice(array, place, (1,) * jnp.ndim(array)).reshape(())


def put(array: Any, value: Any, *place: Any) -> Any:
    """The array with one element changed, in place where it is part of a loop's state."""
    place = tuple(jnp.int32(p) for p in place)
    element = jnp.asarray(value, array.dtype).reshape((1,) * array.ndim)
    return lax.dynamic_update_slice(array, element, place)


def row(array: Any, place: Any) -> Any:
    """Row ``place`` of a matrix; the place is clamped to the matrix."""
    return lax.dynamic_slice(array, (jnp.int32(place), jnp.int32(0)), (1, array.shape[1]))[0]
