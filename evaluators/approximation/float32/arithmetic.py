"""Float32 arithmetic as hardware does it: every operation rounded once, to nearest even.

NumPy computes each operation by itself, so that no compiler can contract a product and a sum that
a program keeps apart (XLA does inside one kernel), and subnormal numbers are kept. `fma` is
computed in float64, where the product of two float32 is exact, and the sum is rounded to odd
where rounding it twice could matter (Boldo and Melquiond 2008, "Emulation of FMA and correctly
rounded sums: proved algorithms using rounding to odd").
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32, Float64

from evosearch.errors import ConfigError
from evosearch.genomes.primitives import ARITY, BY_CODE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

Array = npt.NDArray[Any]

OPERATIONS = ("add", "sub", "mul", "div", "fma", "neg", "abs", "sqrt", "max", "min")
_BLOCK = 1 << 14  # values worked on at a time: a few arrays of them stay in the cache
_REST = np.int64(2**29 - 1)  # the bits that a float64 has more than a float32
_HALF = np.int64(2**28)  # ... where it lies halfway between two float32
_SMALLEST_NORMAL = np.float32(2.0**-126)


def fma(a: Array, b: Array, c: Array) -> Array:
    """``a * b + c`` of float32 arrays that broadcast together, rounded once."""
    product = np.multiply(a, b, dtype=np.float64)  # exact: 24 and 24 bits
    total = product + c
    narrow: Array = total.astype(np.float32)
    # The sum was rounded to float64 first. That changes the float32 only if it then lay halfway.
    doubtful = (total.view(np.int64) & _REST) == _HALF
    doubtful |= np.abs(narrow) <= _SMALLEST_NORMAL  # halfway means other bits there
    if doubtful.any():
        at = doubtful.nonzero()
        c = np.broadcast_to(c, total.shape)[at].astype(np.float64)
        product = np.broadcast_to(product, total.shape)[at]
        narrow[at] = _to_odd(product, c, total[at]).astype(np.float32)
    return narrow


def _to_odd(
    product: Float64[np.ndarray, " n"],
    c: Float64[np.ndarray, " n"],
    total: Float64[np.ndarray, " n"],
) -> Float64[np.ndarray, " n"]:
    """The sum ``product + c``, of which ``total`` is the nearest float64, rounded to odd."""
    back = total - product
    error = (product - (total - back)) + (c - back)  # Moller and Knuth's TwoSum
    even = total.view(np.int64) & 1 == 0
    moved = np.nextafter(total, np.copysign(np.inf, error))
    return np.where(even & (error != 0) & np.isfinite(error), moved, total)


def supported(programs: ProgramBatch) -> npt.NDArray[np.bool_]:
    """Which programs [batch] use these operations alone, that IEEE 754 rounds correctly."""
    return np.asarray(_SUPPORTED[programs.ops].all(axis=1))


def evaluate(
    programs: ProgramBatch, x: Float32[np.ndarray, " points"]
) -> Float32[np.ndarray, "programs points"]:
    """Values of programs of one input; their constants are rounded to float32 first.

    Raises:
        ConfigError: A program has an operation that hardware does not round correctly.
    """
    values = np.empty((len(programs), len(x)), np.float32)
    for row in range(len(programs)):
        constants = programs.constants[row : row + 1, : programs.n_constants[row]]
        values[row] = variants(programs, row, constants.astype(np.float32), x)[0]
    return values


def variants(
    programs: ProgramBatch,
    row: int,
    constants: Float32[np.ndarray, "variants constants"],
    x: Float32[np.ndarray, " points"],
) -> Float32[np.ndarray, "variants points"]:
    """Values of one program with many sets of constants; raises ConfigError as `evaluate`."""
    code = _code(programs, row, _ROUNDED)
    values = np.empty((len(constants), len(x)), np.float32)
    points = max(1, min(len(x), _BLOCK))
    rows = max(1, _BLOCK // points)
    with np.errstate(all="ignore"):
        for top in range(0, len(constants), rows):
            block = constants[top : top + rows].T[:, :, None]
            for left in range(0, len(x), points):
                at = slice(left, left + points)
                values[top : top + rows, at] = _run(code, block, x[None, at])
    return values


def in_float64(
    programs: ProgramBatch,
    row: int,
    constants: Float64[np.ndarray, "variants constants"],
    x: Float64[np.ndarray, " points"],
) -> Float64[np.ndarray, "variants points"]:
    """The same in float64, where ``fma`` may round twice: nearly the real function."""
    code = _code(programs, row, {name: BY_CODE[c].compute for c, name in _NAMES.items()})
    shape = (len(constants), len(x))
    with np.errstate(all="ignore"):
        return np.broadcast_to(_run(code, constants.T[:, :, None], x[None]), shape).copy()


Step = tuple[Callable[..., Array], list[int]]


def _code(
    programs: ProgramBatch, row: int, table: Mapping[str, Callable[..., Array]]
) -> tuple[list[Step], int]:
    """Steps (function, arguments) of a program, and its output."""
    steps = []
    for k in range(int(programs.lengths[row])):
        code = int(programs.ops[row, k])
        if code not in _NAMES:
            raise ConfigError(
                f"float32: expected operations from {', '.join(OPERATIONS)}, which hardware "
                f"rounds correctly; received {BY_CODE[code].name!r}"
            )
        steps.append((table[_NAMES[code]], programs.args[row, k, : ARITY[code]].tolist()))
    return steps, int(programs.outputs[row])


def _run(code: tuple[Sequence[Step], int], constants: Array, x: Array) -> Array:
    """One step after another; arrays broadcast to [variants, points]."""
    steps, output = code
    results: list[Array] = []

    def value(argument: int) -> Array:
        if argument >= 0:
            return results[argument]
        return x if argument == FIRST_INPUT else constants[FIRST_CONSTANT - argument]

    for function, arguments in steps:
        results.append(function(*map(value, arguments)))
    return value(output)


_ROUNDED: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "fma": fma,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "max": np.maximum,
    "min": np.minimum,
}
_NAMES = {code: p.name for code, p in BY_CODE.items() if p.name in OPERATIONS}
_SUPPORTED = np.array([code == 0 or code in _NAMES for code in range(256)])
