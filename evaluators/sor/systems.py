"""Systems: linear systems that share a matrix up to a shift of its diagonal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse
from jaxtyping import Float64, Int64


@dataclass(frozen=True)
class Systems:
    """(A + c_t I) x = b_t for t = 0 .. T - 1, with A symmetric.

    Attributes:
        name: Of the group, for tables.
        matrix: A, float64 CSR with sorted indices and its whole diagonal stored, [n, n].
        shifts: c_t.
        rhs: b_t.
        starts: x_0 of every system; zero where None.
        facts: What a policy may be told about each system, by name, an array [T] each.
    """

    name: str
    matrix: scipy.sparse.csr_array
    shifts: Float64[np.ndarray, " systems"]
    rhs: Float64[np.ndarray, "systems n"]
    starts: Float64[np.ndarray, "systems n"] | None = None
    facts: Mapping[str, Float64[np.ndarray, " systems"]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shifts)

    @property
    def n(self) -> int:
        """Unknowns of each system."""
        return int(self.matrix.shape[0])

    def take(self, rows: Int64[np.ndarray, " rows"]) -> "Systems":
        """The systems at ``rows``, in that order."""
        starts = None if self.starts is None else self.starts[rows]
        facts = {name: values[rows] for name, values in self.facts.items()}
        return Systems(self.name, self.matrix, self.shifts[rows], self.rhs[rows], starts, facts)
