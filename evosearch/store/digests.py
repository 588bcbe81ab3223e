"""DigestIndex: which genomes a campaign has stored, in memory.

A unique index in the database would be hit at random places and slow commits by the gigabyte;
24 bytes a genome in sorted runs do the same job.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from jaxtyping import Int64

Keys = npt.NDArray[np.bytes_]  # "S16": compared as 16 bytes


def keys_of(digests: Sequence[bytes]) -> Keys:
    """Digests as one array; raises ValueError unless each has 16 bytes."""
    if set(map(len, digests)) - {16}:
        raise ValueError("a genome's digest must have 16 bytes (blake2b-128)")
    return np.frombuffer(b"".join(digests), dtype="S16")


class DigestIndex:
    """Digest -> genome id, as sorted runs that are merged when they are of like length."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Int64[np.ndarray, " run"]]] = []

    def find(self, keys: Keys) -> Int64[np.ndarray, " n"]:
        """Id of each, 0 for those that are not there."""
        found = np.zeros(len(keys), np.int64)
        for run, ids in self._runs:
            places = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            hits = run[places] == keys
            found[hits] = ids[places[hits]]
        return found

    def add(self, keys: Keys, ids: Int64[np.ndarray, " n"]) -> None:
        """Add digests that are not there yet."""
        if not len(keys):
            return
        self._push(keys, ids)
        while len(self._runs) > 1 and len(self._runs[-2][0]) <= 2 * len(self._runs[-1][0]):
            newer, older = self._runs.pop(), self._runs.pop()
            self._push(np.concatenate([older[0], newer[0]]), np.concatenate([older[1], newer[1]]))

    def _push(self, keys: Keys, ids: Int64[np.ndarray, " n"]) -> None:
        order = np.argsort(keys, kind="stable")
        self._runs.append((keys[order], ids[order]))
