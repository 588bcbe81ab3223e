"""The total order of individuals, on which every algorithm agrees."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float64, Int64

from evosearch.errors import EvosearchError
from evosearch.population import Population
from evosearch.selection.pareto import crowding, fronts

Rows = Int64[np.ndarray, " rows"]
Answer = TypeVar("Answer")


def remembered(ask: Callable[[Population], Answer]) -> Callable[[Population], Answer]:
    """Answer once for each population, as long as it lives: many operators ask in turn."""
    known: WeakKeyDictionary[Population, Answer] = WeakKeyDictionary()

    @wraps(ask)
    def answer(population: Population) -> Answer:
        if population not in known:
            known[population] = ask(population)
        return known[population]

    return answer


@remembered
def candidates(population: Population) -> Rows:
    """Rows with status OK and distinct digests, by (costs, digest, id), best first.

    Of rows with one digest the first stands for all.
    """
    backward = population.selectable[::-1].tolist()
    first = {population.digests[row]: row for row in backward}  # the last one put in stays
    rows = np.array(list(first.values()), np.int64)
    words = np.frombuffer(b"".join(first), ">u8").reshape(-1, 2).astype(np.uint64)
    return rows[np.lexsort([words[:, 1], words[:, 0], *population.costs[rows].T[::-1]])]


def parents(population: Population) -> Rows:
    """`candidates`, of which there has to be one."""
    rows = candidates(population)
    if not len(rows):
        raise EvosearchError(
            f"expected an individual with status OK among {len(population)} to breed from, "
            "found none: breed by operators of arity 0"
        )
    return rows


@dataclass(frozen=True, eq=False)
class Ranked:
    """`candidates` as NSGA-II sees them.

    Attributes:
        rows: The candidates, best costs first.
        ranks: The front of each.
        distance: Its crowding distance within the front.
    """

    rows: Rows
    ranks: Int64[np.ndarray, " rows"]
    distance: Float64[np.ndarray, " rows"]


@remembered
def ranked(population: Population) -> Ranked:
    """Ranks and crowding distances of the candidates."""
    rows = candidates(population)
    costs = population.costs[rows]
    ranks = fronts(costs)
    return Ranked(rows, ranks, crowding(costs, ranks))


def crowded(population: Population) -> Rows:
    """`candidates` by (rank, falling crowding distance, costs, digest, id): NSGA-II's order."""
    people = ranked(population)
    return people.rows[np.lexsort([-people.distance, people.ranks])]


def uniform(
    rows: Rows, n: int, arity: int, rng: np.random.Generator
) -> Int64[np.ndarray, "n arity"]:
    """A mating pool drawn from ``rows`` with equal chances."""
    return rows[rng.integers(len(rows), size=(n, arity))]
