"""Usage: what a document of a table says about its cells, so that they can be written as texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from evaluators.private_data import constraints
from evaluators.private_data.constraints import Constraint
from evaluators.private_data.domain import Domain
from evosearch.errors import ConfigError

KIND = "private-table"


@dataclass(frozen=True)
class Usage:
    """The domain of a table and the constraints that its rows satisfy."""

    domain: Domain
    constraints: tuple[Constraint, ...]

    @classmethod
    def of(cls, domain: Domain, texts: Sequence[str]) -> Self:
        """Parse constraints; raises ConfigError with all mistakes."""
        return cls(domain, constraints.parse(texts, domain))

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The usage that `to_json` gave; raises ConfigError for anything else."""
        if not isinstance(data, Mapping) or data.get("kind") != KIND:
            raise ConfigError(f'expected a table with usage of kind "{KIND}", received none')
        if not isinstance(data.get("domain"), Mapping):
            raise ConfigError("usage: expected a domain")
        return cls.of(Domain.from_json(data["domain"], "usage"), data.get("constraints", []))

    def to_json(self) -> dict[str, Any]:
        """What the evaluator's ``usage()`` returns."""
        return {
            "kind": KIND,
            "domain": self.domain.to_json(),
            "constraints": [constraint.text for constraint in self.constraints],
        }
