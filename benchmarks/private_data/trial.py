"""Trial: a campaign on a new measurement, as `evosearch run` does it, without the ledger.

What is measured is drawn by OpenDP anew each time. The campaign itself runs in a temporary
database. Errors are against the private table: nobody but a benchmark may know them.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.private_data.sources import Codes
from evaluators.private_data import constraints
from evaluators.private_data.accounting import rho_of
from evaluators.private_data.domain import Domain
from evaluators.private_data.options import Options
from evaluators.private_data.prepare import Setting
from evaluators.private_data.repair import breaking
from evaluators.private_data.target import target_of
from evaluators.private_data.true_error import true_errors
from evaluators.private_data.workload import candidates
from evosearch import backend, seeding
from evosearch.campaign.campaign import Campaign
from evosearch.campaign.parts import Parts
from evosearch.config import CampaignConfig
from evosearch.store.store import Store

Prepared = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Trial:
    """One campaign file with its overrides.

    Attributes:
        config: Of the campaign.
    """

    config: CampaignConfig

    @property
    def options(self) -> Options:
        """Of the evaluator."""
        return Options.model_validate(self.config.evaluator.options)

    @property
    def domain(self) -> Domain:
        """Of the columns that are used."""
        domain = Domain.load(self.config.base / self.options.domain)
        return domain.take(self.options.columns) if self.options.columns else domain

    @property
    def setting(self) -> Setting:
        """What is measured, as the evaluator says."""
        options, domain = self.options, self.domain
        key = seeding.key(0, "prepare")
        every = candidates(options.workload, domain, key, self.config.base)
        rules = constraints.parse(options.constraints, domain)
        return Setting(options, domain, rules, every)

    @property
    def rho(self) -> float:
        """For the number of rows of the campaign's tables."""
        return float(self._rho(int(self.config.space.options["rows"])))

    def _rho(self, rows: int) -> Fraction:
        return rho_of(self.options.epsilon, self.options.delta_for(rows))

    def measured(self, codes: Codes) -> Prepared:
        """A new measurement of a private table."""
        key = seeding.key(self.config.campaign.seed, "prepare")
        return self.setting.measured(codes, self._rho(len(codes)), key)

    def retargeted(self, prepared: Prepared, rows: int) -> Prepared:
        """The same answers, with the target that these options make of them."""
        setting, options = self.setting, self.options
        known = rows if options.neighbours == "replace-one" else None
        target = target_of(
            setting.answers(prepared), self.domain.sizes, setting.constraints, options.fit, known
        )
        return dict(prepared) | {
            "target": target.counts,
            "weights": target.weights,
            "marginals": np.concatenate(target.marginals),
            "rows": np.array(target.rows, np.float64),
        }

    def run(self, prepared: Prepared) -> tuple[Codes, dict[str, float]]:
        """The campaign's best table, and its seconds with those of compiling apart."""
        parts, compiling = Parts.of(self.config), backend.compile_seconds()
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            store = Store.open(f"sqlite:///{Path(folder) / 'trial.db'}", "write")
            number = store.create_campaign(parts.record(prepared), prepared)
            with Campaign(parts, store, number, prepared) as campaign:
                campaign.run()
                front = campaign.front()
        spent = backend.compile_seconds() - compiling
        seconds = time.perf_counter() - started - spent
        table = front.genomes.codes[int(np.argmin(front.objectives[:, 0]))]
        return table, {"seconds": seconds, "compile_seconds": spent}

    def is_like(self, other: "Trial") -> bool:
        """Whether nothing differs."""
        return self.config == other.config

    def same_answers(self, other: "Trial") -> bool:
        """Whether all that is measured is the same."""
        left = {"fit", "constraints"}
        mine, others = (each.options.model_dump(exclude=left) for each in (self, other))
        return mine == others and not self.options.workload.rounds


def errors(
    private: Codes, table: Codes, domain: Domain, rules: tuple[constraints.Constraint, ...]
) -> dict[str, float]:
    """True errors, and rows that break a rule."""
    broken = float(breaking(rules, table).sum())
    return {**true_errors(private, table, domain.sizes), "broken": broken}


def timed_measurement(trial: Trial, codes: Codes) -> tuple[Prepared, float]:
    """A new measurement and its seconds without compiling."""
    compiling, started = backend.compile_seconds(), time.perf_counter()
    prepared = trial.measured(codes)
    return prepared, time.perf_counter() - started - (backend.compile_seconds() - compiling)
