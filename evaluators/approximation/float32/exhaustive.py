"""Exhaustive: a program at every float32 of an interval, and where its error is largest.

Values are exact (see `evaluators.approximation.float32.arithmetic`). Real values come from a fast
float64 reference; the error that this leaves, below 2^-24 ULP, is settled for the worst inputs in
exact arithmetic. So is the unit where the float64 is a power of two, and the real value may lie
below it. Inputs go through in blocks that stay in the cache, on all cores.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain

import mpmath
import numpy as np
from jaxtyping import Float32, Float64
from mpmath import mp, mpf

from evaluators.approximation.float32 import arithmetic, grid, reference, ulp
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import Target
from evosearch import backend
from evosearch.genomes.program import ProgramBatch

_PIECE = 1 << 22  # inputs that a thread takes at a time
_BLOCK = 1 << 14  # ... and works on at a time
_SETTLED = 64  # worst inputs that are computed exactly
_DIGITS = 60
_FEW = 8  # inputs of a block at a power of two that are looked at one by one

Constants = Float32[np.ndarray, "one constants"]


@dataclass(frozen=True, eq=False)
class Found:
    """What holds for every float32 of an interval, or for some where a search ended early.

    Attributes:
        count: How many inputs were run.
        max_ulp: The largest error in ULP, see `evaluators.approximation.float32.ulp`.
        worst: Inputs, in each of which some block of neighbours has its largest error; where the
            largest of all is reached first.
        complete: Whether all were run.
    """

    count: int
    max_ulp: float
    worst: Float32[np.ndarray, " worst"]
    complete: bool = True

    @property
    def worst_input(self) -> float:
        """An input where the largest error is reached."""
        return float(self.worst[0])


def search(
    programs: ProgramBatch,
    row: int,
    target: Target,
    interval: Interval,
    *,
    enough: float = np.inf,
    progress: Callable[[int], None] | None = None,
) -> Found:
    """Evaluate one program, its constants rounded to float32, at every float32 of the interval.

    Pieces of the interval come in order of their width, the widest first: the few that have most
    of its length are where most programs that fail do.

    Args:
        programs: Programs of one input.
        row: Which of them.
        target: A function that has a fast reference.
        interval: Where.
        enough: The search ends after a piece with an error above this.
        progress: Told the number of inputs that are done, now and then.

    Raises:
        ConfigError: No fast reference, or an operation that hardware does not round correctly.
    """
    first, last = grid.ends(interval)
    function = reference.fast(target, interval)
    constants = programs.constants[row : row + 1, : programs.n_constants[row]]
    constants = constants.astype(np.float32)

    def blocks(start: int) -> Iterator[tuple[float, int]]:
        for low in range(start, min(start + _PIECE, last + 1), _BLOCK):
            x = grid.number(np.arange(low, min(low + _BLOCK, last + 1)))
            values = arithmetic.variants(programs, row, constants, x)[0]
            errors = _errors(values, function(x.astype(np.float64)), target, x)
            worst = int(np.argmax(errors))
            yield float(errors[worst]), low + worst

    def piece(start: int) -> list[tuple[float, int]]:
        return nlargest(_SETTLED, blocks(start))

    found: list[tuple[float, int]] = []
    done = 0
    with ThreadPoolExecutor(backend.cores()) as threads:
        starts = _by_width(first, last)
        for start, worst in zip(starts, threads.map(piece, starts), strict=True):
            found = nlargest(_SETTLED, chain(found, worst))
            done += min(_PIECE, last + 1 - start)
            if progress is not None:
                progress(done)
            if found[0][0] > enough:
                threads.shutdown(wait=False, cancel_futures=True)
                break
    settled = [(_settle(programs, row, constants, target, at), at) for _, at in found]
    settled.sort(reverse=True)
    error = settled[0][0]
    if len(found) == _SETTLED:
        error = max(error, found[-1][0])  # what was not settled is no larger than this
    inputs = grid.number(np.array([at for _, at in settled]))
    return Found(done, error, inputs, done == last + 1 - first)


def _by_width(first: int, last: int) -> list[int]:
    """Where pieces start on the grid, the widest piece first."""
    starts = np.arange(first, last + 1, _PIECE)
    ends = np.minimum(starts + _PIECE, last)
    width = grid.number(ends).astype(np.float64) - grid.number(starts)
    return [int(start) for start in starts[np.argsort(-width, kind="stable")]]


def _errors(
    values: Float32[np.ndarray, " n"],
    y: Float64[np.ndarray, " n"],
    target: Target,
    x: Float32[np.ndarray, " n"],
) -> Float64[np.ndarray, " n"]:
    """Errors in ULP, or bounds above them where many real values are all next to one power."""
    errors = ulp.errors(values, y, ulp.ulp(y))
    at = np.flatnonzero(ulp.at_power(y) & (errors > 0))
    if len(at):
        asked = at if len(at) <= _FEW else at[[0, -1]]
        with mp.workdps(_DIGITS):
            below = [abs(target.exact(mpf(float(x[k])))) < abs(float(y[k])) for k in asked]
        errors[at[below] if len(at) <= _FEW else at[: len(at) * any(below)]] *= 2
    return errors


def _settle(
    programs: ProgramBatch, row: int, constants: Constants, target: Target, place: int
) -> float:
    """Error in ULP at one input, in exact arithmetic, by the definition of the unit."""
    x = grid.number(np.array([place]))
    value = float(arithmetic.variants(programs, row, constants, x)[0, 0])
    if not np.isfinite(value):
        return float("inf")
    with mp.workdps(_DIGITS):
        y = target.exact(mpf(float(x[0])))
        exponent = mpmath.frexp(abs(y))[1] - 1 if y else -126
        return float(abs(mpf(value) - y) / mpf(2) ** (max(exponent, -126) - 23))
