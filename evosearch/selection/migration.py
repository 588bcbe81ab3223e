"""Migration: the islands of a campaign stand in a ring and send their best onward."""

from collections.abc import Sequence

import numpy as np

from evosearch.population import Population
from evosearch.selection.order import candidates
from evosearch.selection.pareto import fronts


def migrate(
    islands: Sequence[Population], size: int, rng: np.random.Generator
) -> list[Population]:
    """Copies of the best ``size`` of each island, appended to the next one in the ring.

    Best means the lowest Pareto rank; within a front chance decides, so that the whole of it
    travels in time. What the next island already has by digest is not copied.
    """
    migrants = [_best(island, size, rng) for island in islands]
    sources = [*migrants[-1:], *migrants[:-1]]
    return [_settle(island, source) for island, source in zip(islands, sources, strict=True)]


def _best(island: Population, size: int, rng: np.random.Generator) -> Population:
    rows = candidates(island)
    chance = rng.random(len(rows))
    return island.take(rows[np.lexsort([chance, fronts(island.costs[rows])])[:size]])


def _settle(island: Population, migrants: Population) -> Population:
    known = set(island.digests)
    new = [row for row, digest in enumerate(migrants.digests) if digest not in known]
    return island.concatenate(migrants.take(np.array(new, np.int64)))
