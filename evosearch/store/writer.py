"""Writer: commits generations in a thread of its own, while the next one is evaluated."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from evosearch.errors import EvosearchError
from evosearch.store.engine import SqlEngine
from evosearch.store.ingest import Ingest
from evosearch.store.lease import Lease, fence
from evosearch.store.records import GenerationRecord
from evosearch.store.retention import prunes

BEATS = 4  # heartbeats in the time of a lease


class Writer:
    """The thread that writes one campaign; made by `Store.writer`, closed before its store.

    It has a connection of its own, because a connection belongs to a thread. At most one
    generation is in its hands. Between generations it extends the lease, so that a generation may
    take longer than that.
    """

    def __init__(self, connect: Callable[[], SqlEngine], lease: Lease, retain: str) -> None:
        self._lease = lease
        self._retain = retain
        self._last: Future[int] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="evosearch-store")
        self._engine = self._thread.submit(connect)
        self._ingest = self._thread.submit(lambda: Ingest(self._engine.result(), lease))
        self._closing = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="evosearch-lease", daemon=True)
        self._heart.start()

    def submit(self, record: GenerationRecord) -> Future[int]:
        """Hand a generation over; the record must not be changed any more.

        Waits for the generation before. Nothing follows a generation that could not be stored.

        Returns:
            What `Store.commit` returns or raises, once the generation is stored.

        Raises:
            EvosearchError: The generation before could not be stored.
        """
        if self._last is not None:
            self._last.result()
        self._last = self._thread.submit(lambda: self._ingest.result().commit(record))
        return self._last

    def prunes(self, generation: int) -> bool:
        """Whether its commit may drop individuals: the next evaluation has to wait for that."""
        return prunes(self._retain, generation)

    def close(self) -> None:
        """Finish the generation in hand, whatever comes of it; may be called twice."""
        self._closing.set()
        self._heart.join()
        self._thread.shutdown()

    def _beat(self) -> None:
        while not self._closing.wait(self._lease.seconds / BEATS):
            self._thread.submit(self._extend).result()
        self._thread.submit(self._disconnect)

    def _extend(self) -> None:
        with suppress(EvosearchError):  # the next commit says what is wrong
            engine = self._engine.result()
            with engine.transaction():
                fence(engine, self._lease)

    def _disconnect(self) -> None:
        if self._engine.exception() is None:
            self._engine.result().close()
