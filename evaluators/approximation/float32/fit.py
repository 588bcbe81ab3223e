"""Constants of a program fitted on the float32 grid, to the results that it rounds to.

The real function is the wrong aim: what counts is the largest error in ULP of the float32 values
that come out, each of which may lie anywhere in an interval about the real value (Lim and
Nagarakatte 2021, RLIBM). So the search moves on the grid of float32 constants and looks at exact
float32 results: from the lattice point nearest the real fit, by the lattice's short vectors, by
single steps and by random pairs of both.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float32, Float64, Int64

from evaluators.approximation.float32 import arithmetic, grid, lattice, ulp
from evaluators.approximation.float32.options import GridOptions
from evosearch.genomes.program import ProgramBatch

_LATTICE_POINTS = 192
_SIZES = (1, 2, 4, 16)  # of single steps
_WORST = 128  # inputs that each round adds
_FINEST = 2.0**-7  # ULP: steps of a constant that change less are doubled until they do
_LONG = 2.0**-12  # ULP that each step costs in the lattice: keeps moves local


@dataclass(frozen=True, eq=False)
class Task:
    """Inputs, real values and units that a program's results are judged by."""

    x: Float32[np.ndarray, " points"]
    y: Float64[np.ndarray, " points"]
    unit: Float64[np.ndarray, " points"]

    @classmethod
    def of(cls, x: Float32[np.ndarray, " points"], y: Float64[np.ndarray, " points"]) -> Self:
        """With the units at the real values."""
        return cls(x, y, ulp.ulp(y))

    def errors(
        self, programs: ProgramBatch, row: int, constants: Float32[np.ndarray, "k constants"]
    ) -> Float64[np.ndarray, "k points"]:
        """Errors in ULP of a program with each set of constants."""
        values = arithmetic.variants(programs, row, constants, self.x)
        return ulp.errors(values, self.y, self.unit)

    def worst(
        self, programs: ProgramBatch, row: int, constants: Float32[np.ndarray, "k constants"]
    ) -> Float64[np.ndarray, " k"]:
        """The largest error of each set of constants."""
        return np.asarray(self.errors(programs, row, constants).max(axis=1))

    def joined(self, other: Self, rows: Int64[np.ndarray, " rows"]) -> Self:
        """With points of another one besides."""
        return type(self)(
            np.concatenate([self.x, other.x[rows]]),
            np.concatenate([self.y, other.y[rows]]),
            np.concatenate([self.unit, other.unit[rows]]),
        )


@dataclass(frozen=True)
class Moves:
    """Steps on the grid that change one program little.

    Attributes:
        singles: Steps of one constant each.
        reduced: Short vectors of the lattice.
        jump: From the rounded constants to where they make up for each other.
    """

    singles: Int64[np.ndarray, "n constants"]
    reduced: Int64[np.ndarray, "m constants"]
    jump: Int64[np.ndarray, " constants"]

    def draw(self, pairs: int, rng: np.random.Generator) -> Int64[np.ndarray, "k constants"]:
        """Every step and its opposite, and sums of two of them at random."""
        half = np.concatenate([self.reduced, self.singles])
        every = np.concatenate([half, -half])
        first, second = rng.integers(len(every), size=(2, pairs))
        return np.concatenate([every, every[first] + every[second]])


def fit(
    programs: ProgramBatch, row: int, search: Task, wide: Task, bar: float, seed: int, effort: GridOptions
) -> Float32[np.ndarray, " constants"]:
    """Constants on the grid near those of the program, which are a real fit.

    A pure function of the program, the tasks and the seed. Programs that are not worth a search
    come back rounded, see `GridOptions`.

    Args:
        programs: Canonical programs of one input.
        row: Which of them.
        search: Inputs that the search looks at.
        wide: More inputs, of which the worst are looked at as well.
        bar: The search ends where the largest error on all inputs is no larger.
        seed: For its random moves.
        effort: How hard to try.
    """
    rounded = programs.constants[row, : programs.n_constants[row]].astype(np.float32)
    moves = _moves(programs, row, search, effort.real * bar)
    if moves is None:
        return rounded
    starts = grid.index(rounded) + np.stack([np.zeros_like(moves.jump), moves.jump])
    errors = search.worst(programs, row, grid.number(starts))
    place = starts[np.argmin(errors)]
    best, least = place, np.inf
    rng = np.random.default_rng(seed)
    for turn in range(effort.rounds):
        place, error = _descend(programs, row, search, moves, place, effort, rng)
        if turn == 0 and error > effort.rounded * bar:
            return grid.number(place)
        errors = wide.errors(programs, row, grid.number(place[None]))[0]
        if errors.max() < least:
            best, least = place, errors.max()
        if least <= bar:
            break
        search = search.joined(wide, np.argpartition(errors, -_WORST)[-_WORST:])
    return grid.number(best)


def _descend(
    programs: ProgramBatch,
    row: int,
    task: Task,
    moves: Moves,
    place: Int64[np.ndarray, " constants"],
    effort: GridOptions,
    rng: np.random.Generator,
) -> tuple[Int64[np.ndarray, " constants"], float]:
    """Take the best of many moves as long as there is a better one; place and error."""
    error = float(task.worst(programs, row, grid.number(place[None]))[0])
    idle = 0
    for _ in range(effort.turns):
        around = place + moves.draw(effort.pairs, rng)
        errors = task.worst(programs, row, grid.number(around))
        best = int(np.argmin(errors))
        if errors[best] < error:
            place, error, idle = around[best], float(errors[best]), 0
            continue
        idle += 1
        if idle > effort.patience:
            break
    return place, error


def _moves(programs: ProgramBatch, row: int, task: Task, limit: float) -> Moves | None:
    """Moves about the real constants; None where these err by more than ``limit`` ULP."""
    real = programs.constants[row, : programs.n_constants[row]]
    some = slice(None, None, max(1, len(task.x) // _LATTICE_POINTS))
    x, y, unit = task.x[some].astype(np.float64), task.y[some], task.unit[some]
    rounded = real.astype(np.float32)
    spacing = grid.spacing(rounded)
    width = np.maximum(np.abs(real) * 2.0**-20, spacing)
    moved = np.concatenate([real[None], real + np.diag(width), real - np.diag(width)])
    values = (arithmetic.in_float64(programs, row, moved, x) - y) / unit
    if not (np.isfinite(values).all() and np.abs(values[0]).max() <= limit):
        return None
    n = len(real)
    slopes = ((values[1 : n + 1] - values[n + 1 :]) / (2 * width[:, None])).T
    residual = values[0] + slopes @ (rounded - real)
    return _lattice(slopes * spacing, residual)


def _lattice(
    slopes: Float64[np.ndarray, "points constants"], residual: Float64[np.ndarray, " points"]
) -> Moves:
    """From the slopes in ULP a grid step, and the errors in ULP after rounding."""
    points, n = slopes.shape
    effect = np.abs(slopes).max(axis=0)
    doublings = np.ceil(np.log2(_FINEST / np.maximum(effect, 2.0**-40)))
    steps = 1 << np.clip(doublings, 0, 20).astype(np.int64)
    basis = np.concatenate([slopes * steps, _LONG * np.sqrt(points) * np.eye(n)])
    order = np.argsort(np.linalg.norm(basis, axis=0), kind="stable")
    reduced = np.zeros((n, n), np.int64)
    reduced[order] = lattice.reduce(basis[:, order])
    z = lattice.nearest_plane(basis @ reduced, np.concatenate([-residual, np.zeros(n)]))
    singles = np.concatenate([np.diag(steps * size) for size in _SIZES])
    return Moves(singles, (steps[:, None] * reduced).T, steps * (reduced @ z))
