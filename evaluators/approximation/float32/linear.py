"""Linear: how a program's error changes with its constants, near a real fit of them.

Steps on the float32 grid are so small that the program is linear in its constants among them. Two
things follow: how much error the real function may have at each input, beside what rounding adds
there, and whether some constants stay below that everywhere; and which steps on the grid make up
for each other.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.approximation.float32 import arithmetic, grid, lattice
from evaluators.approximation.float32.task import Task
from evosearch.genomes.program import ProgramBatch

_POINTS = 192
_BINS = 24  # of the inputs, in each of which rounding adds at most so much
_LEAST = 0.01  # ULP that are allowed everywhere
_DESCENTS = 4
_LAWSON = 16
_SIZES = (1, 2, 4, 16)  # of steps of one constant
_FINEST = 2.0**-7  # ULP: steps of a constant that change less are doubled until they do
_LONG = 2.0**-12  # ULP that each step costs in the lattice: keeps moves local


@dataclass(frozen=True, eq=False)
class Line:
    """Errors of a program in ULP, near its real constants.

    Attributes:
        error: Of the real function, at some inputs.
        slopes: Its change with each constant, by a grid step.
        rounding: Largest error that float32 arithmetic was seen to add near each of the inputs.
        offset: From the real to the rounded constants, in grid steps.
    """

    error: Float64[np.ndarray, " points"]
    slopes: Float64[np.ndarray, "points constants"]
    rounding: Float64[np.ndarray, " points"]
    offset: Float64[np.ndarray, " constants"]


@dataclass(frozen=True, eq=False)
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


def line(programs: ProgramBatch, row: int, task: Task, limit: float) -> Line | None:
    """About the constants of a program.

    None where these err by more than ``limit`` ULP, or where float32 has no finite value.
    """
    real = programs.constants[row, : programs.n_constants[row]]
    some = np.unique(np.linspace(0, len(task.x) - 1, _POINTS).astype(np.int64))
    x, y, unit = task.x[some].astype(np.float64), task.y[some], task.unit[some]
    rounded = grid.rounded(real)
    spacing = grid.spacing(rounded)
    width = np.maximum(np.abs(real) * 2.0**-20, spacing)
    moved = np.concatenate([real[None], real + np.diag(width), real - np.diag(width)])
    with np.errstate(all="ignore"):
        errors = (arithmetic.in_float64(programs, row, moved, x) - y) / unit
    if not (np.isfinite(errors).all() and np.abs(errors[0]).max() <= limit):
        return None
    n = len(real)
    slopes = (errors[1 : n + 1] - errors[n + 1 :]) / (2 * width[:, None])
    rounding = _rounding(programs, row, task)[some]
    if not (np.isfinite(rounding).all() and np.isfinite(slopes).all()):
        return None
    return Line(errors[0], (slopes * spacing[:, None]).T, rounding, (rounded - real) / spacing)


def _rounding(programs: ProgramBatch, row: int, task: Task) -> Float64[np.ndarray, " points"]:
    """What float32 arithmetic adds in the bin of each input."""
    rounded = grid.rounded(programs.constants[row : row + 1, : programs.n_constants[row]])
    values = arithmetic.variants(programs, row, rounded, task.x)[0]
    wide = arithmetic.in_float64(
        programs, row, rounded.astype(np.float64), task.x.astype(np.float64)
    )[0]
    added = np.abs(values - wide) / task.unit
    bins = np.arange(len(added)) * _BINS // len(added)
    largest = np.zeros(_BINS)
    np.maximum.at(largest, bins, added)
    return np.asarray(largest[bins])


def moves(line: Line) -> tuple[Moves, float]:
    """Moves, and the error in ULP, real and of rounding together, at the best real constants.

    The least level b at which the real error stays below b - rounding everywhere: from the level
    of the present constants down, as Dinkelbach (1967) solves fractional programs.
    """
    step = np.zeros(line.slopes.shape[1])
    level = float((np.abs(line.error) + line.rounding).max())
    for _ in range(_DESCENTS):
        allowed = np.maximum(level - line.rounding, _LEAST)
        slopes = line.slopes / allowed[:, None]
        trial = _minimax(slopes, line.error / allowed)
        reached = (np.abs(line.error + line.slopes @ trial) + line.rounding).max()
        if reached >= level:
            break
        step, level = trial, float(reached)
    return _lattice(slopes, line.offset - step), level


def _minimax(
    slopes: Float64[np.ndarray, "points constants"], error: Float64[np.ndarray, " points"]
) -> Float64[np.ndarray, " constants"]:
    """Step that makes max |error + slopes @ step| small (Lawson 1961)."""
    weights = np.ones(len(error))
    best, least = np.zeros(slopes.shape[1]), np.abs(error).max()
    size = np.maximum(np.linalg.norm(slopes, axis=0), 1e-30)
    for _ in range(_LAWSON):
        root = np.sqrt(weights / weights.max())
        step = np.linalg.lstsq(slopes / size * root[:, None], -error * root, rcond=1e-9)[0] / size
        left = np.abs(error + slopes @ step)
        if left.max() < least:
            best, least = step, left.max()
        weights *= left / left.max() + 1e-3
    return best


def _lattice(
    slopes: Float64[np.ndarray, "points constants"], offset: Float64[np.ndarray, " constants"]
) -> Moves:
    """From weighted slopes, and the grid steps from the aim to the rounded constants."""
    points, n = slopes.shape
    effect = np.abs(slopes).max(axis=0)
    doublings = np.ceil(np.log2(_FINEST / np.maximum(effect, 2.0**-40)))
    steps = 1 << np.clip(doublings, 0, 20).astype(np.int64)
    basis = np.concatenate([slopes * steps, _LONG * np.sqrt(points) * np.eye(n)])
    order = np.argsort(np.linalg.norm(basis, axis=0), kind="stable")
    reduced = np.zeros((n, n), np.int64)
    reduced[order] = lattice.reduce(basis[:, order])
    aim = np.concatenate([-slopes @ offset, np.zeros(n)])
    z = lattice.nearest_plane(basis @ reduced, aim)
    singles = np.concatenate([np.diag(steps * size) for size in _SIZES])
    return Moves(singles, (steps[:, None] * reduced).T, steps * (reduced @ z))
