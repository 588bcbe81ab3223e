"""Finish: a program run on every float32 of its interval, and mended where it fails there."""

from collections.abc import Sequence

import numpy as np

from evaluators.approximation.float32 import exhaustive, fit, reference
from evaluators.approximation.float32.options import GridOptions
from evaluators.approximation.float32.task import Task
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import Target
from evosearch.genomes.program import ProgramBatch

_ROUNDS = 12
_FURTHER = 2.0  # times what a program exceeds the bar by: how far below it the next fit aims


def finish(
    programs: ProgramBatch,
    row: int,
    problem: tuple[Target, Interval, float],
    tasks: Sequence[Task],
    effort: GridOptions,
) -> tuple[ProgramBatch, exhaustive.Found]:
    """One program whose error is within the bar on every input, if twelve rounds find it.

    As long as the error is above the bar, the worst inputs join those that constants are fitted
    to (constraint generation, Lim and Nagarakatte 2021), and the fit aims further below the bar.

    Args:
        programs: Programs with constants on the grid.
        row: Which of them.
        problem: Target, interval and bar.
        tasks: Inputs that the search looks at, and more of them, see `fit.fit`.
        effort: Of the search.

    Returns:
        A batch of one with the best constants seen, and what holds for them.
    """
    target, interval, bar = problem
    best = trial = programs.take(np.array([row]))
    least = seen = exhaustive.search(best, 0, target, interval, enough=bar)
    for turn in range(_ROUNDS):
        if least.max_ulp <= bar or not int(best.n_constants[0]):
            break
        y = reference.values(target, interval, seen.worst.astype(np.float64))
        worst = Task.of(seen.worst, y)
        search, wide, *wider = tasks
        tasks = [search, wide.joined(worst, np.arange(len(y))), *wider]
        aim = bar - _FURTHER * (least.max_ulp - bar)
        constants = fit.fit(trial, 0, tasks, aim, turn, effort)
        trial = trial.with_constants(constants[None].astype(np.float64))
        seen = exhaustive.search(trial, 0, target, interval, enough=bar)
        if seen.max_ulp < least.max_ulp:
            best, least = trial, seen
    return best, least if least.complete else exhaustive.search(best, 0, target, interval)
