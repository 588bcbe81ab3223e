"""Elements, rows and blocks of arrays in compiled code, in 32-bit arithmetic.

XLA:CPU compiles a nest of loops into one native function only where nothing in it is a gather or
a scatter: what is read or written is a slice of one. Places beyond the array are clamped to it.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax


def loop(start: Any, stop: Any, body: Callable[[Any, Any], Any], state: Any) -> Any:
    """`lax.fori_loop` with a 32-bit counter."""
    return lax.fori_loop(jnp.int32(start), jnp.int32(stop), body, state)


def get(array: Any, *place: Any) -> Any:
    """One element."""
    return _cut(array, place, (1,) * jnp.ndim(array)).reshape(())


def row(array: Any, place: Any) -> Any:
    """One row of a matrix."""
    return _cut(array, (place, 0), (1, array.shape[1]))[0]


def paste(array: Any, block: Any, place: tuple[Any, ...]) -> Any:
    """The array with a block changed, in place where it is part of a loop's state."""
    start = tuple(jnp.int32(p) for p in place)
    return lax.dynamic_update_slice(array, block, start, allow_negative_indices=False)


def put(array: Any, value: Any, *place: Any) -> Any:
    """The array with one element changed."""
    element = jnp.asarray(value, array.dtype)
    return paste(array, element.reshape((1,) * array.ndim), place)


def _cut(array: Any, place: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    start = tuple(jnp.int32(p) for p in place)
    return lax.dynamic_slice(array, start, shape, allow_negative_indices=False)
