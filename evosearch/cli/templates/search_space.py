"""A search space: shares of named parts that add up to one."""

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from evosearch.contracts import Operator
from evosearch.genomes.vector import Gene, VectorBatch

Parents = tuple[VectorBatch, ...]


class Options(BaseModel):
    """What may stand beside ``use`` in the campaign file's [space]."""

    model_config = ConfigDict(extra="forbid")

    parts: list[str] = Field(["a", "b", "c"], min_length=2, description="Names of the parts.")


class Space:
    """Vectors of shares; operators make all children of a generation at once."""

    options_model = Options
    genome_type = VectorBatch

    def __init__(self, options: Options) -> None:
        self.genes = tuple(Gene(name, "real", 0.0, 1.0) for name in options.parts)
        self.operators = {
            "dirichlet": Operator(0, self._dirichlet),  # arity 0: life from nothing
            "transfer": Operator(1, self._transfer, weight=2.0),
            "blend": Operator(2, self._blend),
        }

    def describe(self, genomes: Any) -> list[str]:
        """One line of text for each individual."""
        return [
            ", ".join(f"{name} {share:.1%}" for name, share in row.items())
            for row in genomes.rows_as_dicts()
        ]

    def _dirichlet(self, rng: np.random.Generator, parents: Parents, n: int) -> VectorBatch:
        """Uniform among all shares that add up to one."""
        return VectorBatch(self.genes, rng.dirichlet(np.ones(len(self.genes)), n))

    def _transfer(self, rng: np.random.Generator, parents: Parents, n: int) -> VectorBatch:
        """Some of one part is replaced by another."""
        shares = parents[0].values.copy()
        rows = np.arange(n)
        giver, taker = rng.integers(len(self.genes), size=(2, n))
        amount = shares[rows, giver] * rng.random(n)
        shares[rows, giver] -= amount
        shares[rows, taker] += amount
        return VectorBatch(self.genes, np.clip(shares, 0.0, 1.0))

    def _blend(self, rng: np.random.Generator, parents: Parents, n: int) -> VectorBatch:
        """A weighted mean of two parents."""
        weight = rng.random((n, 1))
        shares = weight * parents[0].values + (1 - weight) * parents[1].values
        return VectorBatch(self.genes, np.clip(shares, 0.0, 1.0))
