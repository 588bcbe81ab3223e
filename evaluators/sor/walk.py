"""Walk: programs evaluated at one point each, every program at its own."""

import numpy as np
from jaxtyping import Float64

from evosearch.genomes.primitives import BY_CODE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


class Walk:
    """Programs prepared to be evaluated again and again.

    The interpreter takes points that all programs share; a policy of history has inputs that no
    other program sees. Loops run over positions and primitives, never over programs.
    """

    def __init__(self, programs: ProgramBatch) -> None:
        n, length = programs.ops.shape
        self._inputs = programs.n_inputs
        self._steps = [
            (k, BY_CODE[code], np.flatnonzero(programs.ops[:, k] == code))
            for k in range(length)
            for code in np.unique(programs.ops[:, k]).tolist()
            if code
        ]
        self._constants = programs.constants
        self._places = self._place(programs.args.astype(np.int64))
        self._outputs = self._place(programs.outputs.astype(np.int64))
        self._shape = (n, programs.n_inputs + programs.constants.shape[1] + length)

    def _place(self, args: np.ndarray) -> np.ndarray:
        """Columns of the work array: inputs, constants, results."""
        constants = self._constants.shape[1]
        of_constant = self._inputs + FIRST_CONSTANT - args
        of_input = FIRST_INPUT - args
        below = np.where(args > FIRST_CONSTANT, of_input, of_constant)
        return np.where(args >= 0, self._inputs + constants + args, below)

    def __call__(self, inputs: Float64[np.ndarray, "programs variables"]) -> np.ndarray:
        """The value of every program at its own inputs, [programs]."""
        work = np.empty(self._shape)
        offset = self._inputs + self._constants.shape[1]
        work[:, : self._inputs] = inputs
        work[:, self._inputs : offset] = self._constants
        with np.errstate(all="ignore"):
            for k, primitive, rows in self._steps:
                columns = self._places[rows, k, : primitive.arity].T
                values = (work[rows, column] for column in columns)
                work[rows, offset + k] = primitive.compute(*values)
        return np.asarray(work[np.arange(len(work)), self._outputs])
