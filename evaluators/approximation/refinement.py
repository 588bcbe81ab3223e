"""Refinement: constants of programs fitted in stages, most effort for the promising.

1. A short double-double Newton from the genome's own constants, which are its parent's.
2. A few damped steps in float64 from several starts.
3. More of them, then a long Newton and the exchange in double-double, from both.

A stage takes those alone whose error has come far enough toward what they have to beat: the share
of the digits, log error / log bar. Where nothing is known of that, all of them go on.
Every stage looks at one program by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int64, UInt32

from evosearch import fitting
from evosearch.contracts import Bars, Prepared
from evosearch.fitting import exchange
from evosearch.genomes.program import ProgramBatch

_QUICK = exchange.Exchange(interpolation=12, rounds=6, newton=4)
_FULL = exchange.Exchange(interpolation=30, rounds=6, newton=4)
_SECOND, _THIRD = 0.2, 0.35  # shares that the stages after the first ask for


@dataclass(frozen=True)
class Problem:
    """What is fitted, and how hard.

    Attributes:
        fit: Points (x, y, weights) of least squares.
        curve: The target to 32 digits, for double-double; None where that is not known.
        errors: Of programs, as run in float64.
        scale: Error of the program 0: digits are counted from there.
        effort: Of the damped steps.
    """

    fit: tuple[Float64[np.ndarray, " n"], ...]
    curve: exchange.Curve | None
    errors: Callable[[ProgramBatch], Float64[np.ndarray, " programs"]]
    scale: float
    effort: fitting.Effort


def curve(prepared: Prepared, name: str) -> exchange.Curve:
    """The target to 32 digits at the points ``name`` of an evaluator's prepared data."""
    x, y, rest, weights = (prepared[f"{name}_{part}"] for part in ("x", "y", "rest", "w"))
    return exchange.Curve(x, y, rest, weights)


@dataclass
class _Tried:
    """The best constants so far of each program; owned by `refined`."""

    programs: ProgramBatch
    problem: Problem
    seeds: UInt32[np.ndarray, " programs"]
    bars: Float64[np.ndarray, " programs"]
    constants: Float64[np.ndarray, "programs constants"] = field(init=False)
    errors: Float64[np.ndarray, " programs"] = field(init=False)

    def __post_init__(self) -> None:
        self.constants = self.programs.constants.copy()
        self.errors = self._float64(self.programs)

    def passing(self, share: float) -> Int64[np.ndarray, " rows"]:
        """Programs that have come so far, or of which that cannot be said."""
        scale = self.problem.scale
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.log(self.errors / scale) / np.log(self.bars / scale)
        known = self.bars < 0.1 * scale
        return np.flatnonzero(~known | (shares >= share))

    def damped(
        self, rows: Int64[np.ndarray, " rows"], effort: fitting.Effort, turn: int
    ) -> ProgramBatch:
        """Fit in float64 from the present constants and others; what comes out, too."""
        x, y, weights = self.problem.fit
        start = self.programs.take(rows).with_constants(self.constants[rows])
        seeds = self.seeds[rows] ^ np.uint32((turn * 0x9E3779B9) & 0xFFFFFFFF)
        fitted = start.with_constants(fitting.fit(start, x[None], y, weights, seeds, effort))
        self._keep(rows, fitted.constants, self._float64(fitted))
        return fitted

    def levelled(
        self, rows: Int64[np.ndarray, " rows"], start: ProgramBatch, effort: exchange.Exchange
    ) -> None:
        """Newton and the exchange in double-double, for those of ``rows`` that it can do."""
        curve = self.problem.curve
        places = np.flatnonzero(exchange.fits(start))
        if curve is not None and len(places):
            found = exchange.level(start.take(places), curve, effort)
            self._keep(rows[places], found.constants, found.errors)

    def _keep(
        self,
        rows: Int64[np.ndarray, " rows"],
        constants: Float64[np.ndarray, "rows constants"],
        errors: Float64[np.ndarray, " rows"],
    ) -> None:
        better = errors < self.errors[rows]
        self.errors[rows[better]] = errors[better]
        self.constants[rows[better], : constants.shape[1]] = constants[better]

    def _float64(self, programs: ProgramBatch) -> Float64[np.ndarray, " rows"]:
        errors = self.problem.errors(programs)
        return np.where(np.isfinite(errors), errors, np.inf)


def refined(
    programs: ProgramBatch, problem: Problem, seeds: UInt32[np.ndarray, " programs"], bars: Bars
) -> ProgramBatch:
    """The same structures with the best constants found.

    Args:
        programs: Canonical programs.
        problem: What is fitted.
        seeds: Per program, for random starts.
        bars: By number of operations, see `evosearch.contracts.Bars`.
    """
    rows = np.flatnonzero(programs.n_constants > 0)
    if not len(rows):
        return programs
    some = programs.take(rows)
    sizes = np.minimum(some.lengths, len(bars))
    tried = _Tried(some, problem, seeds[rows], np.append(bars, np.nan)[sizes])
    _stages(tried, problem.effort)
    constants = programs.constants.copy()
    constants[rows] = tried.constants
    return programs.with_constants(constants)


def _stages(tried: _Tried, effort: fitting.Effort) -> None:
    exact = tried.problem.curve is not None
    tail = (0, 0) if exact else (effort.newton, effort.reweightings)
    first = effort.steps // 3
    everyone = np.arange(len(tried.programs))
    tried.levelled(everyone, tried.programs, _QUICK)
    tried.damped(everyone, fitting.Effort(effort.rounds, effort.draws, first, 0, 0), 0)
    rows = tried.passing(_SECOND)
    own = tried.programs
    fitted = tried.damped(
        rows, fitting.Effort(effort.rounds, effort.draws, effort.steps - first, *tail), 1
    )
    going = np.isin(rows, tried.passing(_THIRD))
    rows, fitted = rows[going], fitted.take(np.flatnonzero(going))
    tried.levelled(rows, fitted, _FULL)
    tried.levelled(rows, own.take(rows), _FULL)
