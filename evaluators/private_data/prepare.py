"""Prepare: measure once; what is stored is all that is ever known of the private table.

Everything that follows, at any time and on any machine, is post-processing of these arrays.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from hashlib import blake2b

import numpy as np
from jaxtyping import UInt8, UInt16

from evaluators.private_data import edges, measure
from evaluators.private_data.answers import Answers
from evaluators.private_data.constraints import Constraint
from evaluators.private_data.domain import Domain
from evaluators.private_data.fitting import Fitting
from evaluators.private_data.measure import Release
from evaluators.private_data.options import Options
from evaluators.private_data.partition import Partition
from evaluators.private_data.target import Target, target_of
from evosearch.contracts import Key, Prepared
from evosearch.errors import ConfigError, EvaluatorError

_SMALL = 5_000  # rows of the tables that are fitted between rounds
_REFITS = 3  # of streams
Codes = UInt16[np.ndarray, "rows columns"]


@dataclass(frozen=True, eq=False)
class Setting:
    """What is measured of which columns, by which options."""

    options: Options
    domain: Domain
    constraints: tuple[Constraint, ...]
    candidates: tuple[Partition, ...]

    @property
    def everything(self) -> tuple[Partition, ...]:
        """Candidates, and after them the single columns that are measured first."""
        workload, fields = self.options.workload, self.domain.fields
        first = list(range(len(fields))) if workload.rounds else []
        if workload.edges:
            first = edges.columns_to_join(fields, workload.edges)
        singles = [
            Partition.grid(fields[column].name, [column], [np.arange(fields[column].size)])
            for column in first
        ]
        return (*self.candidates, *singles)

    def check(self, rho: Fraction) -> None:
        """Raise what would keep `measured` from its end; nothing is drawn."""
        workload, neighbours = self.options.workload, self.options.neighbours
        measure.check(self.everything, self._first, rho, neighbours, workload)

    def measured(self, codes: Codes, rho: Fraction, key: Key) -> Prepared:
        """Arrays to be stored. The noise is OpenDP's; ``key`` is for fits between rounds."""
        rows = len(codes) if self.options.neighbours == "replace-one" else 0
        release, joined = self._release(codes, rho, rows, key)
        if release.rho > rho:
            raise EvaluatorError(f"rho {float(release.rho)!r} was spent, expected {float(rho)!r}")
        answers = release.answers.known()
        target = self._target(answers, rows)
        positions = np.flatnonzero(np.isfinite(release.answers.deviations))
        return {
            "order": np.array(release.measured, np.int64),
            "measured": positions.astype(np.int64),
            "answers": answers.counts,
            "deviations": answers.deviations,
            "target": target.counts,
            "weights": target.weights,
            "marginals": np.concatenate(target.marginals),
            "rows": np.array(target.rows, np.float64),
            "digest": self._digest,
            "joined": np.concatenate(
                [joined.get(c, np.arange(size)) for c, size in enumerate(self.domain.sizes)]
            ),
        }

    @cached_property
    def _digest(self) -> UInt8[np.ndarray, "16"]:
        """Of what all that can be measured is, as the files of domain and queries say it."""
        digest = blake2b(json.dumps(self.domain.to_json()).encode(), digest_size=16)
        for each in self.everything:
            parts = (each.name, each.columns, each.size, int(each.kind))
            digest.update(json.dumps(parts).encode())
            for array in (*each.steps, each.outcomes):
                digest.update(array.tobytes())
        return np.frombuffer(digest.digest(), np.uint8)

    def answers(self, prepared: Prepared) -> Answers:
        """What was measured, from the stored arrays.

        Raises:
            ConfigError: Files say another thing than when it was measured.
        """
        if not np.array_equal(prepared["digest"], self._digest):
            raise ConfigError(
                f"{self.options.domain} or the file of queries is not what it was when rows "
                "were measured: undo the change, or launch a new campaign, which is charged"
            )
        split = np.split(np.asarray(prepared["joined"]), np.cumsum(self.domain.sizes)[:-1])
        joined = {c: split[c] for c in self._joining}
        everything = replace(
            self, candidates=edges.with_joined(self.candidates, joined)
        ).everything
        partitions = tuple(everything[at] for at in np.asarray(prepared["measured"]).tolist())
        return Answers(partitions, prepared["answers"], prepared["deviations"])

    def fitting(self, prepared: Prepared) -> Fitting:
        """What tables are fitted to, from the stored arrays."""
        target = Target(
            prepared["target"],
            prepared["deviations"],
            prepared["weights"],
            np.split(prepared["marginals"], np.cumsum(self.domain.sizes)[:-1]),
            float(prepared["rows"]),
        )
        return self._fitting(self.answers(prepared).partitions, target)

    def _release(
        self, codes: Codes, rho: Fraction, rows: int, key: Key
    ) -> tuple[Release, edges.Joined]:
        """What is measured, and bins of numbers that were joined for it."""
        workload, neighbours = self.options.workload, self.options.neighbours
        if self._joining:
            return self._edged(codes, rho)
        if not workload.rounds:
            return measure.at_once(self.candidates, codes, rho, neighbours, workload.split), {}
        rng = np.random.default_rng([*key.tolist(), _REFITS])

        def refit(answers: Answers) -> Codes:
            seeds = rng.integers(0, 1 << 63, 1, np.uint64)
            table = np.stack([rng.integers(0, size, _SMALL) for size in self.domain.sizes], axis=1)
            fitting = self._fitting(answers.partitions, self._target(answers, rows))
            return np.asarray(fitting.refine(table[None].astype(np.uint16), seeds)[0])

        found = measure.in_rounds(
            self.everything, self._first, codes, rho, neighbours, workload, refit
        )
        return found, {}

    @property
    def _joining(self) -> list[int]:
        """Numeric columns whose bins are joined."""
        most = self.options.workload.edges
        return edges.columns_to_join(self.domain.fields, most) if most else []

    def _edged(self, codes: Codes, rho: Fraction) -> tuple[Release, edges.Joined]:
        """Bins of numbers by a first release, and all candidates with these bins."""
        workload, neighbours = self.options.workload, self.options.neighbours
        first, rest = measure.first_and_rest(rho, workload)
        singles = [self.everything[at] for at in self._first]
        told = measure.at_once(singles, codes, first, neighbours, workload.split)
        joined = {
            column: edges.joined(counts, self.domain.fields[column].shift, workload.edges)
            for column, counts in zip(self._joining, told.answers.parts(), strict=True)
        }
        candidates = edges.with_joined(self.candidates, joined)
        found = measure.at_once(candidates, codes, rest, neighbours, workload.split)
        return measure.both(found, told), joined

    @property
    def _first(self) -> list[int]:
        return list(range(len(self.candidates), len(self.everything)))

    def _target(self, answers: Answers, rows: int) -> Target:
        sizes, fit = self.domain.sizes, self.options.fit
        return target_of(answers, sizes, self.constraints, fit, rows or None)

    def _fitting(self, partitions: Sequence[Partition], target: Target) -> Fitting:
        return Fitting(partitions, self.domain.sizes, target, self.constraints, self.options.fit)
