"""The protocol in JAX: functions in loops that XLA compiles into one native function each.

One thread does all of it. Vectors have the 256 bits that XLA chooses, or 512 (``wide``).
"""

import runpy
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

from benchmarks.float32.native import ITERATIONS, POINTS, inside
from evosearch import backend

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class XlaFunction:
    """A contestant in JAX.

    Attributes:
        name: For people.
        function: Of a float32 array.
    """

    name: str
    function: Callable[[Any], Any]


def defined(text: str, name: str) -> Callable[[Any], Any]:
    """The function of that name in the text of an exported module."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.py"
        path.write_text(f"import jax\nimport jax.numpy as jnp\n{text}")
        function: Callable[[Any], Any] = runpy.run_path(str(path))[name]
    return function


class Xla:
    """Contestants, compiled for points in one interval."""

    def __init__(self, functions: Sequence[XlaFunction], points: Array, wide: bool) -> None:
        self.functions = tuple(functions)
        self.points = jnp.asarray(points)
        low, high = inside(points)
        self._loops = [
            backend.compiled(
                ("float32 benchmark", f, low.item(), high.item(), wide),
                lambda f=f: _loop(f.function, low, high),
                jax.ShapeDtypeStruct((POINTS,), jnp.float32),
                wide=wide,
            )
            for f in self.functions
        ]

    def nanoseconds(self, number: int) -> float:
        """Time of one evaluation at one point, in a single run of the loop."""
        started = time.perf_counter()
        self._loops[number](self.points).block_until_ready()
        return 1e9 * (time.perf_counter() - started) / POINTS / ITERATIONS

    def values(self, number: int, x: Array) -> Array:
        """What the function computes, compiled alone."""
        return np.asarray(jax.jit(self.functions[number].function)(x))


def _loop(function: Callable[[Any], Any], low: np.float32, high: np.float32) -> Any:
    def run(points: Any) -> Any:
        return lax.fori_loop(
            0, ITERATIONS, lambda _, x: jnp.minimum(jnp.maximum(function(x), low), high), points
        )

    return run
