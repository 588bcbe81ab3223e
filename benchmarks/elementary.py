"""The elementary functions: nanoseconds an element and errors, beside XLA's.

    python -m benchmarks.elementary [NAME ...] [--stride 997]

Each function is applied to rows of 4 KB in a loop that XLA compiles into one native function, as
the interpreter's is; reading and writing the row is part of the time, and all that ``none`` does.
Vectors have 512 bits where the processor has them, but for XLA's arctangent, whose wide form is
wrong. All take turns in one process; the shortest of the rounds counts.

Errors are the greatest found, of float32 over every 997th bit pattern against NumPy's float64, of
float64 over random arguments against NumPy's long double; relative to the result, except those of
sin and cos.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from evosearch import backend, elementary

ROWS, ROW_BYTES = 4, 4096
ELEMENTS, ROUNDS = 4_000_000, 30
RANDOM = 200_000
ABSOLUTE = {"sin", "cos"}
RANGES = {  # of |x|; any number where none is given
    "sin": (1e3, 1e5, 1e6),
    "cos": (1e3, 1e5, 1e6),
    "tan": (1.5, 3.0),
    "tanh": (20.0,),
    "atan": (1e6,),
}
Function = Callable[[Any], Any]


def xla(name: str) -> Function:
    function: Function = getattr(jnp, "arctan" if name == "atan" else name)
    return function


def loop(function: Function, dtype: Any, wide: bool) -> Callable[..., Any]:
    """The compiled loop: rows, number of rows to compute -> rows."""
    shape = (ROWS, ROW_BYTES // np.dtype(dtype).itemsize)

    def run(rows: Any, count: Any) -> Any:
        def step(i: Any, out: Any) -> Any:
            place = (i % ROWS, jnp.int32(0))
            row = lax.dynamic_slice(rows, place, (1, shape[1]))
            return lax.dynamic_update_slice(out, function(row), place)

        return lax.fori_loop(jnp.int32(0), count, step, jnp.zeros_like(rows))

    arguments = jax.ShapeDtypeStruct(shape, dtype), jax.ShapeDtypeStruct((), jnp.int32)
    return backend.compiled((function, dtype), lambda: run, *arguments, wide=wide)


def nanoseconds(functions: dict[str, tuple[Function, bool]], dtype: Any) -> dict[str, float]:
    """Time an element of each function, for arguments from 0.5 to 3."""
    length = ROW_BYTES // np.dtype(dtype).itemsize
    rows = np.random.default_rng(0).uniform(0.5, 3, (ROWS, length)).astype(dtype)
    count = np.int32(ELEMENTS // length)
    loops = {name: loop(f, dtype, wide) for name, (f, wide) in functions.items()}
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(ROUNDS):
        for name, compiled in loops.items():
            started = time.perf_counter()
            compiled(rows, count).block_until_ready()
            seconds[name].append(time.perf_counter() - started)
    work = int(count) * length
    return {name: min(s) / work * 1e9 for name, s in seconds.items()}


def arguments(name: str, dtype: Any, stride: int) -> np.ndarray[Any, Any]:
    """Normal numbers of all sizes; for float64 half of them from where most results vary."""
    if dtype == np.float32:
        x = np.arange(0, 1 << 32, stride, dtype=np.uint64).astype(np.uint32).view(np.float32)
    else:
        g = np.random.default_rng(0)
        few = g.uniform(-3, 3, RANDOM)
        size = g.uniform(-20, np.log(np.finfo(dtype).max), RANDOM)
        x = np.concatenate([few, np.exp(size) * g.choice([-1, 1], RANDOM), 100 * few, 3e5 * few])
    x = x[np.isfinite(x) & (np.abs(x) >= np.finfo(dtype).tiny)]
    return x[x > 0] if name == "log" else x


def errors(name: str, function: Function, dtype: Any, stride: int) -> list[float]:
    """The greatest error within each of the function's ranges."""
    x = arguments(name, dtype, stride)
    more = np.float64 if dtype == np.float32 else np.longdouble
    with np.errstate(all="ignore"):
        true = np.asarray(getattr(np, "arctan" if name == "atan" else name)(x.astype(more)))
        fits = (np.abs(true) <= np.finfo(dtype).max) & (np.abs(true) >= 2 * np.finfo(dtype).tiny)
        error = np.abs(np.asarray(function(x)) - true)
        error = np.where(fits, error if name in ABSOLUTE else error / np.abs(true), 0)
    return [float(error[np.abs(x) <= most].max()) for most in RANGES.get(name, (np.inf,))]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=elementary.__all__)
    parser.add_argument("--stride", type=int, default=997)
    options = parser.parse_args(argv)
    for dtype in (np.float32, np.float64):
        functions: dict[str, tuple[Function, bool]] = {"none": (lambda x: x + 1, True)}
        for name in options.names:
            functions[name] = (getattr(elementary, name), True)
            functions[f"XLA's {name}"] = (xla(name), name != "atan")
        times = nanoseconds(functions, dtype)
        print(
            f"\n{dtype.__name__}: ns an element ({times['none']:.2f} for none), greatest errors\n"
        )
        print("| function | own | XLA's | ratio | own errors | XLA's | for \\|x\\| up to |")
        print("|---|---|---|---|---|---|---|")
        for name in options.names:
            mine, other = times[name], times[f"XLA's {name}"]
            found = [
                errors(name, f, dtype, options.stride) for f in (functions[name][0], xla(name))
            ]
            shown = [", ".join(f"{error:.1e}" for error in row) for row in found]
            ranges = ", ".join(f"{most:g}" for most in RANGES.get(name, ())) or "any"
            print(f"| {name} | {mine:.2f} | {other:.2f} | {other / mine:.1f} |", end=" ")
            print(f"{shown[0]} | {shown[1]} | {ranges} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
