"""Task: float32 inputs and the real values that a program is to reach there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float32, Float64, Int64

from evaluators.approximation.float32 import arithmetic, grid, ulp
from evosearch.genomes.program import ProgramBatch

Function = Callable[[Float64[np.ndarray, " n"]], Float64[np.ndarray, " n"]]

_BINS = 1024  # of the inputs of a task
_WORST = 32  # of them, that are looked at closely
_MOST = 1 << 15  # inputs in each


@dataclass(frozen=True, eq=False)
class Task:
    """Inputs, real values and units that a program's results are judged by.

    Attributes:
        x: Inputs.
        y: Real values there.
        unit: Units in the last place at the real values.
        function: Real values at other inputs, where they are wanted, see `dense`.
    """

    x: Float32[np.ndarray, " points"]
    y: Float64[np.ndarray, " points"]
    unit: Float64[np.ndarray, " points"]
    function: Function | None = None

    @classmethod
    def of(cls, x: Float32[np.ndarray, " points"], y: Float64[np.ndarray, " points"]) -> Self:
        """With the units at the real values."""
        return cls(x, y, ulp.ulp(y))

    @classmethod
    def by(cls, function: Function, x: Float32[np.ndarray, " points"]) -> Self:
        """With real values by a function, that more may be asked of."""
        y = function(x.astype(np.float64))
        return cls(x, y, ulp.ulp(y), function)

    def errors(
        self, programs: ProgramBatch, row: int, constants: Float32[np.ndarray, "k constants"]
    ) -> Float64[np.ndarray, "k points"]:
        """Errors in ULP of a program with each set of constants."""
        values = arithmetic.variants(programs, row, constants, self.x)
        return ulp.errors(values, self.y, self.unit)

    def worst(
        self, programs: ProgramBatch, row: int, constants: Float32[np.ndarray, "k constants"]
    ) -> Float64[np.ndarray, " k"]:
        """The largest error of each set of constants."""
        return np.asarray(self.errors(programs, row, constants).max(axis=1, initial=0.0))

    def taken(self, rows: Int64[np.ndarray, " rows"]) -> Self:
        """Some of the points."""
        return type(self)(self.x[rows], self.y[rows], self.unit[rows])

    def joined(self, other: Self, rows: Int64[np.ndarray, " rows"]) -> Self:
        """With points of another one besides."""
        return type(self)(
            np.concatenate([self.x, other.x[rows]]),
            np.concatenate([self.y, other.y[rows]]),
            np.concatenate([self.unit, other.unit[rows]]),
        )

    def dense(self, errors: Float64[np.ndarray, " points"]) -> "Task":
        """Every float32 input near those of these, in order, where a program errs most.

        Largest errors are rare: few of many neighbours, all of whose roundings add up. So bins of
        the inputs are ordered by their largest errors, and all numbers in the first few are taken,
        or as many as `_MOST`, evenly spread. Needs ``function``.
        """
        assert self.function is not None
        edges = np.linspace(0, len(self.x) - 1, _BINS + 1).astype(np.int64)
        worst = np.sort(largest(np.maximum.reduceat(errors, edges[:-1]), _WORST))
        low, high = grid.index(self.x[edges[worst]]), grid.index(self.x[edges[worst + 1]])
        steps = np.maximum((high - low) // _MOST, 1)
        places = map(np.arange, low, high, steps)
        return type(self).by(self.function, grid.number(np.concatenate([*places])))


def largest(errors: Float64[np.ndarray, " points"], n: int) -> Int64[np.ndarray, " n"]:
    """Places of the n largest errors, in no order; of all where there are fewer."""
    n = min(n, len(errors))
    return np.argpartition(errors, -n)[-n:]
