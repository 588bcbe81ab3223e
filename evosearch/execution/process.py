"""Processes of our own: a batch that hangs, crashes or eats memory ends with its process alone."""

import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import wait
from typing import Any, TypeVar

from evosearch.contracts import Status
from evosearch.errors import EvaluatorError, PluginError
from evosearch.execution import failure, limits
from evosearch.execution.message import Message
from evosearch.execution.protocol import Failed, Work
from evosearch.execution.worker_process import WorkerProcess

R = TypeVar("R")
_TICK = 0.05  # seconds between looks at memory and deadlines
_MAX_FALSE_STARTS = 3
_SLOWEST_START = 300.0  # seconds


class ProcessExecutor:
    """At most ``workers`` processes, started at once and kept warm; those that fail are replaced.

    Args:
        recipe: What each process is told first: ``make``, a function ``module:name`` that makes
            of it what answers requests.
        workers: Number of processes; they share the cores.
        timeout: Seconds that a batch may take; None for any time.
        warmup: Seconds more for the first batch of a process, in which it compiles.
        memory: MiB that a process may hold; None for any.
    """

    def __init__(
        self,
        recipe: Message,
        workers: int,
        *,
        timeout: float | None = None,
        warmup: float = 0.0,
        memory: float | None = None,
    ) -> None:
        self._recipe = recipe.pack()
        self._timeout, self._warmup, self._memory = timeout, warmup, memory
        self._compiled_before = 0.0  # by processes that are gone
        self._false_starts = 0
        self._workers: list[WorkerProcess] = []
        self._wanted = workers
        self._fill()

    @property
    def compile_seconds(self) -> float:
        """Seconds that its processes have spent compiling."""
        return self._compiled_before + sum(each.compile_seconds for each in self._workers)

    @property
    def pids(self) -> list[int]:
        """Of its processes."""
        return [worker.pid for worker in self._workers]

    def run(self, work: Work[R], batches: Sequence[Any]) -> list[R | Failed]:
        """See `evosearch.execution.protocol.Executor`.

        Raises:
            PluginError: The evaluator cannot be made in a process of its own.
        """
        outcomes: dict[int, R | Failed] = {}
        waiting = deque(range(len(batches)))
        try:
            while len(outcomes) < len(batches):
                self._fill()
                for worker in self._workers:
                    if waiting and worker.ready and worker.batch is None:
                        worker.begin(waiting[0], work.request(batches[waiting.popleft()]))
                for worker in self._heard():
                    number = worker.batch
                    outcome = self._outcome(worker, work, batches, worker.receive())
                    if number is not None and outcome is not None:
                        outcomes[number] = outcome
                for worker, failed in self._overdue():
                    assert worker.batch is not None
                    outcomes[worker.batch] = failed
                    self._drop(worker)
        finally:
            for worker in [each for each in self._workers if each.batch is not None]:
                self._drop(worker)  # nobody waits for its answer any more
        return [outcomes[number] for number in range(len(batches))]

    def close(self) -> None:
        """End the processes."""
        self._wanted = 0
        for worker in list(self._workers):
            self._drop(worker, patient=worker.batch is None)

    def _fill(self) -> None:
        while len(self._workers) < self._wanted:
            self._workers.append(WorkerProcess(self._recipe, self._wanted))

    def _heard(self) -> list[WorkerProcess]:
        """Processes that have said something, or are gone."""
        by_connection = {worker.connection: worker for worker in self._workers}
        found = wait(list(by_connection), _TICK)
        return [by_connection[connection] for connection in found]  # type: ignore[index]

    def _outcome(
        self, worker: WorkerProcess, work: Work[R], batches: Sequence[Any], answer: Message | None
    ) -> R | Failed | None:
        """What became of the batch that a process had; None where it had none."""
        number = worker.batch
        if answer is None:
            code = self._drop(worker)
            if number is None:
                self._false_start(f"they end with exit code {code}")
                return None
            return failure.died(code)
        if not worker.ready:
            if "broken" in answer.facts:
                self._drop(worker)
                raise PluginError(f"a worker process cannot start: {answer.facts['broken']}")
            worker.ready, self._false_starts = True, 0
            return None
        worker.batch, worker.done = None, worker.done + 1
        worker.compile_seconds = float(answer.facts.get("compile_seconds", 0.0))
        if "contract" in answer.facts:
            raise EvaluatorError(answer.facts["contract"])
        if "failed" in answer.facts:
            return Failed(Status(answer.facts["status"]), answer.facts["failed"])
        assert number is not None
        return work.response(batches[number], answer)

    def _false_start(self, why: str) -> None:
        self._false_starts += 1
        if self._false_starts >= _MAX_FALSE_STARTS:
            raise PluginError(f"worker processes do not start: {why}")

    def _overdue(self) -> list[tuple[WorkerProcess, Failed]]:
        """Processes that take too long or too much, and what becomes of their batches."""
        found = []
        for worker in self._workers:
            if not worker.ready and time.monotonic() - worker.since > _SLOWEST_START:
                raise PluginError(f"a worker process did not start within {_SLOWEST_START:g} s")
            if worker.batch is None:
                continue
            limit = None if self._timeout is None else self._timeout + self._grace(worker)
            if limit is not None and time.monotonic() - worker.since > limit:
                text = f"no result within {limit:g} s"
                found.append((worker, Failed(Status.TIMEOUT, text, again=True)))
            elif self._memory is not None and limits.resident_mib(worker.pid) > self._memory:
                text = f"the worker process took more than {self._memory:g} MiB"
                found.append((worker, Failed(Status.MEMORY, text, again=True)))
        return found

    def _grace(self, worker: WorkerProcess) -> float:
        return 0.0 if worker.done else self._warmup

    def _drop(self, worker: WorkerProcess, *, patient: bool = False) -> int | None:
        """End a process; its exit code."""
        self._workers.remove(worker)
        self._compiled_before += worker.compile_seconds
        return worker.end(patient=patient)
