"""Deltas: large payloads, written as what sets them apart from their first parent's.

The column ``base`` of a genome says how its ``payload`` is written: NULL as it is; `ALONE`
compressed by zlib; else compressed is its exclusive or with the payload, of the same length, of
the genome of that number, which is older. This stands beside the payload because the bytes of a
genome may be anything: no mark within them could be told from a genome.

Digests are of payloads as they were given. Restoring takes bounded time and memory whatever the
database holds: chains end, and no payload is longer than `MAX_BYTES`.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from evosearch.errors import StorageError

if TYPE_CHECKING:
    from evosearch.store.reading import Rows

Row = tuple[int, int | None, bytes]  # id, base and payload of a genome

LARGE = 4096  # bytes up to which payloads are written as they are
MAX_BYTES = 1 << 28  # above which they are as well
MAX_CHAIN = 16  # payloads that one is restored from, its own among them
ALONE = 0  # the base of what is compressed by itself
REMEMBERED = 1 << 26  # bytes of payloads kept in memory

_SHORT = 32  # a delta of so small a share of the payload is taken without another attempt

_GENOME_SQL = "SELECT base, payload FROM genome WHERE campaign_id = :campaign AND id = :id"
_CARRIED_SQL = "SELECT genome_id FROM individual WHERE campaign_id = :campaign AND id = :id"


class Written(NamedTuple):
    """How a payload lies in the database."""

    base: int | None
    payload: bytes


class Restored(NamedTuple):
    """A payload as it was given, and how many it was restored from, itself among them."""

    payload: bytes
    chain: int


class Payloads:
    """Reads and writes the payloads of one campaign; remembers those restored last."""

    def __init__(self, database: Rows, campaign_id: int) -> None:
        self._database = database
        self._campaign = campaign_id
        self._kept: OrderedDict[int, Restored] = OrderedDict()
        self._size = 0

    def restore(self, id: int, base: int | None, payload: bytes) -> bytes:
        """The payload of a row of ``genome`` as it was given; raises StorageError."""
        if base is None and isinstance(payload, bytes):
            return payload
        return self._restored(id, base, payload, 1).payload

    def write(self, payloads: Sequence[bytes], parents: Sequence[int]) -> list[Written]:
        """How new payloads are to be written.

        Args:
            payloads: Of the new genomes.
            parents: The individual that each has as its first parent, 0 for none; of those that
                are stored.
        """
        return [
            written(payload, *self._carried(parent) if len(payload) > LARGE else (0, None))
            for payload, parent in zip(payloads, parents, strict=True)
        ]

    def _carried(self, individual: int) -> tuple[int, Restored | None]:
        """Number and payload of an individual's genome; None where it is not stored."""
        found = self._database.rows(_CARRIED_SQL, campaign=self._campaign, id=individual)
        return (found[0][0], self._find(found[0][0], 1)) if found else (0, None)

    def _find(self, id: int, links: int) -> Restored:
        if id in self._kept:
            self._kept.move_to_end(id)
            return self._kept[id]
        found = self._database.rows(_GENOME_SQL, campaign=self._campaign, id=id)
        if not found:
            raise _damaged(id)
        base, payload = found[0]
        restored = self._restored(id, base, payload, links)
        self._keep(id, restored)
        return restored

    def _restored(self, id: int, base: int | None, payload: bytes, links: int) -> Restored:
        if not isinstance(payload, bytes | memoryview) or not isinstance(base, int | None):
            raise _damaged(id)
        if base is None:
            return Restored(bytes(payload), 1)
        if base == ALONE:
            return Restored(_inflated(id, payload, MAX_BYTES), 1)
        if not 0 < base < id or links >= MAX_CHAIN:
            raise _damaged(id)
        below = self._find(base, links + 1)
        delta = _inflated(id, payload, len(below.payload))
        if len(delta) != len(below.payload) or below.chain >= MAX_CHAIN:
            raise _damaged(id)
        return Restored(_exclusive_or(delta, below.payload), below.chain + 1)

    def _keep(self, id: int, restored: Restored) -> None:
        self._kept[id] = restored
        self._size += len(restored.payload)
        while self._size > REMEMBERED:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped.payload)


class Lazily(Sequence[bytes]):
    """Payloads of rows (id, base, payload), each restored when it is asked for."""

    def __init__(self, payloads: Payloads, rows: Sequence[Row]) -> None:
        self._payloads = payloads
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self._payloads.restore(*row) for row in self._rows[place]]
        return self._payloads.restore(*self._rows[place])


def written(payload: bytes, id: int, parent: Restored | None) -> Written:
    """The shortest way to write a payload, whose first parent's genome may be ``id``."""
    best = Written(None, payload)
    if not LARGE < len(payload) <= MAX_BYTES:
        return best
    if parent and len(parent.payload) == len(payload) and parent.chain < MAX_CHAIN:
        delta = _deflated(_exclusive_or(payload, parent.payload))
        if len(delta) < len(payload):
            best = Written(id, delta)
        if len(delta) * _SHORT < len(payload):
            return best
    alone = _deflated(payload)
    return Written(ALONE, alone) if len(alone) < len(best.payload) else best


def _deflated(data: bytes) -> bytes:
    """Of tables and their differences, runs are both the fastest and the shortest strategy."""
    engine = zlib.compressobj(6, strategy=zlib.Z_RLE)
    return engine.compress(data) + engine.flush()


def _inflated(id: int, data: bytes, most: int) -> bytes:
    engine = zlib.decompressobj()
    try:
        found = engine.decompress(data, most + 1)
    except zlib.error as error:
        raise _damaged(id) from error
    if len(found) > most or not engine.eof or engine.unused_data:
        raise _damaged(id)
    return found


def _exclusive_or(one: bytes, other: bytes) -> bytes:
    import numpy as np

    both = np.frombuffer(one, np.uint8) ^ np.frombuffer(other, np.uint8)
    return both.tobytes()


def _damaged(id: Any) -> StorageError:
    return StorageError(
        f"the payload of genome {id} is damaged: run `evosearch db check` and restore the last "
        f"backup"
    )
