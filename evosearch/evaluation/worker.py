"""Worker: refines and scores one batch, and checks what the evaluator returns."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from evosearch.contracts import Bars, Evaluator, Key, Prepared, Scores, Status
from evosearch.errors import EvaluatorError, FormatError
from evosearch.execution import Message


@dataclass(frozen=True, eq=False)
class Scored:
    """A batch after refinement, its scores, and the seconds of ``refine``, ``score``, ``compile``.

    Compiling happens within the other two and is not counted there.
    """

    genomes: Any
    scores: Scores
    seconds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Worker:
    """Everything that scoring a batch depends on besides the genomes.

    Attributes:
        evaluator: Scores them.
        name: Of the evaluator, for messages.
        prepared: What its ``prepare`` returned when the campaign was created.
        width: Every batch is padded to this many individuals, because compiled code may round
            differently for another width; 0 for evaluators that say ``batch_invariant = True``.
        fidelity: At which to score.
        refine_key: The same for the whole campaign: refinement depends on the genome alone.
        score_key: Likewise.
        bars: What the genomes have to beat, see `evosearch.contracts.Bars`.
        first: Whether genomes are refined, which happens at the first fidelity alone.
    """

    evaluator: Evaluator
    name: str
    prepared: Prepared
    width: int
    fidelity: str
    refine_key: Key
    score_key: Key
    bars: Bars = field(default_factory=lambda: np.zeros(0))
    first: bool = True

    @property
    def refines(self) -> bool:
        """Whether the evaluator improves genomes before it scores them."""
        return self.first and hasattr(self.evaluator, "refine")

    def at(self, number: int) -> Self:
        """The same at one of the evaluator's fidelities."""
        return replace(self, fidelity=self.evaluator.fidelities[number], first=number == 0)

    def __call__(self, genomes: Any) -> Scored:
        """Refine and score a batch of at most ``width`` individuals.

        Raises:
            EvaluatorError: What came back has another shape or type than the contract says.
        """
        n = len(genomes)
        marks = [self._clock()]
        padded = genomes.take(_padded(n, self.width))
        if self.refines:
            padded = self.refine(padded)
        marks.append(self._clock())
        scores = self.evaluator.score(
            padded, self.prepared, fidelity=self.fidelity, key=self.score_key
        )
        scores = _first(self.checked(scores, len(padded)), n)
        marks.append(self._clock())
        return Scored(padded.take(np.arange(n)), scores, _spent(*marks))

    def request(self, genomes: Any) -> Message:
        """What a worker elsewhere has to know to do the same with these genomes."""
        facts = {"fidelity": self.fidelity, "first": self.first}
        return Message(facts, {"bars": self.bars}, genomes.to_bytes())

    def answer(self, genome_type: Any, request: Message) -> Message:
        """What this worker says to the request of its like elsewhere."""
        mine = replace(
            self,
            fidelity=request.facts["fidelity"],
            first=request.facts["first"],
            bars=request.arrays["bars"],
        )
        scored = mine(genome_type.from_bytes(request.blobs))
        scores = scored.scores
        facts = {
            "seconds": dict(scored.seconds),
            "messages": [[int(row), text] for row, text in scores.messages.items()],
            "compile_seconds": self._clock()[1],
        }
        arrays = {
            "objectives": scores.objectives,
            "status": scores.status,
            "measures": scores.measures,
        }
        return Message(facts, arrays, scored.genomes.to_bytes() if mine.refines else [])

    def response(self, genomes: Any, answer: Message) -> Scored:
        """The batch as it was scored elsewhere.

        Raises:
            FormatError: The answer is none to the request.
        """
        try:
            refined = type(genomes).from_bytes(answer.blobs) if self.refines else genomes
            arrays, facts = answer.arrays, answer.facts
            messages = {int(row): str(text) for row, text in facts["messages"]}
            scores = Scores(arrays["objectives"], arrays["status"], arrays["measures"], messages)
            seconds = {str(name): float(value) for name, value in facts["seconds"].items()}
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"a worker's answer lacks something: {error!r}") from error
        if len(refined) != len(genomes):
            raise FormatError(f"a worker answered {len(refined)} genomes, not {len(genomes)}")
        return Scored(refined, self.checked(scores, len(genomes)), seconds)

    def _clock(self) -> tuple[float, float]:
        """Wall clock, and how much of it this process spent compiling."""
        return time.perf_counter(), float(getattr(self.evaluator, "compile_seconds", 0.0))

    def refine(self, genomes: Any) -> Any:
        """Refined genomes, checked; only where the evaluator `refines`."""
        more = {"bars": self.bars} if getattr(self.evaluator, "takes_bars", False) else {}
        refined = self.evaluator.refine(  # type: ignore[attr-defined]
            genomes, self.prepared, self.refine_key, **more
        )
        if not isinstance(refined, self.evaluator.genome_type) or len(refined) != len(genomes):
            raise EvaluatorError(
                f"evaluator {self.name!r}: refine has to return a "
                f"{self.evaluator.genome_type.__name__} of {len(genomes)} genomes, received "
                f"{_what(refined)}"
            )
        return refined

    def checked(self, scores: Scores, n: int) -> Scores:
        """The scores of n individuals in the promised types; non-finite ones lose status OK."""
        if not isinstance(scores, Scores):
            raise EvaluatorError(
                f"evaluator {self.name!r}: score has to return evosearch.contracts.Scores, "
                f"received {_what(scores)}"
            )
        names = [objective.name for objective in self.evaluator.objectives]
        measures = scores.measures
        if not self.evaluator.measures and np.size(measures) == 0:
            measures = np.zeros((n, 0))
        objectives = self._array("objectives", scores.objectives, n, names)
        measures = self._array("measures", measures, n, self.evaluator.measures)
        status = np.asarray(scores.status)
        legal = (
            status.shape == (n,) and status.dtype.kind in "iu" and np.isin(status, list(Status))
        )
        if not np.all(legal):
            raise EvaluatorError(
                f"evaluator {self.name!r}: status has to be [batch] = [{n}] of "
                f"evosearch.contracts.Status (0 to {max(Status)}), received {_what(status)} "
                f"with values {sorted(set(status.ravel().tolist()))[:9]}"
            )
        last = self.fidelity == self.evaluator.fidelities[-1]
        needed = objectives if last else objectives[:, :1]
        finite = np.isfinite(needed).all(axis=1) & np.isfinite(measures).all(axis=1)
        broken = (status == Status.OK) & ~finite
        status = np.where(broken, Status.NONFINITE, status).astype(np.int8)
        return Scores(objectives, status, measures, dict(scores.messages))

    def _array(self, what: str, values: Any, n: int, names: Any) -> Any:
        values = np.asarray(values)
        if values.shape != (n, len(names)) or values.dtype.kind not in "fiu":
            raise EvaluatorError(
                f"evaluator {self.name!r}: {what} has to be [batch, {what}] = "
                f"[{n}, {len(names)}] real numbers ({', '.join(names)}), received {_what(values)}"
            )
        return values.astype(np.float64)


def _spent(
    started: tuple[float, float], refined: tuple[float, float], ended: tuple[float, float]
) -> dict[str, float]:
    """Seconds by part; other threads' compiling counts for at most the time that passed."""
    refine, score = refined[0] - started[0], ended[0] - refined[0]
    first = min(refine, refined[1] - started[1])
    second = min(score, ended[1] - refined[1])
    return {"refine": refine - first, "score": score - second, "compile": first + second}


def _padded(n: int, width: int) -> Any:
    """Rows 0..n-1, followed by repetitions of the first up to ``width``."""
    return np.concatenate([np.arange(n), np.zeros(max(0, width - n), dtype=np.int64)])


def _first(scores: Scores, n: int) -> Scores:
    messages = {row: text for row, text in scores.messages.items() if row < n}
    return replace(
        scores,
        objectives=scores.objectives[:n],
        status=scores.status[:n],
        measures=scores.measures[:n],
        messages=messages,
    )


def _what(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{list(value.shape)} of {value.dtype}"
    if hasattr(value, "__len__"):
        return f"{type(value).__name__} of length {len(value)}"
    return f"{type(value).__name__}: {value!r}"
