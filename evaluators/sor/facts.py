"""Facts of linear systems that cost no more than a look at the matrix."""

import numpy as np
import scipy.sparse
from jaxtyping import Float64

Facts = dict[str, Float64[np.ndarray, " systems"]]


def facts(matrix: scipy.sparse.csr_array, shifts: Float64[np.ndarray, " systems"]) -> Facts:
    """What can be told of every A + cI before it is solved.

    Args:
        matrix: A, symmetric with positive diagonal.
        shifts: c of every system.

    Returns:
        By name, an array [systems] each: ``n``, the unknowns; ``c``, the shift; ``entries``, the
        mean number of non-zeros in a row; ``dominance``, the smallest a_ii / sum_j |a_ij| of a
        row, which is at least 1/2 where the diagonal dominates.
    """
    diagonal = matrix.diagonal()
    others = np.asarray(abs(matrix).sum(axis=1)) - abs(diagonal)
    pairs = np.unique(np.column_stack([diagonal, others]), axis=0)
    shifted = pairs[:, 0] + shifts[:, None]
    n = matrix.shape[0]
    return {
        "n": np.full(len(shifts), float(n)),
        "c": shifts,
        "entries": np.full(len(shifts), matrix.nnz / n),
        "dominance": (shifted / (abs(shifted) + pairs[:, 1])).min(axis=1),
    }
