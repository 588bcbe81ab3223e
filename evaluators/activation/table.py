"""Table: a function as 1,024 straight pieces on [-8, 8], the outer ones without end.

One executable trains networks with any function: the function is data. Between two knots it is
``offset + slope x``, its derivative is the slope.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Float64

from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.program import ProgramBatch

REACH = 8.0
PIECES = 1024
KNOTS = np.linspace(-REACH, REACH, PIECES + 1)


class Table(NamedTuple):
    """The pieces of one function."""

    offset: Float32[np.ndarray, " pieces"]
    slope: Float32[np.ndarray, " pieces"]


def knots(programs: ProgramBatch) -> Float64[np.ndarray, "programs knots"]:
    """Values at all knots, in float64, where learnable parameters are 1."""
    inputs = np.ones((programs.n_inputs, len(KNOTS)))
    inputs[0] = KNOTS
    return evaluate(programs, inputs)


def table(values: Float64[np.ndarray, " knots"]) -> Table:
    """The table of a function with these values at the knots."""
    slope = np.diff(values) / np.diff(KNOTS)
    offset = values[:-1] - slope * KNOTS[:-1]
    return Table(offset.astype(np.float32), slope.astype(np.float32))


@jax.custom_vjp
def apply(x: Any, table: Table) -> Any:
    """Values of any shape."""
    return _forward(x, table)[0]


def _forward(x: Any, table: Any) -> tuple[Any, Any]:
    """Values, and the slopes for the way back."""
    scaled = (x + np.float32(REACH)) * np.float32(PIECES / (2 * REACH))
    piece = jnp.clip(scaled, 0, PIECES - 1).astype(jnp.int32)
    slope = table.slope.at[piece].get(mode="promise_in_bounds")
    offset = table.offset.at[piece].get(mode="promise_in_bounds")
    return offset + slope * x, slope


def _backward(slope: Any, upstream: Any) -> tuple[Any, None]:
    return upstream * slope, None


apply.defvjp(_forward, _backward)
