"""Task: float32 inputs and the real values that a program is to reach there."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float32, Float64, Int64

from evaluators.approximation.float32 import arithmetic, ulp
from evosearch.genomes.program import ProgramBatch


@dataclass(frozen=True, eq=False)
class Task:
    """Inputs, real values and units that a program's results are judged by."""

    x: Float32[np.ndarray, " points"]
    y: Float64[np.ndarray, " points"]
    unit: Float64[np.ndarray, " points"]

    @classmethod
    def of(cls, x: Float32[np.ndarray, " points"], y: Float64[np.ndarray, " points"]) -> Self:
        """With the units at the real values."""
        return cls(x, y, ulp.ulp(y))

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


def largest(errors: Float64[np.ndarray, " points"], n: int) -> Int64[np.ndarray, " n"]:
    """Places of the n largest errors, in no order; of all where there are fewer."""
    n = min(n, len(errors))
    return np.argpartition(errors, -n)[-n:]
