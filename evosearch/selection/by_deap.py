"""``deap:NAME``: survival by any selection operator of DEAP."""

import numpy as np
from jaxtyping import Int64
from pydantic import BaseModel, Field, create_model

from evosearch import deap_adapter
from evosearch.population import Population
from evosearch.selection.order import candidates, parents, uniform


def options_model(name: str) -> type[BaseModel]:
    """Options of ``deap:name``: survivors, and the arguments of the operator."""
    survivors = Field(100, ge=1, description="Individuals that live on each generation.")
    return create_model(
        f"{name}Options", __base__=deap_adapter.OPERATORS[name], survivors=(int, survivors)
    )


class Deap:
    """Survivors by a DEAP operator, parents uniformly from them."""

    from_nothing = False

    def __init__(self, name: str, options: BaseModel) -> None:
        self.name = name
        self.options = options
        self._arguments = options.model_dump()
        self._survivors: int = self._arguments.pop("survivors")

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """Uniform."""
        return uniform(parents(population), n, arity, rng)

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """What the operator picks, asked again about the others where it picked one twice."""
        rows = candidates(population)
        wanted = min(self._survivors, len(rows))
        chosen = rows[:0]
        while len(chosen) < wanted:
            picked = deap_adapter.select(
                self.name,
                population.costs[rows],
                wanted - len(chosen),
                rng,
                sizes=population.sizes[rows],
                **self._arguments,
            )
            chosen = np.append(chosen, rows[np.unique(picked)])
            rows = np.delete(rows, picked)
        return np.sort(chosen)
