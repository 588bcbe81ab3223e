"""The meaning of programs, in plain NumPy: one program after another, one instruction at a time.

Everything that computes programs faster is tested equal to this.
"""

import numpy as np
import numpy.typing as npt
from jaxtyping import Float

from evosearch.genomes.primitives import BY_CODE, Array
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


def evaluate(
    programs: ProgramBatch,
    inputs: Float[np.ndarray, "variables points"],
    dtype: npt.DTypeLike = np.float64,
) -> Float[np.ndarray, "batch points"]:
    """Values of every program at every point.

    Inputs and constants are rounded to ``dtype`` first; every operation is one NumPy call in that
    type. Division by zero, overflow and domain errors give IEEE values.

    Raises:
        ValueError: If ``inputs`` has another number of variables than the programs.
    """
    if inputs.ndim != 2 or len(inputs) != programs.n_inputs:
        raise ValueError(
            f"inputs of shape ({programs.n_inputs}, points) expected for programs of "
            f"{programs.n_inputs} inputs, received {inputs.shape}"
        )
    variables = np.asarray(inputs, dtype=dtype)
    values = np.empty((len(programs), inputs.shape[1]), dtype=dtype)
    with np.errstate(all="ignore"):
        for row in range(len(programs)):
            values[row] = _evaluate_row(programs, row, variables)
    return values


def _evaluate_row(programs: ProgramBatch, row: int, variables: Array) -> Array:
    """One program at every point."""
    constants = programs.constants[row].astype(variables.dtype)
    results: list[Array] = []

    def value(argument: int) -> Array:
        if argument >= 0:
            return results[argument]
        if argument > FIRST_CONSTANT:
            variable: Array = variables[FIRST_INPUT - argument]
            return variable
        return np.full(variables.shape[1], constants[FIRST_CONSTANT - argument])

    for node in range(int(programs.lengths[row])):
        primitive = BY_CODE[int(programs.ops[row, node])]
        arguments = programs.args[row, node, : primitive.arity].tolist()
        results.append(primitive.compute(*map(value, arguments)))
    return value(int(programs.outputs[row]))
