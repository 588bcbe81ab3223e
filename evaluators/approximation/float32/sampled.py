"""Sampled: largest errors of programs on samples, on more and more inputs the better they are."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

from evaluators.approximation.float32 import arithmetic
from evaluators.approximation.float32.contraction import ambiguous
from evaluators.approximation.float32.task import Task
from evosearch.genomes.program import ProgramBatch

_NEAR = 1.5  # times the bar: largest error on a few inputs that is worth looking at many

Errors = Float64[np.ndarray, " programs"]


def valid(programs: ProgramBatch) -> Bool[np.ndarray, " programs"]:
    """Programs that hardware and compilers compute in one way alone."""
    return np.asarray(arithmetic.supported(programs) & ~ambiguous(programs))


def worst(programs: ProgramBatch, task: Task) -> Errors:
    """Largest error in ULP of each program on all inputs of a task; NaN for those not `valid`."""
    errors = np.full(len(programs), np.nan)
    for row in np.flatnonzero(valid(programs)).tolist():
        constants = programs.constants[row : row + 1, : programs.n_constants[row]]
        errors[row] = task.worst(programs, row, constants.astype(np.float32))[0]
    return errors


def sampled(programs: ProgramBatch, tasks: Sequence[Task], bar: float, margin: float) -> Errors:
    """Largest error in ULP of each program on as many inputs as it is worth.

    Args:
        programs: Programs of one input.
        tasks: Few inputs, for all programs; many, for those that are near the bar; where there
            is a third, more, for those within it, and then those near where they err most.
        bar: What a largest error should not exceed anywhere.
        margin: By how much it should be less on samples.
    """
    aim = bar - margin
    few, many, *more = tasks
    errors = worst(programs, few)
    near = np.flatnonzero(errors <= _NEAR * bar)
    errors[near] = np.maximum(errors[near], worst(programs.take(near), many))
    for task in more:
        for row in np.flatnonzero(errors <= aim).tolist():
            errors[row] = max(errors[row], _closely(programs, row, task, aim))
    return errors


def _closely(programs: ProgramBatch, row: int, task: Task, aim: float) -> float:
    """Error of one program on a task and, if within the aim, near where it is largest."""
    constants = programs.constants[row : row + 1, : programs.n_constants[row]]
    constants = constants.astype(np.float32)
    errors = task.errors(programs, row, constants)[0]
    if errors.max() > aim:
        return float(errors.max())
    near = task.dense(errors).worst(programs, row, constants)
    return float(max(errors.max(), near[0]))
