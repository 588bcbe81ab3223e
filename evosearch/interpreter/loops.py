"""Loops and elements in compiled code, in 32-bit arithmetic.

XLA:CPU compiles a nest of such loops into one native function only where nothing in it is a
scatter or a gather: elements are read and written as slices of one. Places are clamped to the
array; a negative place is the first one.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax


def loop(start: Any, stop: Any, body: Callable[[Any, Any], Any], state: Any) -> Any:
    """`lax.fori_loop` with a 32-bit counter."""
    return lax.fori_loop(jnp.int32(start), jnp.int32(stop), body, state)


def cut(array: Any, place: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """The block of this shape that begins at ``place``."""
    return lax.dynamic_slice(array, _start(place), shape, allow_negative_indices=False)


def paste(array: Any, block: Any, place: tuple[Any, ...]) -> Any:
    """The array with a block changed, in place where it is part of a loop's state."""
    return lax.dynamic_update_slice(array, block, _start(place), allow_negative_indices=False)


def get(array: Any, *place: Any) -> Any:
    """One element."""
    return cut(array, place, (1,) * jnp.ndim(array)).reshape(())


def put(array: Any, value: Any, *place: Any) -> Any:
    """The array with one element changed.

    Behind a barrier: XLA would fold what the element is computed from into the write and, where
    that was read from the same array, copy the whole array before it.
    """
    element = lax.optimization_barrier(jnp.asarray(value, array.dtype))
    return paste(array, element.reshape((1,) * array.ndim), place)


def row(array: Any, place: Any) -> Any:
    """One row of a matrix."""
    return cut(array, (place, 0), (1, array.shape[1]))[0]


def _start(place: tuple[Any, ...]) -> tuple[Any, ...]:
    """Unsigned where a place is: to clamp it costs half as much."""
    unsigned = any(jnp.result_type(p) == jnp.uint32 for p in place)
    return tuple(jnp.uint32(p) if unsigned else jnp.int32(p) for p in place)
