"""Staged: genomes scored at one fidelity after the other, fewer and fewer of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evosearch.contracts import Evaluator, Status
from evosearch.evaluation.batches import Computed
from evosearch.evaluation.worker import Worker
from evosearch.population import costs_of
from evosearch.stages import Stage, promoted

SHARE = 0.25  # of those scored that go on where the campaign says nothing


def staged(
    worker: Worker,
    compute: Callable[[Worker, Any], Computed],
    genomes: Any,
    shares: Sequence[float],
) -> Computed:
    """Genomes with the scores of the last fidelity; those that did not get there are STOPPED.

    Args:
        worker: Scores them, at any fidelity.
        compute: Refines and scores genomes.
        genomes: Of new children.
        shares: How many of the scored go on, for each fidelity but the last.
    """
    done = compute(worker.at(0), genomes)
    genomes, whole, seconds = done.genomes, done, Counter(done.seconds)
    objectives, status, measures = (column.copy() for column in done.scores)
    messages, stages = dict(done.messages), []
    rows = np.arange(len(genomes))
    for number, fidelity in enumerate(worker.evaluator.fidelities):
        if number:
            done = compute(worker.at(number), genomes.take(rows))
            seconds.update(done.seconds)
            messages |= {int(rows[row]): text for row, text in done.messages.items()}
            objectives[rows], status[rows], measures[rows] = done.scores
        on = _promoted(worker.evaluator, done, genomes.take(rows), [*shares, 0.0][number])
        stages.append(_stage(worker, number, fidelity, rows, done, on))
        if number < len(shares):
            stopped = (done.scores[1] == Status.OK) & ~on
            objectives[rows[stopped]] = np.nan
            status[rows[stopped]] = Status.STOPPED
            rows = rows[on]
    return replace(
        whole,
        scores=(objectives, status, measures),
        messages=messages,
        seconds=dict(seconds),
        stages=tuple(stages),
    )


def shares_of(evaluator: Evaluator, promote: Sequence[float]) -> tuple[float, ...]:
    """A share for each fidelity but the last: those given, then `SHARE`."""
    missing = len(evaluator.fidelities) - 1 - len(promote)
    return (*promote, *(SHARE,) * missing)


def _promoted(evaluator: Evaluator, done: Computed, genomes: Any, share: float) -> Any:
    costs = costs_of(done.scores[0], evaluator.objectives)[:, 0]
    rows = promoted(costs, done.scores[1], genomes.digests(), share)
    return np.isin(np.arange(len(costs)), rows)


def _stage(
    worker: Worker, number: int, fidelity: str, rows: Any, done: Computed, on: Any
) -> Stage:
    first, second = worker.score_key.tolist()
    objectives, status, _ = done.scores
    return Stage(number, fidelity, rows, objectives, status, on, done.each, (first, second))
