"""Learner: functions tried on one task, each in the form that suits it, and none twice.

A function without learnable parameters is a table in its canonical sign, so that whatever formula
it comes from, and whichever of f and -f, it has the same score to the last bit. Scores are kept
by what was trained; what is kept can be forgotten without changing any score.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from evaluators.activation import table
from evaluators.activation.filters import canonical
from evaluators.activation.learnable import Scope
from evaluators.activation.task import Task
from evaluators.activation.trial import Form, Outcome, Part, Trial
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

_KEPT = 100_000  # scores of functions, of a few hundred bytes each


class _Key(NamedTuple):
    """What was trained, and how."""

    function: bytes
    learns: bool
    course: tuple[Any, ...]


class Learner:
    """One task, and what is known of functions on it."""

    def __init__(self, task: Task, form: Form = "auto", scope: Scope = "layer") -> None:
        self.task = task
        self._form = form
        self._tables, self._codes = Trial(task, "table", scope), Trial(task, "code", scope)
        self._known: dict[_Key, Any] = {}

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
        """Train with each function that is not known yet, see `Trial.run`; no parameters are told.

        Values of functions without parameters have to be finite on [-8, 8].
        """
        course: dict[str, Any] = {
            "rates": tuple(rates),
            "seeds": tuple(seeds),
            "steps": steps,
            "on": on,
        }
        start = tuple(initial or ())
        is_code = self._is_code(functions)
        values = table.knots(functions)
        values[~is_code] = canonical(values[~is_code])
        digests = functions.digests()
        keys = [
            _Key(digests[row] if code else values[row].tobytes(), code, (*course.values(), start))
            for row, code in enumerate(is_code.tolist())
        ]
        found = {key: self._known[key] for key in keys if key in self._known}
        rows = {key: row for row, key in enumerate(keys) if key not in found}  # one row each
        for code in (False, True):
            some = [(key, row) for key, row in rows.items() if key.learns == code]
            if some:
                places = np.array([row for _, row in some])
                outcome = (
                    self._codes.run(functions.take(places), **course, initial=initial)
                    if code
                    else self._tables.run_tables(values[places], **course)
                )
                scores = zip(outcome.accuracy, outcome.loss, strict=True)
                found |= {key: each for (key, _), each in zip(some, scores, strict=True)}
        self._keep(found)
        shape = (len(functions), len(rates), len(seeds))
        accuracy, loss = (np.reshape([found[key][k] for key in keys], shape) for k in (0, 1))
        return Outcome(accuracy, loss, np.zeros((*shape, 0)))

    def _is_code(self, functions: ProgramBatch) -> Bool[np.ndarray, " functions"]:
        if self._form == "auto":
            return learns(functions)
        return np.full(len(functions), self._form == "code")

    def _keep(self, found: Mapping[_Key, Any]) -> None:
        if len(self._known) + len(found) > _KEPT:
            self._known.clear()
        self._known |= found


def learns(functions: ProgramBatch) -> Bool[np.ndarray, " functions"]:
    """Which functions depend on a learnable parameter."""

    def is_parameter(arguments: Any) -> Any:
        return (arguments < FIRST_INPUT) & (arguments > FIRST_CONSTANT)

    used = np.arange(functions.ops.shape[1]) < functions.lengths[:, None]
    inside = (is_parameter(functions.args) & used[:, :, None]).any(axis=(1, 2))
    return np.asarray(inside | is_parameter(functions.outputs))


def best_means(
    outcome: Outcome,
) -> tuple[Float64[np.ndarray, " functions"], Float64[np.ndarray, " functions"], Any]:
    """Mean score and mean loss at the best rate, and its place; NaN where every rate diverged."""
    means = np.where(np.isnan(outcome.loss), np.nan, outcome.accuracy).mean(axis=2)
    best = np.argmax(np.where(np.isnan(means), -np.inf, means), axis=1)
    rows = np.arange(len(best))
    return means[rows, best], outcome.loss.mean(axis=2)[rows, best], best
