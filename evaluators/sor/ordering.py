"""Orderings: in which order a sweep visits the unknowns, and which of them share a colour.

Rows of one colour do not touch each other, so that the order within a colour does not matter. For
a consistently ordered matrix (Young 1954) red-black and lexicographic sweeps have the same
asymptotic rate, but not the same counts.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import scipy.sparse
from jaxtyping import Int64
from scipy.sparse.csgraph import breadth_first_order, connected_components

from evosearch.errors import ConfigError

OrderingName = Literal["lexicographic", "red-black", "multicolour"]


@dataclass(frozen=True)
class Ordering:
    """The order of a sweep.

    Attributes:
        permutation: The unknown that is visited i-th.
        sizes: Unknowns of each colour, one colour after the other in ``permutation``.
    """

    permutation: Int64[np.ndarray, " n"]
    sizes: tuple[int, ...]

    @classmethod
    def of_colours(cls, colours: Int64[np.ndarray, " n"]) -> "Ordering":
        """Colour after colour, and by number within a colour."""
        return cls(np.argsort(colours, kind="stable"), tuple(np.bincount(colours).tolist()))


def order_of(matrix: scipy.sparse.csr_array, name: OrderingName) -> Ordering:
    """The ordering of that name.

    Raises:
        ConfigError: If the name is unknown, or the matrix has no such ordering.
    """
    if name == "lexicographic":
        n = matrix.shape[0]
        return Ordering(np.arange(n), (n,))
    if name == "red-black":
        return Ordering.of_colours(red_black(matrix))
    if name == "multicolour":
        return Ordering.of_colours(multicolour(matrix))
    raise ConfigError(
        f"expected an ordering of {', '.join(get_args(OrderingName))}, received {name!r}"
    )


def red_black(matrix: scipy.sparse.csr_array) -> Int64[np.ndarray, " n"]:
    """Colours 0 and 1 such that no two unknowns of one colour touch; 0 for the first unknown.

    Raises:
        ConfigError: If the graph of the matrix has a cycle of odd length.
    """
    graph = _neighbours(matrix)
    colours = np.zeros(graph.shape[0], np.int64)
    _, component = connected_components(graph, directed=False)
    for first in np.unique(component, return_index=True)[1]:
        order, before = breadth_first_order(graph, first, directed=False)
        for unknown in order[1:]:
            colours[unknown] = 1 - colours[before[unknown]]
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    if (colours[rows] == colours[graph.indices]).any():
        raise ConfigError(
            'expected a matrix whose graph has two colours for ordering = "red-black", received '
            'one with a cycle of odd length: write ordering = "multicolour"'
        )
    return colours


def multicolour(matrix: scipy.sparse.csr_array) -> Int64[np.ndarray, " n"]:
    """Greedy colours: each unknown in turn takes the first that none of its neighbours has."""
    graph = _neighbours(matrix)
    colours = np.full(graph.shape[0], -1, np.int64)
    for unknown in range(len(colours)):
        near = graph.indices[graph.indptr[unknown] : graph.indptr[unknown + 1]]
        taken = np.zeros(len(near) + 2, bool)
        taken[np.minimum(colours[near], len(near)) + 1] = True  # place 0: not yet coloured
        colours[unknown] = np.argmin(taken[1:])
    return colours


def _neighbours(matrix: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    """The pattern of the matrix without its diagonal and stored zeros."""
    graph = scipy.sparse.csr_array(matrix - scipy.sparse.diags_array(matrix.diagonal()))
    graph.eliminate_zeros()
    return graph
