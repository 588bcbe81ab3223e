"""Known: what a campaign remembers of the genomes that it scored."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64

from evosearch.contracts import Objective, Status
from evosearch.population import costs_of

# Objectives, status and measures of the same individuals.
Rows = tuple[
    Float64[np.ndarray, "n objectives"],
    Int8[np.ndarray, " n"],
    Float64[np.ndarray, "n measures"],
]


class Known:
    """Scores by digest, and the best refinement of each structure.

    It is a pure function of the individuals remembered, in their order: a resumed campaign
    rebuilds it from the store and goes on as if it had never stopped.
    """

    def __init__(self, objectives: Sequence[Objective], measures: int) -> None:
        self._kinds = objectives
        self._rows: dict[bytes, int] = {}
        self._size = 0
        self._objectives = np.empty((1024, len(objectives)))
        self._status = np.empty(1024, dtype=np.int8)
        self._measures = np.empty((1024, measures))
        self._fits: dict[bytes, int] = {}
        self._best: dict[bytes, tuple[tuple[float, ...], bytes]] = {}

    def rows(self, digests: Sequence[bytes]) -> Int64[np.ndarray, " n"]:
        """Where the scores of each genome are, -1 for those never scored."""
        return np.array([self._rows.get(digest, -1) for digest in digests], dtype=np.int64)

    def scores(self, rows: Int64[np.ndarray, " n"]) -> Rows:
        """Objectives, status and measures at ``rows``."""
        return self._objectives[rows], self._status[rows], self._measures[rows]

    def best_of(self, structure: bytes, fits: int) -> bytes | None:
        """Best refined genome of a structure, once it was refined ``fits`` times."""
        if self._fits.get(structure, 0) < fits:
            return None
        return self._best[structure][1]

    def remember(
        self,
        digests: Sequence[bytes],
        objectives: Float64[np.ndarray, "n objectives"],
        status: Int8[np.ndarray, " n"],
        measures: Float64[np.ndarray, "n measures"],
    ) -> None:
        """Add scores; of a digest that is known already the first stay."""
        new = [i for i, digest in enumerate(digests) if self._take(digest)]
        if not new:
            return
        self._reserve()
        fresh = slice(self._size - len(new), self._size)
        self._objectives[fresh] = objectives[new]
        self._status[fresh] = status[new]
        self._measures[fresh] = measures[new]

    def remember_fits(
        self,
        structures: Sequence[bytes],
        digests: Sequence[bytes],
        genomes: Sequence[bytes],
        refined: Bool[np.ndarray, " n"],
    ) -> None:
        """Count the refinements among remembered individuals and keep the best of a structure.

        A genome that is its own structure has no fitted numbers; known by its digest, it is never
        asked for.
        """
        rows = self.rows(digests)
        costs = costs_of(self._objectives[rows], self._kinds)
        costs[self._status[rows] != Status.OK] = np.inf
        for i in np.flatnonzero(refined).tolist():
            structure, cost = structures[i], tuple(costs[i].tolist())
            if structure == digests[i]:
                continue
            self._fits[structure] = self._fits.get(structure, 0) + 1
            if structure not in self._best or cost < self._best[structure][0]:
                self._best[structure] = (cost, genomes[i])

    def _take(self, digest: bytes) -> bool:
        if digest in self._rows:
            return False
        self._rows[digest] = self._size
        self._size += 1
        return True

    def _reserve(self) -> None:
        missing = self._size - len(self._status)
        if missing > 0:
            more = max(missing, len(self._status))
            self._objectives = _grown(self._objectives, more)
            self._status = _grown(self._status, more)
            self._measures = _grown(self._measures, more)


def _grown(array: Any, more: int) -> Any:
    return np.concatenate([array, np.empty((more, *array.shape[1:]), array.dtype)])
