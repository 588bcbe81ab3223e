"""Front: the individuals of a campaign that no other one dominates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float64, Int64

from evosearch.contracts import Objective, SearchSpace
from evosearch.population import Population, costs_of
from evosearch.selection import nondominated


@dataclass(frozen=True, eq=False)
class Front:
    """Members in the order of ids; of equally good ones the first found.

    Attributes:
        ids: Number of each in the campaign.
        genomes: Their genomes; None while there are no members.
        objectives: As the evaluator returned them.
        expressions: Their text.
    """

    ids: Int64[np.ndarray, " members"]
    genomes: Any
    objectives: Float64[np.ndarray, "members objectives"]
    expressions: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def empty(cls, objectives: int) -> Self:
        """The front before anything was scored."""
        return cls(np.zeros(0, dtype=np.int64), None, np.zeros((0, objectives)), [])

    def joined(
        self, children: Population, kinds: Sequence[Objective], space: SearchSpace
    ) -> "Front":
        """The front of these members and ``children``, which have greater ids."""
        ok = children.selectable
        if not len(ok):
            return self
        objectives = np.concatenate([self.objectives, children.objectives[ok]])
        kept = np.flatnonzero(nondominated(costs_of(objectives, kinds)))
        old, new = kept[kept < len(self)], ok[kept[kept >= len(self)] - len(self)]
        arrivals = children.genomes.take(new)
        stayed = [] if self.genomes is None else [self.genomes.take(old)]
        genomes = [*stayed, arrivals]
        return Front(
            np.concatenate([self.ids[old], children.ids[new]]),
            genomes[0].concatenate(genomes[1:]),
            objectives[kept],
            [*(self.expressions[row] for row in old), *_described(space, arrivals)],
        )

    def best(self, kinds: Sequence[Objective]) -> dict[str, float]:
        """Best value of each objective; empty while there are no members."""
        if not len(self):
            return {}
        rows = np.argmin(costs_of(self.objectives, kinds), axis=0)
        return {
            kind.name: float(self.objectives[row, column])
            for column, (kind, row) in enumerate(zip(kinds, rows, strict=True))
        }


def _described(space: SearchSpace, genomes: Any) -> list[str]:
    return space.describe(genomes) if len(genomes) else []
