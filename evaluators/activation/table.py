"""Table: a function as 1,024 straight pieces on [-8, 8], the outer ones without end.

One executable trains networks with any function: the function is data. Between two knots it is
``offset + slope x``, its derivative is the slope.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Float64, UInt64

from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.program import ProgramBatch

REACH = 8.0
PIECES = 1024
KNOTS = np.linspace(-REACH, REACH, PIECES + 1)


class Table(NamedTuple):
    """The pieces of one function: in a word of each its offset, and above that its slope.

    One word is read for each value, which takes less time than two numbers do.
    """

    words: UInt64[np.ndarray, " pieces"]


def knots(programs: ProgramBatch) -> Float64[np.ndarray, "programs knots"]:
    """Values at all knots, in float64, where learnable parameters are 1."""
    inputs = np.ones((programs.n_inputs, len(KNOTS)))
    inputs[0] = KNOTS
    return evaluate(programs, inputs)


def table(values: Float64[np.ndarray, " knots"]) -> Table:
    """The table of a function with these values at the knots."""
    slope = np.diff(values) / np.diff(KNOTS)
    offset = values[:-1] - slope * KNOTS[:-1]
    low, high = (
        each.astype(np.float32).view(np.uint32).astype(np.uint64) for each in (offset, slope)
    )
    return Table(high << np.uint64(32) | low)


@jax.custom_vjp
def apply(x: Any, table: Table) -> Any:
    """Values of any shape."""
    return _forward(x, table)[0]


def _forward(x: Any, table: Any) -> tuple[Any, Any]:
    """Values, and the slopes for the way back."""
    words = table.words.at[_piece(x)].get(mode="promise_in_bounds")
    offset = lax.bitcast_convert_type(words.astype(jnp.uint32), jnp.float32)
    slope = lax.bitcast_convert_type((words >> np.uint64(32)).astype(jnp.uint32), jnp.float32)
    return offset + slope * x, slope


def _piece(x: Any) -> Any:
    """Places of pieces; a knot, with 2^-20 above it, belongs to the left one: relu'(0) is 0.

    A number to which 2^23 is added is rounded, and its lowest bits are the integer, which takes
    less time than a conversion.
    """
    up = np.float32(PIECES / 2 - 0.5 - 2.0**-14)
    scaled = jnp.clip(x * np.float32(PIECES / (2 * REACH)) + up, 0, PIECES - 1)
    bits = lax.bitcast_convert_type(scaled + np.float32(2**23), jnp.int32)
    return bits & (PIECES - 1)


def _backward(slope: Any, upstream: Any) -> tuple[Any, None]:
    return upstream * slope, None


apply.defvjp(_forward, _backward)
