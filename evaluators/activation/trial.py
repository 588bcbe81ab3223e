"""Trial: functions put into the networks of one task, and what becomes of these."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32, Float64, Int32

from evaluators.activation import code, table
from evaluators.activation.learnable import Learnable, Scope
from evaluators.activation.task import Task
from evaluators.activation.training import Training, whole_chunks
from evosearch import backend
from evosearch.genomes.program import ProgramBatch

Form = Literal["auto", "table", "code"]
Part = Literal["selection", "test"]
_START, _PICKS = 0, 1  # streams of a seed


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of trained networks.

    Attributes:
        accuracy: Share of the judging examples that were right; of a regression minus the
            logarithm of the mean squared error. NaN where training diverged.
        loss: Mean over the judging examples.
        parameters: Of the functions, after training.
    """

    accuracy: Float64[np.ndarray, "functions rates seeds"]
    loss: Float64[np.ndarray, "functions rates seeds"]
    parameters: Float64[np.ndarray, "functions rates seeds parameters"]


class Trial:
    """Trains networks of one task. One executable for each number of seeds and rates.

    Networks of one seed start with the same weights and see the same examples whatever their
    function, so that functions can be compared in pairs.

    Args:
        task: What is trained.
        form: ``table`` for functions without learnable parameters, ``code`` for any; ``auto``
            chooses the faster one.
        scope: How many values a learnable parameter has.
    """

    def __init__(self, task: Task, form: Form = "auto", scope: Scope = "layer") -> None:
        self.task = task
        self._form, self._scope = form, scope
        data = task.data
        self._judging = {
            "selection": whole_chunks(data.selection_inputs, data.selection_targets),
            "test": whole_chunks(data.test_inputs, data.test_targets),
        }
        self._examples = {"selection": len(data.selection_inputs), "test": len(data.test_inputs)}
        self._picks = lru_cache(4)(self._drawn_picks)
        self._starts = lru_cache(8)(self._drawn_starts)

    def run(
        self,
        functions: ProgramBatch,
        *,
        rates: Sequence[float],
        seeds: Sequence[int],
        steps: int,
        on: Part,
        initial: Sequence[float] | None = None,
    ) -> Outcome:
        """Train networks with each function, for each rate and seed, and judge them.

        Args:
            functions: Of x and learnable parameters.
            rates: Highest learning rates.
            seeds: Of weights and batches.
            steps: Batches to train on.
            on: The part of the data that judges.
            initial: Where the parameters start; 1 where nothing is said.
        """
        if self._is_table(functions):
            found = table.knots(functions)
            return self.run_tables(found, rates=rates, seeds=seeds, steps=steps, on=on)
        count = functions.n_inputs - 1
        starts = np.ones(count) if initial is None else np.asarray(initial, np.float64)
        codes = [code.code(functions, row) for row in range(len(functions))]
        return self._run(codes, count, starts, rates, seeds, steps, on)

    def run_tables(
        self,
        values: Float64[np.ndarray, "functions knots"],
        *,
        rates: Sequence[float],
        seeds: Sequence[int],
        steps: int,
        on: Part,
    ) -> Outcome:
        """The same for functions that are given by their values at `table.KNOTS`."""
        tables = [table.table(row) for row in values]
        return self._run(tables, None, np.zeros(0), rates, seeds, steps, on)

    def _is_table(self, functions: ProgramBatch) -> bool:
        return self._form == "table" or (self._form == "auto" and functions.n_inputs == 1)

    def _run(
        self,
        functions: Sequence[Any],
        count: int | None,
        initial: npt.NDArray[Any],
        rates: Sequence[float],
        seeds: Sequence[int],
        steps: int,
        on: Part,
    ) -> Outcome:
        learnable = Learnable(count or 0, self._scope, self.task.network.widths)
        initial = self._spread(learnable, initial)
        arguments = (
            self._starts(tuple(seeds)),
            initial,
            self._picks(tuple(seeds), steps),
            np.asarray(rates, np.float32),
            np.int32(steps),
        )
        rest = (self.task.data.train_inputs, self.task.data.train_targets, *self._judging[on])
        shape = (len(functions), len(rates), len(seeds))
        scores, losses = np.empty(shape), np.empty(shape)
        own = np.empty((*shape, learnable.size))
        for row, function in enumerate(functions):
            call = self._compiled(count is not None, learnable, (*arguments, function, *rest))
            found = [np.asarray(each, np.float64) for each in call(*arguments, function, *rest)]
            scores[row], losses[row] = found[0].T, found[1].T
            own[row] = found[2].transpose(1, 0, 2)
        return self._outcome(scores, losses, own, self._examples[on])

    def _outcome(
        self, scores: npt.NDArray[Any], losses: npt.NDArray[Any], own: npt.NDArray[Any], n: int
    ) -> Outcome:
        loss = losses / n
        with np.errstate(divide="ignore", invalid="ignore"):
            score = scores / n if self.task.data.classes else -np.log(loss)
        return Outcome(np.where(np.isfinite(loss), score, np.nan), loss, own)

    def _spread(
        self, learnable: Learnable, initial: npt.NDArray[Any]
    ) -> Float32[np.ndarray, " parameters"]:
        """Where every copy of the parameters starts."""
        if not learnable.count:
            return np.zeros(0, np.float32)
        if learnable.scope != "channel":
            return np.tile(initial, learnable.size // learnable.count).astype(np.float32)
        parts = [np.repeat(initial, width) for width in learnable.widths]
        return np.concatenate(parts).astype(np.float32)

    def _compiled(
        self, is_code: bool, learnable: Learnable, examples: tuple[Any, ...]
    ) -> Callable[..., Any]:
        seeds = len(examples[0])
        cores = max(n for n in range(1, backend.cores() + 1) if seeds % n == 0)
        network, data = self.task.network, self.task.data
        key = (
            "activation",
            *(network.name, network.shapes, data.classes, data.shape, self.task.batch),
            *(is_code, learnable.count, learnable.scope, cores),
            *(np.shape(each) for each in examples if not isinstance(each, tuple)),
        )
        training = Training(network, data.classes, learnable, _code if is_code else _table)
        return backend.compiled(key, lambda: training.function(cores), *examples)

    def _drawn_starts(self, seeds: tuple[int, ...]) -> Float32[np.ndarray, "seeds parameters"]:
        """He-normal weights (He et al. 2015), no offsets."""
        return np.stack([self._start(seed) for seed in seeds])

    def _start(self, seed: int) -> Float32[np.ndarray, " parameters"]:
        rng = np.random.default_rng([seed, _START])
        parts = [
            rng.standard_normal(shape) * np.sqrt(2 / shape[0])
            if len(shape) > 1
            else np.zeros(shape)
            for shape in self.task.network.shapes
        ]
        return np.concatenate([part.ravel() for part in parts]).astype(np.float32)

    def _drawn_picks(
        self, seeds: tuple[int, ...], steps: int
    ) -> Int32[np.ndarray, "steps seeds batch"]:
        """Examples of each batch, with replacement."""
        n = len(self.task.data.train_inputs)
        rngs = [np.random.default_rng([seed, _PICKS]) for seed in seeds]
        drawn = [rng.integers(0, n, (steps, self.task.batch)) for rng in rngs]
        return np.stack(drawn, axis=1).astype(np.int32)


def _table(values: Any, function: table.Table, _parameters: tuple[Any, ...]) -> Any:
    return table.apply(values, function)


def _code(values: Any, function: code.Code, parameters: tuple[Any, ...]) -> Any:
    return code.apply(values, parameters, function)
