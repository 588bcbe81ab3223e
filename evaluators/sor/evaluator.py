"""Sor: how many iterations omegas need for sequences of linear systems.

After "Learning to Relax" (Khodak, Chow, Balcan and Talwalkar, ICLR 2024, arXiv:2310.02246): the
cost of an omega, of a schedule of omegas or of a policy is the number of iterations that it takes
to solve systems to a tolerance.
"""

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt32

from evaluators.sor import findings, history, refinement
from evaluators.sor.features import Features
from evaluators.sor.held import Held
from evaluators.sor.options import Options
from evaluators.sor.policy import Genomes, omegas
from evaluators.sor.problems import problem
from evaluators.sor.profile import Profile, grid
from evaluators.sor.solve import Method
from evaluators.sor.systems import Systems
from evosearch import interpreter
from evosearch.contracts import Chart, Key, Objective, Prepared, Rows, Scores, Status, scores_of
from evosearch.genomes.canonical import canonical
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.vector import VectorBatch
from evosearch.seeding import key as key_of

_TRAIN, _HELD_OUT = 0, 1  # streams that never meet
_FIT_SYSTEMS = 12  # solved while the constants of a policy of k are fitted
_TABLE_TIE = 0.05  # the same where constants are fitted, so that plateaus have a slope
_TIE = 1e-6  # weight of the crossing, which only breaks ties of whole iterations
Counted = Float64[np.ndarray, "genomes systems"]


class Sor:
    """Evaluator of omegas: numbers, schedules or policies (arXiv:2310.02246)."""

    options_model = Options
    fidelities = ("full",)
    measures = ("unsolved",)
    batch_invariant = True  # every lane is solved by itself

    def __init__(self, options: Options, base: Path) -> None:
        """``base`` is the folder that matrices named in the options are relative to."""
        self.options = options
        self.inputs = options.features
        self.genome_type: Any = ProgramBatch if options.features else VectorBatch
        iterations = Objective("iterations", "minimize", "log")
        operations = Objective("operations", "minimize", "linear")
        self.objectives = (iterations, operations) if options.features else (iterations,)
        self._features = Features(options.features, options.lanczos_steps)
        self._method = Method(options)
        self._base = base
        self._train: tuple[bytes, list[Systems]] = (b"", [])

    @property
    def compile_seconds(self) -> float:
        """Seconds spent compiling so far in this process."""
        from evosearch import backend

        return backend.compile_seconds()

    def usage(self) -> dict[str, Any]:
        """What an export has to know to solve systems with a policy."""
        options = self.options
        return {
            "kind": "relaxation",
            "method": options.method,
            "ordering": options.ordering,
            "half_sweeps": options.half_sweeps,
            "sweeps": options.sweeps,
            "lanczos_steps": options.lanczos_steps,
            "tolerance": options.tolerance,
            "cap": options.cap,
        }

    def prepare(self, key: Key) -> Prepared:
        """Which systems train, and their iterations by omega where policies are fitted to them."""
        prepared: dict[str, np.ndarray] = {"key": np.asarray(key)}
        groups = self._systems(prepared)
        for systems in [*groups, *self._held.groups]:
            self._features.known(systems)  # names of features are checked before the search
        if self.options.fits:
            prepared["profile"] = np.concatenate([self._profile(each) for each in groups])
        return prepared

    def _profile(self, systems: Systems) -> Float64[np.ndarray, "systems omegas"]:
        """Iterations by omega, ties broken by the crossing."""
        omega = grid(self.options.table)[:, None, None]
        shape = (len(omega), len(systems), 1)
        iterations, crossing = self._method.table(systems, np.broadcast_to(omega, shape))
        return np.asarray((iterations + _TABLE_TIE * crossing).T)

    def _systems(self, prepared: Prepared) -> list[Systems]:
        """The systems that train; drawn again from the key when this process has not yet."""
        words = np.asarray(prepared["key"], np.uint32)
        if self._train[0] != words.tobytes():
            rng = np.random.default_rng([*words.tolist(), _TRAIN])
            self._train = words.tobytes(), problem(self.options.train, rng, self._base)
        return self._train[1]

    @cached_property
    def _held(self) -> Held:
        """Held-out systems: the same for every campaign, whatever its seed."""
        words = key_of(0, "prepare").tolist()
        rng = np.random.default_rng([*words, _HELD_OUT])
        chosen = self.options.held_out or self.options.train
        return Held(problem(chosen, rng, self._base), self.options)

    def refine(self, genomes: Genomes, prepared: Prepared, key: Key) -> Genomes:
        """Fit the constants of policies; a pure function of each genome and ``key``."""
        told = self._features
        if not isinstance(genomes, ProgramBatch) or not self.options.fit or told.by_history:
            return genomes
        rows = np.flatnonzero(genomes.n_constants > 0)
        if not len(rows):
            return genomes
        chosen, seeds = genomes.take(rows), _seeds(genomes.take(rows), key)
        groups = self._systems(prepared)
        if told.by_sweep:
            some = [each.take(np.arange(0, len(each), self._every(groups))) for each in groups]
            cost, starts = partial(self._solving, groups=some), []
        else:
            known, table = self._known(prepared), Profile(prepared["profile"])
            cost = partial(self._looked_up, prepared=prepared, known=known, table=table)
            starts = [refinement.near_best(chosen, known, table, seeds)]
        found = refinement.evolved(chosen, starts, cost, seeds, self.options.fit)
        constants = genomes.constants.copy()
        constants[rows] = found.constants
        return canonical(refinement.with_constants(genomes, constants))

    def _known(self, prepared: Prepared) -> Float64[np.ndarray, "features systems"]:
        groups = self._systems(prepared)
        return np.concatenate([self._features.known(each) for each in groups], axis=1)

    @staticmethod
    def _every(groups: Sequence[Systems]) -> int:
        """One system of so many is solved while constants are fitted."""
        return max(1, -(-sum(map(len, groups)) // _FIT_SYSTEMS))

    def _solving(
        self, programs: ProgramBatch, groups: Sequence[Systems]
    ) -> Float64[np.ndarray, " programs"]:
        """Mean crossings of systems that are solved for it."""
        return self._mean(self._counted(programs, groups)[1])

    def _looked_up(
        self,
        programs: ProgramBatch,
        prepared: Prepared,
        known: Float64[np.ndarray, "features systems"],
        table: Profile,
    ) -> Float64[np.ndarray, " programs"]:
        """Mean iterations by the table, with what features cost."""
        groups = self._systems(prepared)
        paid = np.concatenate([np.full(len(g), self._features.cost(g)) for g in groups])
        found = table.at(interpreter.evaluate(programs, known)) / (1 + _TABLE_TIE)
        return self._mean(found + paid)

    def _mean(self, each: Counted) -> Float64[np.ndarray, " genomes"]:
        if self.options.mean == "arithmetic":
            return np.asarray(each.mean(axis=1))
        return np.asarray(np.exp(np.log(each).mean(axis=1)))

    def score(self, genomes: Genomes, prepared: Prepared, *, fidelity: str, key: Key) -> Scores:
        """Mean iterations over the training systems, and operations of a policy."""
        if self.options.look_up and isinstance(genomes, ProgramBatch):
            known, table = self._known(prepared), Profile(prepared["profile"])
            costs = self._looked_up(genomes, prepared, known, table)
            objectives = np.stack([costs, genomes.sizes().astype(np.float64)], axis=1)
            return scores_of(objectives, measures=np.zeros((len(genomes), 1)))
        return self._scores(genomes, self._systems(prepared))

    def validate(self, genomes: Genomes, prepared: Prepared) -> Scores:
        """The same over the held-out systems."""
        return self._scores(genomes, self._held.groups)

    def _scores(self, genomes: Genomes, groups: Sequence[Systems]) -> Scores:
        iterations, crossing, chosen = self._counted(genomes, groups)
        unsolved = (iterations >= self.options.cap).sum(axis=1).astype(np.float64)
        columns = [self._mean(iterations + _TIE * crossing)]
        if isinstance(genomes, ProgramBatch):
            columns.append(genomes.sizes().astype(np.float64))
        lost = np.isnan(chosen).all(axis=1)
        status = np.where(lost, Status.INVALID, Status.OK).astype(np.int8)
        messages = dict.fromkeys(np.flatnonzero(lost).tolist(), "no omega is a number")
        return Scores(np.stack(columns, axis=1), status, unsolved[:, None], messages)

    def _counted(
        self, genomes: Genomes, groups: Sequence[Systems]
    ) -> tuple[Counted, Counted, Counted]:
        """Iterations with what features cost, crossings, and the first omegas, by system.

        A system for which some omega is not a number counts as unsolved: the cap.
        """
        parts = [self._solved(genomes, systems) for systems in groups]
        iterations, crossing, chosen = (
            np.concatenate(column, axis=1) for column in zip(*parts, strict=True)
        )
        return iterations, crossing, chosen

    def _solved(self, genomes: Genomes, systems: Systems) -> tuple[Counted, Counted, Counted]:
        told, cost = self._features, float(self._features.cost(systems))
        if told.by_history and isinstance(genomes, ProgramBatch):
            chosen, iterations, crossing = history.follow(genomes, systems, told, self._method)
        else:
            steps = omegas(genomes, systems, told, self.options.sweeps)
            chosen = np.where(np.isnan(steps).any(axis=2), np.nan, steps[:, :, 0])
            iterations, crossing = self._method.table(systems, np.nan_to_num(steps, nan=1.0))
        lost, cap = np.isnan(chosen), float(self.options.cap)
        return np.where(lost, cap, iterations + cost), np.where(lost, cap, crossing + cost), chosen

    def metrics(self, genomes: Genomes, constants: Sequence[str]) -> dict[str, float]:
        """Iterations on the held-out systems, as ratios to every comparator."""
        return self._held.metrics(self._counted(genomes, self._held.groups)[0][0])

    def rows(self, genomes: Genomes) -> list[dict[str, float | str]]:
        """The same for every group of held-out systems."""
        return self._held.rows(self._counted(genomes, self._held.groups)[0][0])

    def findings(self, genomes: Genomes, prepared: Prepared) -> list[Chart | Rows]:
        """Pictures and tables of the best of these genomes on the held-out systems."""
        best = genomes.take(np.array([0]))
        iterations, _, chosen = self._counted(best, self._held.groups)
        return findings.findings(self._held, iterations[0], chosen[0])


def _seeds(genomes: ProgramBatch, key: Key) -> UInt32[np.ndarray, " programs"]:
    words = np.frombuffer(b"".join(genomes.digests()), np.uint32).reshape(-1, 4)
    return np.asarray(words[:, 0] ^ key[0])
