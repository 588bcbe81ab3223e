"""Threads of the driving process: compiled evaluators release the interpreter lock."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from evosearch import cores
from evosearch.errors import EvaluatorError
from evosearch.execution.failure import raised
from evosearch.execution.protocol import Failed, Work

R = TypeVar("R")


class InlineExecutor:
    """At most ``workers`` batches at a time. It cannot stop a batch that never ends."""

    compile_seconds = 0.0  # it is the evaluator's own, in this process

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix="evosearch", initializer=cores.share, initargs=(workers,)
        )

    def run(self, work: Work[R], batches: Sequence[Any]) -> list[R | Failed]:
        """See `evosearch.execution.protocol.Executor`."""

        def guarded(batch: Any) -> R | Failed:
            try:
                return work(batch)
            except EvaluatorError:
                raise
            except Exception as error:
                return raised(error)

        return list(self._pool.map(guarded, batches))

    def close(self) -> None:
        """End the threads; batches that have not begun are dropped."""
        self._pool.shutdown(cancel_futures=True)
