"""Float32Approximation: programs that are right in float32, as hardware runs them, and cheap."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64, UInt32

from evaluators.approximation.float32 import arithmetic, exhaustive, fit, reference, ulp
from evaluators.approximation.float32.contraction import contract
from evaluators.approximation.float32.costs import STORED, CostTable, cost
from evaluators.approximation.float32.finish import finish
from evaluators.approximation.float32.options import Float32Options
from evaluators.approximation.float32.sample import even, sample
from evaluators.approximation.float32.sampled import Errors, sampled, valid, worst
from evaluators.approximation.float32.task import Task
from evaluators.approximation.interval import Interval
from evaluators.approximation.targets import find
from evosearch import fitting
from evosearch.contracts import (
    Key,
    Objective,
    Polished,
    Prepared,
    Proof,
    Scores,
    Status,
    scores_of,
)
from evosearch.errors import ConfigError
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import PrimitiveSet
from evosearch.genomes.program import ProgramBatch

_PRIMITIVES = PrimitiveSet.named(arithmetic.OPERATIONS)
_SEALED = 2  # times the inputs of scores


class Float32Approximation:
    """Evaluator of programs with one input against a target, in float32 arithmetic.

    The error is the largest one in ULP on samples (see `evaluators.approximation.float32.ulp`),
    and a margin for what they miss; no smaller than the bar: below it, programs differ by their
    cost alone.
    """

    options_model = Float32Options
    genome_type = ProgramBatch
    objectives = (Objective("ulp", "minimize", "log"), Objective("cost", "minimize", "linear"))
    measures = ("operations", "constants")
    fidelities = ("full",)
    batch_invariant = True  # every program is fitted and scored by itself

    def __init__(self, options: Float32Options, base: Path) -> None:
        """``base`` is the folder that file names in the options are relative to.

        Raises:
            ConfigError: Unknown target, a table, an unusable interval, or no table of costs.
        """
        self.options = options
        self.target = find(options.target, base)
        self.interval = Interval.parse(options.interval)
        self.costs = CostTable.load(base / options.costs if options.costs else STORED)
        if self.target.function is None:
            raise ConfigError(
                f"evaluator.target: expected a function, by name or as "
                f'"./file.py:function", received the table {options.target!r}'
            )

    @property
    def compile_seconds(self) -> float:
        """Seconds spent compiling so far in this process."""
        from evosearch import backend

        return backend.compile_seconds()

    def prepare(self, key: Key) -> Prepared:
        """Points and real values: for real fits, for the search, for scores; and sealed ones."""
        rng = np.random.default_rng(key)
        options = self.options
        points = {
            "fit": self.interval.chebyshev(options.fit_points),
            "search": sample(self.interval, options.search_points, rng),
            "score": sample(self.interval, options.score_points, rng),
        }
        sealed = sample(self.interval, _SEALED * options.score_points, rng, edges=False)
        thorough = () if self._thorough is None else self._thorough.x
        seen = np.concatenate([points["search"], points["score"], thorough])
        points["sealed"] = sealed[~np.isin(sealed, seen)]
        prepared: dict[str, np.ndarray] = {}
        for name, x in points.items():
            y = reference.values(self.target, self.interval, x.astype(np.float64))
            prepared |= {f"{name}_x": x, f"{name}_y": y}
        return prepared

    def refine(self, genomes: ProgramBatch, prepared: Prepared, key: Key) -> ProgramBatch:
        """Contract, fit real constants, move to the float32 grid; pure in (genome, key)."""
        genomes = contract(genomes)
        fitted = np.flatnonzero((genomes.n_constants > 0) & arithmetic.supported(genomes))
        constants = genomes.constants.copy()
        if len(fitted):
            x, y = prepared["fit_x"], prepared["fit_y"]
            seeds = _seeds(genomes, key)
            effort = self.options.effort.effort(minimax=True)
            some = genomes.take(fitted)
            real = fitting.fit(
                some, x[None], y, 1 / ulp.ulp(y), seeds[fitted], effort, primitives=_PRIMITIVES
            )
            some = some.with_constants(real)
            tasks = self._tasks(prepared)
            for place, row in enumerate(fitted.tolist()):
                count = int(genomes.n_constants[row])
                constants[row, :count] = fit.fit(
                    some,
                    place,
                    tasks,
                    self.options.bar - self.options.margin,
                    int(seeds[row]),
                    self.options.grid,
                )
        return canonical(genomes.with_constants(_rounded(constants)))

    def score(
        self, genomes: ProgramBatch, prepared: Prepared, *, fidelity: str, key: Key
    ) -> Scores:
        """Error on the inputs of the search, and the margin; near the bar, on more and more."""
        bar, margin = self.options.bar, self.options.margin
        errors = sampled(genomes, self._tasks(prepared), bar, margin) + margin
        return self._scores(genomes, np.maximum(errors, bar))

    def validate(self, genomes: ProgramBatch, prepared: Prepared) -> Scores:
        """Error on sealed inputs, however small it is."""
        return self._scores(genomes, worst(genomes, _task(prepared, "sealed")))

    def polish(self, genomes: ProgramBatch, prepared: Prepared) -> list[Polished | None]:
        """Programs within the bar on every sample, run on every float32 and mended if need be."""
        if not (self.options.exhaustive and reference.has_fast(self.target)):
            return [None] * len(genomes)
        tasks = self._tasks(prepared)
        errors = sampled(genomes, tasks, self.options.bar, self.options.margin)
        return [
            self._finished(genomes, row, tasks) if errors[row] <= self.options.bar else None
            for row in range(len(genomes))
        ]

    def _finished(self, genomes: ProgramBatch, row: int, tasks: Sequence[Task]) -> Polished:
        problem = (self.target, self.interval, self.options.bar)
        best, found = finish(genomes, row, problem, tasks, self.options.grid)
        constants = best.constants[0, : best.n_constants[0]]
        costs = {"cost": float(cost(best, self.costs)[0])}
        return Polished(tuple(value.hex() for value in constants), _claims(found) | costs)

    def prove(self, genomes: ProgramBatch, constants: Sequence[str]) -> Proof:
        """Largest error at every float32 of the interval, their number, and the worst input.

        Args:
            genomes: A batch of one.
            constants: Digits of its constants; they are rounded to float32.

        Raises:
            ConfigError: No fast reference is known for the target.
        """
        exact = genomes.constants.copy()
        exact[0, : len(constants)] = [float(text) for text in constants]
        found = exhaustive.search(genomes.with_constants(exact), 0, self.target, self.interval)
        claims = _claims(found)
        proved = {f"proved_{name}": value for name, value in claims.items()}
        return Proof(
            f"Largest error in ULP at each of the {found.count} float32 numbers in "
            f"{self.interval}, every operation rounded once to nearest even as IEEE 754 has it.",
            {name: (value, value) for name, value in (claims | proved).items()},
            proved,
            {},
            (f"The worst input is {found.worst_input.hex()}.",),
        )

    def reference_points(self, n: int) -> list[tuple[str, str]]:
        """Float32 inputs of the interval and exact values, as decimal strings."""
        import mpmath

        x = np.unique(self.interval.extremes(n).astype(np.float32)).tolist()
        with mpmath.mp.workdps(50):
            return [(repr(p), mpmath.nstr(self.target.exact(mpmath.mpf(p)), 40)) for p in x]

    def curves(
        self, genomes: ProgramBatch, n: int = 512
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "programs n"]]:
        """Inputs and signed errors in ULP of every program."""
        x = np.linspace(self.interval.first, self.interval.last, n).astype(np.float32)
        wide = x.astype(np.float64)
        y = reference.values(self.target, self.interval, wide)
        return wide, (arithmetic.evaluate(genomes, x) - y) / ulp.ulp(y)

    def _tasks(self, prepared: Prepared) -> list[Task]:
        """Inputs of the search, of scores, and of programs within the bar on these."""
        tasks = [_task(prepared, name) for name in ("search", "score")]
        return [*tasks, self._thorough] if self._thorough is not None else tasks

    @cached_property
    def _thorough(self) -> Task | None:
        """So many inputs, evenly spread, that they are made here instead of stored."""
        n = self.options.thorough_points
        if not n or not reference.has_fast(self.target):
            return None
        return Task.by(reference.fast(self.target, self.interval), even(self.interval, n))

    def _scores(self, genomes: ProgramBatch, errors: Errors) -> Scores:
        costs = np.full(len(genomes), np.nan)
        usable = valid(genomes)
        costs[usable] = cost(genomes.take(np.flatnonzero(usable)), self.costs)
        objectives = np.stack([errors, costs], axis=1)
        measures = np.stack([genomes.lengths, genomes.n_constants], axis=1).astype(np.float64)
        scores = scores_of(objectives, measures=measures)
        invalid = np.flatnonzero(~usable)
        scores.status[invalid] = Status.INVALID
        text = f"operations other than {', '.join(arithmetic.OPERATIONS)}, or a contractible one"
        return Scores(
            scores.objectives,
            scores.status,
            scores.measures,
            dict.fromkeys(invalid.tolist(), text),
        )


def _task(prepared: Prepared, name: str) -> Task:
    return Task.of(prepared[f"{name}_x"], prepared[f"{name}_y"])


def _rounded(constants: Float64[np.ndarray, "n c"]) -> Float64[np.ndarray, "n c"]:
    with np.errstate(over="ignore"):
        return np.asarray(constants.astype(np.float32).astype(np.float64))


def _claims(found: exhaustive.Found) -> dict[str, float]:
    return {
        "max_ulp_error": found.max_ulp,
        "exhaustive_count": float(found.count),
        "worst_input": found.worst_input,
    }


def _seeds(genomes: ProgramBatch, key: Key) -> UInt32[np.ndarray, " programs"]:
    words = np.frombuffer(b"".join(genomes.digests()), np.uint32).reshape(-1, 4)
    return np.asarray(words[:, 0] ^ key[0])
