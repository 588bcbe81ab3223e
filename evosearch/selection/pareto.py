"""Pareto dominance over costs (lower is better): fronts, crowding distance, the front itself."""

import moocore
import numpy as np
from jaxtyping import Bool, Float64, Int64


def fronts(costs: Float64[np.ndarray, "n objectives"]) -> Int64[np.ndarray, " n"]:
    """Rank of each row: 0 where nothing dominates it, 1 where only rank 0 does, and so on.

    Non-dominated sorting (Deb et al. 2002, section III-A); equal rows share a rank.
    """
    if not len(costs):
        return np.zeros(0, np.int64)
    return np.asarray(moocore.pareto_rank(costs), dtype=np.int64)


def nondominated(costs: Float64[np.ndarray, "n objectives"]) -> Bool[np.ndarray, " n"]:
    """Whether no row dominates this one; of equal rows the first."""
    return np.asarray(moocore.is_nondominated(costs), dtype=bool)


def crowding(
    costs: Float64[np.ndarray, "n objectives"], ranks: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Crowding distance of each row within its front (Deb et al. 2002, section III-B).

    The two ends of a front along each objective are infinitely far; others add the gap between
    their neighbours, over the front's extent and the number of objectives.
    """
    distance = np.zeros(len(costs))
    order = np.arange(len(costs))
    for column in costs.T:
        order = order[np.lexsort((column[order], ranks[order]))]  # stable, as DEAP's sort is
        value, rank = column[order], ranks[order]
        first, last = np.ones((2, len(rank)), bool)
        first[1:] = last[:-1] = rank[1:] != rank[:-1]
        extent = (value[last] - value[first])[np.cumsum(first) - 1]
        inner = np.flatnonzero(~first & ~last & (extent > 0))
        gap = value[inner + 1] - value[inner - 1]
        distance[order[inner]] += gap / (costs.shape[1] * extent[inner])
        distance[order[first | last]] = np.inf
    return distance
