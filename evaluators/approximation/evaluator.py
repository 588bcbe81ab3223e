"""Approximation: how closely, and with how few operations, programs compute a function.

Objectives are the error over the interval and the number of operations that depend on the input
(AutoNumerics-Zero, arXiv:2312.08472, section 3). Constants are fitted before a program is scored.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from jaxtyping import Float64, Int64, UInt32

from evaluators.approximation import baselines as classical
from evaluators.approximation import cma, polish, precise, rigorous
from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.options import Options
from evaluators.approximation.refinement import Problem, curve, refined
from evaluators.approximation.targets import find
from evosearch import interpreter
from evosearch.contracts import (
    Bars,
    Baseline,
    Key,
    Objective,
    Polished,
    Prepared,
    Proof,
    Scores,
    scores_of,
)
from evosearch.errors import ConfigError
from evosearch.fitting import exchange
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import ProgramBatch

_VALIDATION_POINTS = 512
_DIGITS = 50
NO_BARS = np.zeros(0)
_EXTENDED = ("level", "score")  # points where the target is known to 32 digits
_FLOAT64_SIGHT = 1e-12  # errors below this are taken in double-double


class Approximation:
    """Evaluator of programs with one input against a target function."""

    options_model = Options
    genome_type = ProgramBatch
    objectives = (
        Objective("error", "minimize", "log"),
        Objective("operations", "minimize", "linear"),
    )
    measures = ("operations", "constants")
    fidelities = ("full",)
    takes_bars = True
    batch_invariant = True  # every program is fitted and scored by itself

    def __init__(self, options: Options, base: Path) -> None:
        """``base`` is the folder that file names in the options are relative to.

        Raises:
            ConfigError: Unknown target, unusable interval, or a relative error where the target
                is zero.
        """
        self.options = options
        self.target = find(options.target, base)
        self.measure = Measure(options.error, options.norm, options.format)
        self.interval = self._interval(options.interval)
        self.costs = np.ones(256)
        for name, cost in options.costs.items():
            self.costs[BY_NAME[name].code] = cost

    def _interval(self, given: Any) -> Interval:
        if given is not None:
            return Interval.parse(given)
        if self.target.points is not None:
            x = self.target.points[0]
            return Interval(float(x[0]), float(x[-1]))
        raise ConfigError(
            'evaluator.interval: expected an interval such as "(0, 1]", received none'
        )

    @property
    def compile_seconds(self) -> float:
        """Seconds spent compiling so far in this process."""
        from evosearch import backend

        return backend.compile_seconds()

    def prepare(self, key: Key) -> Prepared:
        """Points, values and weights: ``fit`` and ``score`` to search, ``sealed`` for the end."""
        rng = np.random.default_rng(key)
        points = self._table(rng) if self.target.points is not None else self._drawn(rng)
        prepared: dict[str, np.ndarray] = {}
        for name, x in points.items():
            y = self.target.values(x)
            prepared |= {f"{name}_x": x, f"{name}_y": y, f"{name}_w": self.measure.weights(x, y)}
            if name in _EXTENDED:
                prepared[f"{name}_rest"] = self.target.extended(x)[1]
        return prepared

    def _drawn(self, rng: np.random.Generator) -> dict[str, Float64[np.ndarray, " n"]]:
        options = self.options
        ends = options.score_points // 4  # the search exploits gaps between points near the ends
        inside = self.interval.extremes(options.score_points - ends)
        return {
            "fit": self.interval.chebyshev(options.fit_points),
            "level": np.sort(
                np.concatenate([self.interval.extremes(192), self.interval.near_ends(64)])
            ),
            "score": np.sort(np.concatenate([inside, self.interval.near_ends(ends)])),
            "sealed": self.interval.validation(_VALIDATION_POINTS, rng),
        }

    def _table(self, rng: np.random.Generator) -> dict[str, Float64[np.ndarray, " n"]]:
        """A table's rows inside the interval: every fifth, chosen at random, is sealed."""
        assert self.target.points is not None
        x = self.target.points[0]
        x = x[(x >= self.interval.first) & (x <= self.interval.last)]
        sealed = np.sort(rng.permutation(len(x))[: len(x) // 5])
        search = np.delete(x, sealed)
        every = max(1, -(-len(search) // self.options.fit_points))
        return {"fit": search[::every], "score": search, "sealed": x[sealed]}

    def refine(
        self, genomes: ProgramBatch, prepared: Prepared, key: Key, bars: Bars = NO_BARS
    ) -> ProgramBatch:
        """Fit the constants; a pure function of each genome, ``key`` and ``bars``."""
        options = self.options
        if options.fit == "none":
            return genomes
        seeds = _seeds(genomes, key)
        if options.fit == "cmaes":
            steps = options.effort.steps
            return canonical(
                cma.fit(genomes, seeds, lambda batch: self._errors(batch, prepared), steps)
            )
        problem = Problem(
            fit=tuple(prepared[f"fit_{part}"] for part in "xyw"),
            curve=curve(prepared, "level") if self._extends else None,
            errors=lambda batch: self._errors(batch, prepared),
            scale=self._scale(prepared),
            effort=options.effort.effort(minimax=self.measure.norm == "max"),
        )
        return canonical(refined(genomes, problem, seeds, bars))

    @property
    def _extends(self) -> bool:
        """Whether the target is known to more digits than float64 has."""
        return self.measure.norm == "max" and self.target.digits >= 30

    def score(
        self, genomes: ProgramBatch, prepared: Prepared, *, fidelity: str, key: Key
    ) -> Scores:
        """Error on the score points, and operations.

        In float64; below its sight in double-double, at the constants of least maximal error next
        to the genome's, which float64 cannot hold.
        """
        errors = self._errors(genomes, prepared)
        rows, levelled = self._levelled(genomes, errors, prepared)
        errors[rows] = levelled.errors
        return self._scores(genomes, errors)

    def _levelled(
        self, genomes: ProgramBatch, errors: Float64[np.ndarray, " programs"], prepared: Prepared
    ) -> tuple[Int64[np.ndarray, " rows"], exchange.Levelled]:
        """Which programs float64 cannot judge, and their constants and errors to 32 digits."""
        small = errors < _FLOAT64_SIGHT * self._scale(prepared)
        rows = np.flatnonzero(exchange.fits(genomes) & small & self._extends)
        found = exchange.level(genomes.take(rows), curve(prepared, "score"), exchange.Exchange())
        ended = np.isfinite(found.errors)
        return rows[ended], found.take(np.flatnonzero(ended))

    def _scale(self, prepared: Prepared) -> float:
        """Error of the program 0."""
        return float(self.measure.error(prepared["score_w"], prepared["score_y"]))

    def _errors(
        self, genomes: ProgramBatch, prepared: Prepared
    ) -> Float64[np.ndarray, " programs"]:
        x, y, w = (prepared[f"score_{part}"] for part in "xyw")
        if self.measure.norm == "max":
            return interpreter.loss(genomes, x[None], y, w, "max_abs")
        squares = interpreter.loss(genomes, x[None], y, w, "sum_squares")
        return np.asarray(np.sqrt(squares / len(x)))

    def _scores(self, genomes: ProgramBatch, errors: Float64[np.ndarray, " programs"]) -> Scores:
        operations = self.costs[genomes.ops] * (genomes.ops > 0)
        objectives = np.stack([errors, operations.sum(axis=1)], axis=1)
        measures = np.stack([genomes.lengths, genomes.n_constants], axis=1).astype(np.float64)
        return scores_of(objectives, measures=measures)

    def validate(self, genomes: ProgramBatch, prepared: Prepared) -> Scores:
        """The same in exact arithmetic, on the sealed points."""
        x, y = prepared["sealed_x"], prepared["sealed_y"]
        errors = np.empty(len(genomes))
        rows, levelled = self._levelled(genomes, self._errors(genomes, prepared), prepared)
        known = dict(zip(rows.tolist(), range(len(rows)), strict=True))
        with mpmath.mp.workdps(_DIGITS):
            points = [mpmath.mpf(value) for value in x.tolist()]
            exact = [self.target.exact(p) for p in points] if self.target.function else y.tolist()
            weights = [self.measure.weight(mpmath.mpf(value)) for value in exact]
            for row in range(len(genomes)):
                constants = precise.constants_of(genomes, row)
                if row in known:
                    at = known[row], slice(len(constants))
                    pairs = zip(levelled.constants[at], levelled.rest[at], strict=True)
                    constants = [mpmath.mpf(c) + mpmath.mpf(rest) for c, rest in pairs]
                values = precise.evaluate(genomes, row, points, constants)
                weighted = [
                    weight * (value - want)
                    for weight, value, want in zip(weights, values, exact, strict=True)
                ]
                errors[row] = self._norm(weighted)
        return self._scores(genomes, errors)

    def _norm(self, weighted: list[Any]) -> float:
        if self.measure.norm == "max":
            return float(max(abs(value) for value in weighted))
        return float(mpmath.sqrt(sum(value * value for value in weighted) / len(weighted)))

    def polish(self, genomes: ProgramBatch, prepared: Prepared) -> list[Polished | None]:
        """Newton-Remez in 50 digits, where the target is known so exactly."""
        if self.measure.norm != "max" or self.target.function is None or self.target.digits < 30:
            return [None] * len(genomes)
        return [
            polish.polish(genomes, row, self.target, self.interval, self.measure, _DIGITS)
            for row in range(len(genomes))
        ]

    def baselines(self, max_operations: int = 12) -> list[Baseline]:
        """Classical approximations, computed afresh."""
        if self.measure.norm != "max" or self.target.function is None:
            return []
        return classical.baselines(
            self.target,
            self.interval,
            self.measure,
            max_operations,
            objectives=("error", "operations"),
        )

    def reference_points(self, n: int) -> list[tuple[str, str]]:
        """Points of the interval and exact values, as decimal strings."""
        x = self.interval.extremes(n) if self.target.points is None else self.target.points[0]
        if self.target.function is None:
            y = self.target.values(x).tolist()
            return [(repr(a), repr(b)) for a, b in zip(x.tolist(), y, strict=True)]
        with mpmath.mp.workdps(_DIGITS):
            return [
                (repr(p), mpmath.nstr(self.target.exact(mpmath.mpf(p)), 40)) for p in x.tolist()
            ]

    def curves(
        self, genomes: ProgramBatch, n: int = 512
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "programs n"]]:
        """Points and weighted errors of every program, as run in float64."""
        x = np.linspace(self.interval.first, self.interval.last, n)
        if self.target.points is not None:
            x = self.target.points[0]
        y = self.target.values(x)
        return x, self.measure.weights(x, y) * (interpreter.evaluate(genomes, x[None]) - y)

    def metrics(self, genome: ProgramBatch, constants: Sequence[str]) -> dict[str, float]:
        """Error in exact arithmetic and as run in float64 and float32, with these constants."""
        problem = (self.target, self.interval, self.measure)
        with mpmath.mp.workdps(_DIGITS):
            exact = [mpmath.mpf(text) for text in constants]
            error, _ = precise.max_error(genome, 0, exact, *problem, _DIGITS)
            as_run = {
                f"{dtype}_error": precise.error_as_run(genome, 0, *problem, dtype, exact)
                for dtype in ("float64", "float32")
            }
        return {f"max_{self.measure.kind}_error": polish.resolved(error, _DIGITS)} | as_run

    def prove(self, genome: ProgramBatch, constants: Sequence[str]) -> Proof:
        """Bounds of the largest error over the whole interval, by interval arithmetic."""
        return rigorous.prove(genome, 0, constants, self.target, self.interval, self.measure)


def _seeds(genomes: ProgramBatch, key: Key) -> UInt32[np.ndarray, " programs"]:
    words = np.frombuffer(b"".join(genomes.digests()), np.uint32).reshape(-1, 4)
    return np.asarray(words[:, 0] ^ key[0])
