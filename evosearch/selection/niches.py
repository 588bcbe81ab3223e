"""Niches by size: the best of every complexity, without redundant ones."""

from math import isclose

import numpy as np
from jaxtyping import Bool, Float64, Int64
from pydantic import BaseModel, ConfigDict, Field

from evosearch.contracts import Bars
from evosearch.population import Population
from evosearch.selection.order import candidates, parents


class NichesOptions(BaseModel):
    """Options of ``niches``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep: int = Field(100, ge=1, description="Individuals that live on for each size.")
    ties: int = Field(
        2, ge=1, description="Individuals of one size that may agree in the first objective."
    )
    tolerance: float = Field(
        0.002,
        ge=0.0,
        lt=1.0,
        description="Relative difference up to which first objectives agree.",
    )
    favour: float = Field(
        0.0,
        ge=0.0,
        le=16.0,
        description="A parent's size is drawn in proportion to (1 + size)^favour; 0: all alike.",
    )


class Niches:
    """The best of each size by first cost, unless a smaller one does the same at no more cost."""

    options_model = NichesOptions
    from_nothing = False

    def __init__(self, options: NichesOptions) -> None:
        self.options = options

    def mating_pool(
        self, population: Population, n: int, arity: int, rng: np.random.Generator
    ) -> Int64[np.ndarray, "n arity"]:
        """A size drawn as ``favour`` says, then the rank floor(count u^2) within it."""
        rows = parents(population)
        rows = rows[np.argsort(population.sizes[rows], kind="stable")]
        sizes, start, count = np.unique(
            population.sizes[rows], return_index=True, return_counts=True
        )
        if self.options.favour:
            shares = (1.0 + sizes) ** self.options.favour
            niche = rng.choice(len(start), size=(n, arity), p=shares / shares.sum())
        else:
            niche = rng.integers(len(start), size=(n, arity))
        rank = np.floor(count[niche] * rng.random((n, arity)) ** 2).astype(np.int64)
        pool: Int64[np.ndarray, "n arity"] = rows[start[niche] + rank]
        return pool

    def survivors(
        self, population: Population, rng: np.random.Generator
    ) -> Int64[np.ndarray, " survivors"]:
        """The best of every size, from the smallest size on."""
        rows = candidates(population)
        sizes = population.sizes[rows]
        kept = np.zeros(0, np.int64)
        for size in np.unique(sizes):
            niche = rows[sizes == size]
            niche = niche[~self._redundant(population.costs[niche], population.costs[kept])]
            kept = np.append(kept, niche[self._best(population.costs[niche, 0], rng)])
        return np.sort(kept)

    def _redundant(
        self, costs: Float64[np.ndarray, "niche costs"], known: Float64[np.ndarray, "kept costs"]
    ) -> Bool[np.ndarray, " niche"]:
        """Which individuals agree with a smaller one that is no worse in any other cost."""
        tolerance = self.options.tolerance
        redundant = agrees(costs[:, 0], np.sort(known[:, 0]), tolerance)
        for row in np.flatnonzero(redundant).tolist():
            same = _close(known[:, 0], costs[row, 0], tolerance)
            redundant[row] = (known[same, 1:] <= costs[row, 1:]).all(axis=1).any()
        return redundant

    def bars(self, population: Population) -> Bars:
        """First cost of the last survivor of each full niche; NaN for the others."""
        rows = population.selectable
        sizes, costs = population.sizes[rows], population.costs[rows, 0]
        bars = np.full(int(sizes.max(initial=-1)) + 1, np.nan)
        for size in np.unique(sizes):
            niche = costs[sizes == size]
            if len(niche) >= self.options.keep:
                bars[size] = niche.max()
        return bars

    def _best(
        self, costs: Float64[np.ndarray, " niche"], rng: np.random.Generator
    ) -> Int64[np.ndarray, " kept"]:
        """Positions kept of a niche that is sorted by cost.

        Of individuals that agree, the first and others at random.
        """
        chosen: list[int] = []
        values, start = costs.tolist(), 0
        while start < len(values) and len(chosen) < self.options.keep:
            end = start + 1
            while end < len(values) and isclose(
                values[end], values[start], rel_tol=self.options.tolerance
            ):
                end += 1
            others = start + 1 + rng.permutation(end - start - 1)[: self.options.ties - 1]
            chosen += [start, *sorted(others.tolist())]
            start = end
        return np.array(chosen[: self.options.keep], np.int64)


def agrees(
    costs: Float64[np.ndarray, " n"], known: Float64[np.ndarray, " known"], tolerance: float
) -> Bool[np.ndarray, " n"]:
    """Whether each cost lies within the relative tolerance of one of the sorted ``known``."""
    if not len(known):
        return np.zeros(len(costs), bool)
    at = np.searchsorted(known, costs)
    below = known[np.maximum(at - 1, 0)]
    above = known[np.minimum(at, len(known) - 1)]
    close: Bool[np.ndarray, " n"] = _close(costs, below, tolerance) | _close(
        costs, above, tolerance
    )
    return close


def _close(
    a: Float64[np.ndarray, " n"], b: Float64[np.ndarray, " n"] | float, tolerance: float
) -> Bool[np.ndarray, " n"]:
    close: Bool[np.ndarray, " n"] = np.abs(a - b) <= tolerance * np.maximum(np.abs(a), np.abs(b))
    return close
