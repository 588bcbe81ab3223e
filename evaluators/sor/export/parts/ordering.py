"""Colours of unknowns; those of one colour do not touch each other and are swept at once."""

from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components


def red_black(matrix: Any) -> np.ndarray:
    """Colours 0 and 1, 0 for the first unknown; raises ValueError where two are not enough."""
    graph = neighbours(matrix)
    colours = np.zeros(matrix.shape[0], np.int64)
    _, component = connected_components(graph, directed=False)
    for first in np.unique(component, return_index=True)[1]:
        order, before = breadth_first_order(graph, first, directed=False)
        for unknown in order[1:]:
            colours[unknown] = 1 - colours[before[unknown]]
    if (colours[graph.row] == colours[graph.col]).any():
        raise ValueError(
            "A: expected a matrix whose graph has two colours, as this policy sweeps in red-black "
            "order; received one with a cycle of odd length"
        )
    return colours


def multicolour(matrix: Any) -> np.ndarray:
    """Greedy colours: each unknown in turn takes the first that none of its neighbours has."""
    graph = scipy.sparse.csr_array(neighbours(matrix))
    colours = np.full(matrix.shape[0], -1)
    for unknown in range(len(colours)):
        near = graph.indices[graph.indptr[unknown] : graph.indptr[unknown + 1]]
        free = np.setdiff1d(np.arange(len(near) + 1), colours[near])
        colours[unknown] = free[0]
    return colours


def neighbours(matrix: Any) -> Any:
    """The pattern of the matrix without its diagonal."""
    graph = scipy.sparse.coo_array(matrix)
    apart = graph.row != graph.col
    return scipy.sparse.coo_array(
        (np.ones(apart.sum()), (graph.row[apart], graph.col[apart])), matrix.shape
    )
