"""MAP-Elites (Mouret and Clune 2015): the best individual of every cell of behaviour."""

from typing import Self

import numpy as np
from jaxtyping import Int64
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evosearch.errors import ConfigError
from evosearch.population import Population
from evosearch.selection.order import candidates, parents, uniform


class MapElitesOptions(BaseModel):
    """Options of ``map-elites``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bins: list[int] = Field(min_length=1, description="Cells along each measure.")
    ranges: list[tuple[float, float]] = Field(
        min_length=1,
        description="Lowest and highest value of each measure; what lies outside goes to the "
        "outermost cell.",
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if len(self.bins) != len(self.ranges):
            raise ValueError(
                f"expected as many bins as ranges, received {len(self.bins)} and "
                f"{len(self.ranges)}"
            )
        if min(self.bins) < 1 or np.prod([float(bins) for bins in self.bins]) > 2**53:
            raise ValueError(f"expected bins of 1 or more and at most 2^53 cells: {self.bins}")
        for low, high in self.ranges:
            if not (np.isfinite([low, high]).all() and low < high):
                raise ValueError(f"expected a range [low, high], received [{low}, {high}]")
        return self


class MapElites:
    """A grid over the measures, which keeps the best first cost of each cell."""

    options_model = MapElitesOptions
    from_nothing = False

    def __init__(self, options: MapElitesOptions) -> None:
        self.options = options

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """Uniform over the elites."""
        return uniform(parents(population), n, arity, rng)

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """The best of each cell. Rows whose measures are not finite have no cell."""
        rows = candidates(population)
        rows = rows[np.isfinite(population.measures[rows]).all(axis=1)]
        best = np.unique(self.cells(population, rows), return_index=True)[1]
        return np.sort(rows[best])

    def cells(
        self, population: Population, rows: Int64[np.ndarray, " rows"]
    ) -> Int64[np.ndarray, " rows"]:
        """Number of each row's cell."""
        measures = population.measures[rows]
        if measures.shape[1] != len(self.options.bins):
            raise ConfigError(
                f"algorithm.bins: expected one for each of the evaluator's {measures.shape[1]} "
                f"measures, received {self.options.bins}"
            )
        low, high = np.array(self.options.ranges).T
        bins = np.array(self.options.bins)
        place = np.floor((measures - low) / (high - low) * bins)
        place = np.clip(place, 0, bins - 1).astype(np.int64)
        return np.asarray(np.ravel_multi_index(tuple(place.T), tuple(bins)), dtype=np.int64)
