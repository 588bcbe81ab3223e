"""WorkerProcess: a process of our own that answers one batch at a time, seen from its driver."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from evosearch import cores
from evosearch.execution import limits
from evosearch.execution.message import Message

_PATIENCE = 0.5  # seconds that an idle process has to end by itself


class WorkerProcess:
    """One process.

    Started afresh, never forked: a fork of a process in which JAX runs may lock up. It is a
    process group of its own, so that what an evaluator has started ends with it.

    Attributes:
        connection: Messages come and go here; at its end the process is gone.
        ready: Whether it has said that it can work.
        batch: Number of the batch that it has, None while it is idle.
        since: When it got that, or was started.
        done: Batches that it has answered.
        compile_seconds: That it has spent compiling, as it said last.
    """

    def __init__(self, recipe: bytes, workers: int) -> None:
        ours, theirs = socket.socketpair()
        self.connection = Connection(ours.detach())
        self.ready = False
        self.batch: int | None = None
        self.since = time.monotonic()
        self.done = 0
        self.compile_seconds = 0.0
        environment = limits.environment(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
        environment["EVOSEARCH_CORES"] = str(max(1, cores.available() // workers))
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "evosearch.execution.child",
                    str(theirs.fileno()),
                    str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        with suppress(OSError):  # it is gone already: the driver finds out when it reads
            self.connection.send_bytes(recipe)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def begin(self, batch: int, request: Message) -> None:
        """Give it a batch."""
        self.batch, self.since = batch, time.monotonic()
        with suppress(OSError):
            self.connection.send_bytes(request.pack())

    def receive(self) -> Message | None:
        """What it says; None where it is gone."""
        try:
            return Message.unpack(self.connection.recv_bytes())
        except (EOFError, OSError):
            return None

    def end(self, *, patient: bool = False) -> int | None:
        """Its exit code, or the signal that killed it, negative, after it has ended."""
        self.connection.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE if patient else 0.05)
        code = self._process.returncode
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return code if code is not None else self._process.returncode
