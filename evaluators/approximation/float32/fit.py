"""Constants of a program fitted on the float32 grid, to the results that it rounds to.

The real function is the wrong aim: what counts is the largest error in ULP of the float32 values
that come out, each of which may lie anywhere in an interval about the real value (Lim and
Nagarakatte 2021, RLIBM). So the search moves on the grid of float32 constants and looks at exact
float32 results: from the lattice point nearest the real fit, by the lattice's short vectors, by
single steps and by random pairs of both.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Float64, Int64

from evaluators.approximation.float32 import grid, linear
from evaluators.approximation.float32.options import GridOptions
from evaluators.approximation.float32.task import Task, largest
from evosearch.genomes.program import ProgramBatch

_ADDED = 128  # inputs that each round adds
_HARD = 192  # inputs, the worst of the present constants, that moves are tried on first


def fit(
    programs: ProgramBatch,
    row: int,
    tasks: Sequence[Task],
    bar: float,
    seed: int,
    effort: GridOptions,
) -> Float32[np.ndarray, " constants"]:
    """Constants on the grid near those of the program, which are a real fit.

    A pure function of the program, the tasks and the seed. Programs that are not worth a search
    come back rounded, see `GridOptions`.

    Args:
        programs: Canonical programs of one input.
        row: Which of them.
        tasks: Inputs, ascending, that the search looks at; then more and more of them, of which
            the worst join those.
        bar: The search ends where the largest error on all of them is no larger.
        seed: For its random moves.
        effort: How hard to try.
    """
    rounded = grid.rounded(programs.constants[row, : programs.n_constants[row]])
    search, *wider = tasks
    line = linear.line(programs, row, search, effort.real * bar)
    if line is None:
        return rounded
    moves, level = linear.moves(line)
    jumped = grid.number(grid.index(rounded) + moves.jump)
    start = _better(programs, row, search, rounded, jumped)
    if level > effort.level * bar:
        return start
    rng = np.random.default_rng(seed)
    place = grid.index(start)
    best, least = place, (1, np.inf)
    for _ in range(effort.rounds):
        place = _descend(programs, row, search, moves, place, effort, rng)
        passed, task, errors = _judge(programs, row, wider, bar, place)
        if (-passed, errors.max()) < least:
            best, least = place, (-passed, float(errors.max()))
        if errors.max() <= bar:
            break
        search = search.joined(task, largest(errors, _ADDED))
    return _better(programs, row, wider[0], rounded, grid.number(best))


def _judge(
    programs: ProgramBatch,
    row: int,
    tasks: Sequence[Task],
    bar: float,
    place: Int64[np.ndarray, " constants"],
) -> tuple[int, Task, Float64[np.ndarray, " points"]]:
    """How many tasks are passed before the first that is not, or the last; that, and its errors.

    After the last one come the inputs where the program errs most on it, see `Task.dense`.
    """
    constants = grid.number(place[None])
    task = tasks[0]
    passed, errors = 0, task.errors(programs, row, constants)[0]
    while errors.max() <= bar and passed < len(tasks):
        passed += 1
        if passed < len(tasks):
            task = tasks[passed]
        elif task.function is not None:
            task = task.dense(errors)
        else:
            break
        errors = task.errors(programs, row, constants)[0]
    return passed, task, errors


def _better(
    programs: ProgramBatch,
    row: int,
    task: Task,
    first: Float32[np.ndarray, " constants"],
    second: Float32[np.ndarray, " constants"],
) -> Float32[np.ndarray, " constants"]:
    errors = task.worst(programs, row, np.stack([first, second]))
    return second if errors[1] < errors[0] else first


def _descend(
    programs: ProgramBatch,
    row: int,
    task: Task,
    moves: linear.Moves,
    place: Int64[np.ndarray, " constants"],
    effort: GridOptions,
    rng: np.random.Generator,
) -> Int64[np.ndarray, " constants"]:
    """Take the best of many moves as long as there is a better one."""
    errors = task.errors(programs, row, grid.number(place[None]))[0]
    idle = 0
    for _ in range(effort.turns):
        hard = task.taken(largest(errors, _HARD))  # most moves fail there
        around = place + moves.draw(effort.pairs, rng)
        around = around[hard.worst(programs, row, grid.number(around)) < errors.max()]
        tried = task.errors(programs, row, grid.number(around))
        best = int(np.argmin(tried.max(axis=1))) if len(around) else 0
        if len(around) and tried[best].max() < errors.max():
            place, errors, idle = around[best], tried[best], 0
            continue
        idle += 1
        if idle > effort.patience:
            break
    return place
