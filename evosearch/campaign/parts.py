"""Parts: a campaign's space, evaluator and algorithm, made from its configuration."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch import plugins, seeding
from evosearch.config import CampaignConfig, stored
from evosearch.contracts import Evaluator, Operator, Prepared, SearchSpace
from evosearch.errors import ConfigError
from evosearch.evaluation import Worker
from evosearch.fingerprint import fingerprint
from evosearch.plugins import Plugin
from evosearch.selection import Algorithm, build
from evosearch.store.records import CampaignRecord
from evosearch.variation import weighted


@dataclass(frozen=True, eq=False)
class Parts:
    """What a campaign is put together from."""

    config: CampaignConfig
    space: SearchSpace
    evaluator: Evaluator
    algorithm: Algorithm
    operators: Mapping[str, Operator]
    space_plugin: Plugin
    evaluator_plugin: Plugin

    @classmethod
    def of(cls, config: CampaignConfig) -> "Parts":
        """Load and make everything that ``config`` names.

        Raises:
            ConfigError: A weight or target names nothing that exists.
            PluginError: A plug-in cannot be loaded or does not fit the other.
        """
        base = config.base
        space_plugin = plugins.resolve("search space", config.space.use, base)
        evaluator_plugin = plugins.resolve("evaluator", config.evaluator.use, base)
        space = plugins.make_space(space_plugin, config.space.options, base)
        evaluator = plugins.make_evaluator(evaluator_plugin, config.evaluator.options, base, space)
        _check_promote(config.algorithm.promote, evaluator)
        names = [objective.name for objective in evaluator.objectives]
        unknown = [name for name in config.budget.target if name not in names]
        if unknown:
            raise ConfigError(
                [
                    f"budget.target.{name}: no such objective; expected {', '.join(names)}"
                    for name in unknown
                ]
            )
        algorithm = build(config.algorithm.use, config.algorithm.options)
        operators = weighted(space, config.algorithm.operators)
        return cls(config, space, evaluator, algorithm, operators, space_plugin, evaluator_plugin)

    @property
    def batch(self) -> int:
        """Individuals in a batch: no more than a generation has."""
        algorithm = self.config.algorithm
        return min(self.config.execution.batch, algorithm.population * algorithm.islands)

    @property
    def fidelity(self) -> str:
        """What survivors are judged by."""
        return self.evaluator.fidelities[-1]

    def fingerprint(self) -> dict[str, Any]:
        """See `evosearch.fingerprint`."""
        code = {
            "search space": self.space_plugin.code_hash,
            "evaluator": self.evaluator_plugin.code_hash,
        }
        return fingerprint(self.config.identity(), code, _name(self.evaluator.genome_type))

    def worker(self, prepared: Prepared) -> Worker:
        """What scores a batch of this campaign."""
        seed = self.config.campaign.seed
        return Worker(
            self.evaluator,
            self.evaluator_plugin.name,
            prepared,
            0 if getattr(self.evaluator, "batch_invariant", False) else self.batch,
            self.fidelity,
            seeding.key(seed, "refine"),
            seeding.key(seed, "score"),
        )

    def record(self, prepared: Mapping[str, npt.NDArray[Any]]) -> CampaignRecord:
        """What the store keeps of the campaign itself."""
        config = self.config
        return CampaignRecord(
            name=config.campaign.name,
            seed=config.campaign.seed,
            notes=config.campaign.notes,
            config=stored(config),
            fingerprint=self.fingerprint(),
            genome_type=_name(self.evaluator.genome_type),
            objectives=tuple(self.evaluator.objectives),
            measures=tuple(self.evaluator.measures),
            evaluator_key=self._evaluator_key(prepared),
            n_islands=config.algorithm.islands,
            retain=config.store.retain,
            fidelity=self.fidelity,
        )

    def _evaluator_key(self, prepared: Mapping[str, npt.NDArray[Any]]) -> str:
        """Equal for campaigns whose scores of the same genome are the same."""
        deterministic = getattr(self.evaluator, "deterministic", True)
        facts = [
            self.config.evaluator.use,
            self.config.evaluator.options,
            self.evaluator_plugin.code_hash,
            self.batch,
            None if deterministic else self.config.campaign.seed,
        ]
        digest = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16)
        for name, array in sorted(prepared.items()):
            array = np.ascontiguousarray(array)
            digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def _name(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _check_promote(promote: Sequence[float], evaluator: Evaluator) -> None:
    most = len(evaluator.fidelities) - 1
    if len(promote) > most:
        raise ConfigError(
            f"algorithm.promote: expected at most {most} shares for the fidelities "
            f"{', '.join(evaluator.fidelities)}, received {len(promote)}"
        )
