"""Walk: programs evaluated at points that differ from program to program."""

from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from evosearch.genomes.primitives import BY_CODE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


class Walk:
    """Programs prepared to be evaluated again and again.

    The interpreter takes points that all programs share; a policy that remembers has inputs that
    no other program sees. Loops run over positions and primitives, never over programs.
    """

    def __init__(self, programs: ProgramBatch) -> None:
        n, length = programs.ops.shape
        self._inputs, self._constants = programs.n_inputs, programs.constants.T[:, :, None]
        self._places = self._place(programs.args.astype(np.int64))
        self._outputs = self._place(programs.outputs.astype(np.int64))
        self._shape = (programs.n_inputs + len(self._constants) + length, n)
        self._steps = [
            (k, BY_CODE[code], np.flatnonzero(programs.ops[:, k] == code))
            for k in range(length)
            for code in np.unique(programs.ops[:, k]).tolist()
            if code
        ]

    def _place(self, args: Int64[np.ndarray, "..."]) -> Int64[np.ndarray, "..."]:
        """Rows of the work array: inputs, constants, results."""
        of_constant = self._inputs + FIRST_CONSTANT - args
        below = np.where(args > FIRST_CONSTANT, FIRST_INPUT - args, of_constant)
        return np.asarray(np.where(args >= 0, self._inputs + len(self._constants) + args, below))

    def __call__(
        self, inputs: Float64[np.ndarray, "variables programs points"]
    ) -> Float64[np.ndarray, "programs points"]:
        """The value of every program at its own points."""
        work: Any = np.empty((*self._shape, inputs.shape[2]))
        offset = self._inputs + len(self._constants)
        work[: self._inputs] = inputs
        work[self._inputs : offset] = self._constants
        with np.errstate(all="ignore"):
            for k, primitive, rows in self._steps:
                places = self._places[rows, k, : primitive.arity].T
                work[offset + k, rows] = primitive.compute(*(work[p, rows] for p in places))
        return np.asarray(work[self._outputs, np.arange(self._shape[1])])
