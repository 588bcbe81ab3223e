"""Commits: the generation on its way into the store, and who is told once it is there."""

from collections.abc import Callable
from concurrent.futures import Future, wait

from evosearch.campaign.profile import Profile
from evosearch.campaign.progress import Progress
from evosearch.store.records import GenerationRecord
from evosearch.store.writer import Writer


class Commits:
    """At most one generation is on its way; what is told is always stored.

    Attributes:
        callback: Is told of every stored generation, in the thread of the loop.
    """

    def __init__(self, writer: Writer, rebuild: Callable[[], object], profile: Profile) -> None:
        self.callback: Callable[[Progress], None] | None = None
        self._writer = writer
        self._rebuild = rebuild
        self._profile = profile
        self._pending: tuple[Future[int], Callable[[], Progress]] | None = None

    def begin(
        self, record: GenerationRecord, progress: Callable[[], Progress], patience: float
    ) -> None:
        """Send a generation on its way, after the one before has arrived.

        Args:
            record: Of the generation.
            progress: Makes what is told when it is stored.
            patience: Seconds to wait for that here; as long as it takes where retention may drop
                individuals, which evaluation must not know any more.

        Raises:
            EvosearchError: It, or the one before, could not be stored.
        """
        self.settle()
        self._pending = self._writer.submit(record), progress
        self.settle(None if self._writer.prunes(record.generation) else patience)

    def settle(self, patience: float | None = None) -> None:
        """Wait for the generation on its way, and tell that it is stored.

        Args:
            patience: Seconds after which to give up waiting; None waits as long as it takes.

        Raises:
            EvosearchError: It could not be stored.
        """
        if self._pending is None:
            return
        future, progress = self._pending
        with self._profile.part("waiting"):
            if not wait([future], patience).done:
                return
        self._pending = None
        if future.result():
            self._rebuild()
        if self.callback is not None:
            self.callback(progress())

    def close(self) -> None:
        """Finish what is on its way and end the writer's thread."""
        try:
            self.settle()
        finally:
            self._writer.close()
