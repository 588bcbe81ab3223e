"""The total order of individuals, on which every algorithm agrees."""

import numpy as np
from jaxtyping import Int64, UInt64

from evosearch.errors import EvosearchError
from evosearch.population import Population
from evosearch.selection.pareto import crowding, fronts


def candidates(population: Population) -> Int64[np.ndarray, " rows"]:
    """Rows with status OK and distinct digests, by (costs, digest, id), best first.

    Of rows with one digest the first stands for all.
    """
    rows = population.selectable
    if not len(rows):
        return rows
    words = _digest_words(population, rows)
    first = np.unique(words, axis=0, return_index=True)[1]
    rows, words = rows[first], words[first]
    keys = [population.ids[rows], words[:, 1], words[:, 0], *population.costs[rows].T[::-1]]
    return rows[np.lexsort(keys)]


def parents(population: Population) -> Int64[np.ndarray, " rows"]:
    """`candidates`, of which there has to be one."""
    rows = candidates(population)
    if not len(rows):
        raise EvosearchError(
            f"expected an individual with status OK among {len(population)} to breed from, "
            "found none: breed by operators of arity 0"
        )
    return rows


def crowded(population: Population) -> Int64[np.ndarray, " rows"]:
    """`candidates` by (rank, falling crowding distance, costs, digest, id): NSGA-II's order."""
    rows = candidates(population)
    costs = population.costs[rows]
    ranks = fronts(costs)
    return rows[np.lexsort([-crowding(costs, ranks), ranks])]


def uniform(
    rows: Int64[np.ndarray, " rows"], n: int, arity: int, rng: np.random.Generator
) -> Int64[np.ndarray, "n arity"]:
    """A mating pool drawn from ``rows`` with equal chances."""
    return rows[rng.integers(len(rows), size=(n, arity))]


def _digest_words(
    population: Population, rows: Int64[np.ndarray, " rows"]
) -> UInt64[np.ndarray, "rows 2"]:
    """Digests as numbers that sort like their bytes."""
    data = b"".join(population.digests[row] for row in rows)
    return np.frombuffer(data, ">u8").reshape(-1, 2).astype(np.uint64)
