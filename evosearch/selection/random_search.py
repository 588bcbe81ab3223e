"""Random search: every individual from nothing, the line that evolution has to beat."""

import numpy as np
from jaxtyping import Int64
from pydantic import BaseModel, ConfigDict

from evosearch.errors import EvosearchError
from evosearch.population import Population
from evosearch.selection.order import candidates
from evosearch.selection.pareto import nondominated


class RandomSearchOptions(BaseModel):
    """``random`` has no options."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RandomSearch:
    """No mating; only the non-dominated live on."""

    options_model = RandomSearchOptions
    from_nothing = True

    def __init__(self, options: RandomSearchOptions) -> None:
        self.options = options

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """There is none."""
        raise EvosearchError("random search has no mating pool: breed by operators of arity 0")

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """The non-dominated; of equal costs the one of the lowest digest."""
        rows = candidates(population)
        return np.sort(rows[nondominated(population.costs[rows])])
