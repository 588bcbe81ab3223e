"""PrivateData: how far whole tables are from noisy answers about a private one.

After "Generating Private Synthetic Data with Genetic Algorithms" (Liu, Tang, Vietri and Wu, ICML
2023, arXiv:2306.03257): queries are answered once, with noise, and tables evolve to agree with the
answers. Nothing but `charge` and `prepare` reads the private table.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt16, UInt64

from evaluators.private_data import csv_file, findings
from evaluators.private_data.accounting import rho_of
from evaluators.private_data.constraints import broken
from evaluators.private_data.domain import Domain
from evaluators.private_data.fitting import Fitting
from evaluators.private_data.options import Options
from evaluators.private_data.prepare import Setting
from evaluators.private_data.true_error import true_errors
from evaluators.private_data.usage import Usage
from evaluators.private_data.workload import candidates
from evosearch.contracts import Charge, Finding, Key, Objective, Prepared, Scores, scores_of
from evosearch.errors import ConfigError
from evosearch.genomes.table import Column, TableBatch
from evosearch.seeding import key as key_of

MECHANISM = "discrete Gaussian noise on counts (OpenDP), zCDP"
CHOOSING = "discrete Gaussian noise on counts and report noisy max (OpenDP), zCDP"


class PrivateData:
    """Evaluator of tables by differentially private answers (arXiv:2306.03257)."""

    options_model = Options
    genome_type = TableBatch
    objectives = (Objective("distance", "minimize"),)
    measures = ("broken",)
    fidelities = ("full",)
    batch_invariant = True  # a table's chain sees no other table

    def __init__(self, options: Options, base: Path) -> None:
        """``base`` is the folder that files named in the options are relative to."""
        self.options = options
        self._base = base
        domain = Domain.load(base / options.domain)
        self.domain = domain.take(options.columns) if options.columns else domain
        self._rules = Usage.of(self.domain, options.constraints)
        self._fitting: tuple[Prepared, Fitting] | None = None

    @property
    def compile_seconds(self) -> float:
        """Seconds spent compiling so far in this process."""
        from evosearch import backend

        return backend.compile_seconds()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of the tables that can be scored."""
        return self.domain.columns()

    def usage(self) -> dict[str, Any]:
        """What an export has to know to write a table as texts."""
        return self._rules.to_json()

    @cached_property
    def _setting(self) -> Setting:
        options = self.options
        every = candidates(options.workload, self.domain, key_of(0, "prepare"), self._base)
        return Setting(options, self.domain, self._rules.constraints, every)

    @cached_property
    def _codes(self) -> UInt16[np.ndarray, "rows columns"]:
        codes = csv_file.read(self._base / self.options.data, self.domain)
        public = self.options.neighbours == "replace-one" or self.options.delta == "1/n^2"
        if public and len(codes) < 2:
            raise ConfigError(f"{self.options.data}: expected 2 rows or more")
        return codes

    def charge(self) -> Charge:
        """What `prepare` spends: the largest rho that epsilon and delta allow.

        Raises:
            EvosearchError: `prepare` would not come to its end; nothing is charged then.
        """
        options = self.options
        delta, rho = options.delta_for(len(self._codes)), self._rho(options.epsilon)
        self._setting.check(rho)
        details: dict[str, Any] = {"epsilon": options.epsilon, "delta": float(delta)}
        if options.neighbours == "replace-one":
            details["rows"] = len(self._codes)
        return Charge(
            dataset=options.dataset or Path(options.data).name.split(".")[0],
            neighbours=options.neighbours,
            mechanism=CHOOSING if options.workload.rounds else MECHANISM,
            rho=rho,
            limit=self._rho(options.total_epsilon or options.epsilon),
            details=details,
        )

    def _rho(self, epsilon: float) -> Fraction:
        return rho_of(epsilon, self.options.delta_for(len(self._codes)))

    def prepare(self, key: Key) -> Prepared:
        """Measure once. What is returned is private by (epsilon, delta); nothing else is kept."""
        return self._setting.measured(self._codes, self._rho(self.options.epsilon), key)

    def _fit(self, prepared: Prepared) -> Fitting:
        if self._fitting is None or self._fitting[0] is not prepared:
            self._fitting = prepared, self._setting.fitting(prepared)
        return self._fitting[1]

    def refine(self, genomes: TableBatch, prepared: Prepared, key: Key) -> TableBatch:
        """Fit every table to the answers; a pure function of each table and ``key``."""
        self._check(genomes)
        if not len(genomes):
            return genomes
        fitted = self._fit(prepared).refine(genomes.codes, _seeds(genomes, key))
        return TableBatch(genomes.columns, fitted)

    def score(self, genomes: TableBatch, prepared: Prepared, *, fidelity: str, key: Key) -> Scores:
        """Distance to the answers, in deviations of their noise, and rows that break a rule."""
        self._check(genomes)
        distances = self._fit(prepared).distances(genomes.codes, prepared["answers"])
        rules = self._rules.constraints
        counts = [float(broken(rules, table).sum()) for table in genomes.codes]
        return scores_of(
            distances.reshape(-1, 1), measures=np.array(counts, np.float64).reshape(-1, 1)
        )

    def _check(self, genomes: TableBatch) -> None:
        if len(genomes) and genomes.columns != self.columns:
            raise ConfigError(
                "the tables have other columns than the domain of the evaluator: write the same "
                "domain and columns in [space] and [evaluator]"
            )

    def against(self, genomes: TableBatch, path: Path) -> Mapping[str, float]:
        """Errors of one table against private rows: not private, and charged to nobody."""
        self._check(genomes)
        private = csv_file.read(path, self.domain)
        return true_errors(private, genomes.codes[0], self.domain.sizes)

    def findings(self, genomes: TableBatch, prepared: Prepared) -> list[Finding]:
        """Pictures and tables of the best of these tables, from the noisy answers alone."""
        answers = self._setting.answers(prepared)
        return findings.findings(genomes.codes[0], answers, self.domain, float(prepared["rows"]))


def _seeds(genomes: TableBatch, key: Key) -> UInt64[np.ndarray, " tables"]:
    words = np.frombuffer(b"".join(genomes.digests()), np.uint64).reshape(-1, 2)
    return np.asarray(words[:, 0] ^ (np.uint64(key[0]) << np.uint64(32) | np.uint64(key[1])))
