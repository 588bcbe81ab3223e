"""Where batches run: the contract of executors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from evosearch.contracts import Status
from evosearch.execution.message import Message

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


@dataclass(frozen=True)
class Failed:
    """A batch that gave no result.

    Attributes:
        status: What became of it.
        message: Why.
        again: Whether it may go well another time: the batch did not end, or its process died.
    """

    status: Status
    message: str
    again: bool = False


class Work(Protocol[R_co]):
    """What is done with a batch: here by calling it, elsewhere by what it asks of its likes."""

    def __call__(self, batch: Any, /) -> R_co:
        """The result of a batch."""
        ...

    def request(self, batch: Any, /) -> Message:
        """What a worker elsewhere has to know of this batch."""
        ...

    def response(self, batch: Any, answer: Message, /) -> R_co:
        """The result of a batch, from what a worker answered to `request`.

        Raises:
            FormatError: The answer cannot be read.
        """
        ...


class Executor(Protocol):
    """Runs work on batches of genomes; it never retries and never reorders."""

    @property
    def compile_seconds(self) -> float:
        """Seconds spent compiling outside of this process."""
        ...

    def run(self, work: Work[R], batches: Sequence[Any]) -> list[R | Failed]:
        """Outcome of each batch, in the order of ``batches`` whatever finished first.

        Raises:
            EvaluatorError: The evaluator broke its contract; every other exception of ``work`` is
                a `Failed`.
        """
        ...

    def close(self) -> None:
        """Free what the executor holds; may be called twice."""
        ...
