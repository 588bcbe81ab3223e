"""Failures: how an exception of an evaluator, or the end of its process, is told."""

import signal

from evosearch.contracts import Status
from evosearch.execution.protocol import Failed

_LONGEST_MESSAGE = 500


def raised(error: Exception) -> Failed:
    """What becomes of a batch whose evaluation raised."""
    status = Status.MEMORY if isinstance(error, MemoryError) else Status.ERROR
    return Failed(status, f"{type(error).__name__}: {error}"[:_LONGEST_MESSAGE])


def died(code: int | None) -> Failed:
    """What becomes of a batch whose process ended by itself, by its exit code."""
    if code is not None and code < 0:
        try:
            how = f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            how = f"was killed by signal {-code}"
    else:
        how = f"ended with exit code {code}"
    return Failed(Status.ERROR, f"the worker process {how}", again=True)
