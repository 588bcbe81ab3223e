"""Threads of the driving process: compiled evaluators release the interpreter lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from evosearch import cores
from evosearch.contracts import Status
from evosearch.errors import EvaluatorError
from evosearch.execution.protocol import Failed

R = TypeVar("R")
_LONGEST_MESSAGE = 500


class InlineExecutor:
    """At most ``workers`` batches at a time. It cannot stop a batch that never ends."""

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix="evosearch", initializer=cores.share, initargs=(workers,)
        )

    def run(self, work: Callable[[Any], R], batches: Sequence[Any]) -> list[R | Failed]:
        """See `evosearch.execution.protocol.Executor`."""

        def guarded(batch: Any) -> R | Failed:
            try:
                return work(batch)
            except EvaluatorError:
                raise
            except MemoryError as error:
                return Failed(Status.MEMORY, _text(error))
            except Exception as error:
                return Failed(Status.ERROR, _text(error))

        return list(self._pool.map(guarded, batches))

    def close(self) -> None:
        """End the threads; batches that have not begun are dropped."""
        self._pool.shutdown(cancel_futures=True)


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_MESSAGE]
