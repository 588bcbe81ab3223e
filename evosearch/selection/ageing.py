"""Ageing evolution (Real, Aggarwal, Huang and Le 2019): the oldest die, however good."""

import numpy as np
from jaxtyping import Int64
from pydantic import BaseModel, ConfigDict, Field

from evosearch.population import Population
from evosearch.selection.order import candidates, parents


class AgeingOptions(BaseModel):
    """Options of ``ageing``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    survivors: int = Field(100, ge=1, description="Individuals that live on: the newest.")
    tournament: int = Field(
        25, ge=1, description="Individuals drawn for each parent; the best of them breeds."
    )


class Ageing:
    """Tournaments breed, age kills: good individuals last only through their offspring."""

    options_model = AgeingOptions
    from_nothing = False

    def __init__(self, options: AgeingOptions) -> None:
        self.options = options

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """Winners of tournaments by cost, drawn with replacement."""
        rows = parents(population)
        drawn = rng.integers(len(rows), size=(self.options.tournament, n, arity))
        best = drawn.min(axis=0)  # rows are sorted: the lowest position is the best
        pool: Int64[np.ndarray, "n arity"] = rows[best]
        return pool

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """The latest born; of one generation those of the highest ids."""
        rows = candidates(population)
        newest = np.lexsort([-population.ids[rows], -population.births[rows]])
        return np.sort(rows[newest[: self.options.survivors]])
