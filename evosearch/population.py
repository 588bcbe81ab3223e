"""Population: evaluated individuals as parallel arrays, what selection works on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float64, Int8, Int64

from evosearch.contracts import Objective, Status


@dataclass(frozen=True, eq=False)
class Population:
    """Individuals with their scores, in slot order.

    Attributes:
        ids: Number of each individual within its campaign, from 1.
        genomes: Their genomes (a `GenomeBatch`).
        digests: 16-byte digest of each genome.
        objectives: As the evaluator returned them.
        costs: The same with the sign turned where an objective is maximised: lower is better.
        status: A `Status` each; selection looks at OK rows only.
        measures: Behaviour measures, may have zero columns.
        sizes: Size of each genome.
        births: Generation in which each was born.
    """

    ids: Int64[np.ndarray, " n"]
    genomes: Any
    digests: Sequence[bytes]
    objectives: Float64[np.ndarray, "n objectives"]
    costs: Float64[np.ndarray, "n objectives"]
    status: Int8[np.ndarray, " n"]
    measures: Float64[np.ndarray, "n measures"]
    sizes: Int64[np.ndarray, " n"]
    births: Int64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def selectable(self) -> Int64[np.ndarray, " ok"]:
        """Rows with status OK."""
        return np.flatnonzero(self.status == Status.OK)

    def take(self, rows: Int64[np.ndarray, " rows"]) -> Self:
        """The individuals at ``rows``."""
        return type(self)(
            self.ids[rows],
            self.genomes.take(rows),
            [self.digests[row] for row in rows],
            self.objectives[rows],
            self.costs[rows],
            self.status[rows],
            self.measures[rows],
            self.sizes[rows],
            self.births[rows],
        )

    def concatenate(self, other: Self) -> Self:
        """This population followed by ``other``."""
        return type(self)(
            np.concatenate([self.ids, other.ids]),
            self.genomes.concatenate([other.genomes]),
            [*self.digests, *other.digests],
            np.concatenate([self.objectives, other.objectives]),
            np.concatenate([self.costs, other.costs]),
            np.concatenate([self.status, other.status]),
            np.concatenate([self.measures, other.measures]),
            np.concatenate([self.sizes, other.sizes]),
            np.concatenate([self.births, other.births]),
        )


def costs_of(
    objectives: Float64[np.ndarray, "n objectives"], kinds: Sequence[Objective]
) -> Float64[np.ndarray, "n objectives"]:
    """Objectives with maximised ones negated."""
    signs = np.array([1.0 if kind.direction == "minimize" else -1.0 for kind in kinds])
    return np.asarray(objectives * signs)
