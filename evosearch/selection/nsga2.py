"""NSGA-II (Deb, Pratap, Agarwal and Meyarivan 2002)."""

import numpy as np
from jaxtyping import Int64
from pydantic import BaseModel, ConfigDict, Field

from evosearch.population import Population
from evosearch.selection.order import crowded, parents, ranked


class Nsga2Options(BaseModel):
    """Options of ``nsga2``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    survivors: int = Field(100, ge=1, description="Individuals that live on each generation.")


class Nsga2:
    """Several objectives: non-dominated fronts first, then the less crowded."""

    options_model = Nsga2Options
    from_nothing = False

    def __init__(self, options: Nsga2Options) -> None:
        self.options = options

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """Winners of binary tournaments on (rank, crowding distance); a tie goes to the first."""
        rows = parents(population)
        people = ranked(population)
        ranks, distance = people.ranks, people.distance
        a, b = rng.integers(len(rows), size=(2, n, arity))
        closer = (ranks[b] == ranks[a]) & (distance[b] > distance[a])
        winners = np.where((ranks[b] < ranks[a]) | closer, b, a)
        pool: Int64[np.ndarray, "n arity"] = rows[winners]
        return pool

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """The first in crowded order."""
        return np.sort(crowded(population)[: self.options.survivors])
