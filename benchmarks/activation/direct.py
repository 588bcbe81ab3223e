"""The peer: a training that is compiled anew for every function, with the function inside."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float64

from evaluators.activation import operations
from evaluators.activation.learnable import Learnable
from evaluators.activation.training import Training
from evaluators.activation.trial import Trial
from evosearch.genomes.primitives import ARITY, BY_CODE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch


def function(program: ProgramBatch) -> Callable[..., Any]:
    """A batch of one as a JAX function of x and its parameters."""
    constants = program.constants[0].astype(np.float32)

    def compute(*inputs: Any) -> Any:
        results: list[Any] = []

        def value(argument: int) -> Any:
            if argument >= 0:
                return results[argument]
            if argument > FIRST_CONSTANT:
                return inputs[FIRST_INPUT - argument]
            return constants[FIRST_CONSTANT - argument]

        for node in range(int(program.lengths[0])):
            op = int(program.ops[0, node])
            arguments = program.args[0, node, : ARITY[op]].tolist()
            results.append(operations.BY_NAME[BY_CODE[op].name](*map(value, arguments)))
        return value(int(program.outputs[0]))

    return compute


def run(
    trial: Trial,
    program: ProgramBatch,
    *,
    rates: Sequence[float],
    seeds: Sequence[int],
    steps: int,
    initial: Sequence[float] = (),
) -> tuple[Float64[np.ndarray, "rates seeds"], Float64[np.ndarray, "rates seeds"], float]:
    """Accuracies and losses on the selection data, and the seconds of compilation.

    Weights and batches are those that the trial draws for these seeds.
    """
    task, compute = trial.task, function(program)
    learnable = Learnable(program.n_inputs - 1, "layer", task.network.widths)
    training = Training(
        task.network, task.data.classes, learnable, lambda x, _, own: compute(x, *own)
    )
    arguments = (
        trial._starts(tuple(seeds)),
        np.tile(np.asarray(initial, np.float32), len(task.network.widths)),
        trial._picks(tuple(seeds), steps),
        np.asarray(rates, np.float32),
        np.int32(steps),
        (),
        task.data.train_inputs,
        task.data.train_targets,
        *trial._judging["selection"],
    )
    started = time.perf_counter()
    cores = 2 if len(seeds) % 2 == 0 else 1
    compiled = jax.jit(training.function(cores)).lower(*arguments).compile()
    seconds = time.perf_counter() - started
    n = len(task.data.selection_inputs)
    scores, losses, _ = (np.asarray(each, np.float64) / n for each in compiled(*arguments))
    return scores.T, losses.T, seconds
