"""Where batches run: the contract of executors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from evosearch.contracts import Status

R = TypeVar("R")


@dataclass(frozen=True)
class Failed:
    """A batch that gave no result: what became of it, and why."""

    status: Status
    message: str


class Executor(Protocol):
    """Runs work on batches of genomes; it never retries and never reorders."""

    def run(self, work: Callable[[Any], R], batches: Sequence[Any]) -> list[R | Failed]:
        """Outcome of each batch, in the order of ``batches`` whatever finished first.

        Raises:
            EvaluatorError: The evaluator broke its contract; every other exception of ``work`` is
                a `Failed`.
        """
        ...

    def close(self) -> None:
        """Free what the executor holds; may be called twice."""
        ...
