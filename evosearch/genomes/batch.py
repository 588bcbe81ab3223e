"""The contract of genomes: an immutable batch of arrays whose leading axis is the individual."""

from collections.abc import Sequence
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


@runtime_checkable
class GenomeBatch(Protocol):
    """Genomes of one kind. Arrays are never mutated in place; every method returns a new batch."""

    def __len__(self) -> int:
        """Number of individuals."""
        ...

    def take(self, rows: IntArray) -> Self:
        """The individuals at ``rows``, in that order, repetitions allowed."""
        ...

    def concatenate(self, others: Sequence[Self]) -> Self:
        """This batch followed by ``others``."""
        ...

    def to_bytes(self) -> list[bytes]:
        """One versioned, little-endian, self-describing byte string per individual."""
        ...

    @classmethod
    def from_bytes(cls, rows: Sequence[bytes]) -> Self:
        """Strict inverse of `to_bytes` in bounded time and memory; raises GenomeFormatError."""
        ...

    def digests(self) -> list[bytes]:
        """16 bytes per individual (blake2b-128 of the byte form): equal iff the genomes are."""
        ...

    def structures(self) -> list[bytes]:
        """16 bytes per individual: equal iff the genomes differ in fitted numbers alone.

        Genomes without such numbers return `digests`.
        """
        ...

    def sizes(self) -> IntArray:
        """Size of each individual: operations of a program, genes of a vector, rows of a table."""
        ...


def replaced(genomes: Any, rows: IntArray, changed: Any) -> Any:
    """``genomes`` with those at ``rows`` exchanged for ``changed``, in that order."""
    places = np.arange(len(genomes))
    places[rows] = len(genomes) + np.arange(len(rows))
    return genomes.concatenate([changed]).take(places)
