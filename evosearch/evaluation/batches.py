"""Batches: genomes refined and scored through the executor, a fixed number at a time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float64

from evosearch.contracts import Scores, Status
from evosearch.evaluation.known import Rows
from evosearch.evaluation.worker import Scored, Worker
from evosearch.execution import Executor, Failed
from evosearch.stages import Stage

STRIKES = 2  # failures alone after which an individual is given up
MAX_FAILURES = 100  # of a generation, after which failing batches are given up as they are


@dataclass(frozen=True, eq=False)
class Computed:
    """Genomes that were refined and scored.

    Attributes:
        genomes: As refined.
        scores: Of these; of batches that failed NaN and why.
        messages: Row -> why it failed.
        seconds: Wall clock by part: ``refine``, ``score``, ``compile``.
        each: Seconds that each genome took: its share of its batch.
        stages: What the fidelities said, where there are several.
    """

    genomes: Any
    scores: Rows
    messages: Mapping[int, str]
    seconds: Mapping[str, float]
    each: Float64[np.ndarray, " n"]
    stages: Sequence[Stage] = field(default_factory=tuple)


def in_batches(worker: Worker, executor: Executor, genomes: Any, width: int) -> Computed:
    """Refine and score genomes, ``width`` of them at a time."""
    started = time.perf_counter()
    starts, done = _done(worker, executor, genomes, width)
    messages = {
        start + row: text
        for start, batch in zip(starts, done, strict=True)
        for row, text in batch.scores.messages.items()
    }
    seconds = _shares(done, time.perf_counter() - started)
    each = [np.full(len(b.genomes), _whole(b) / len(b.genomes)) for b in done]
    if not done:
        done = [_failure(genomes, _NOTHING, worker)]  # of length 0
    scores = (
        np.concatenate([batch.scores.objectives for batch in done]),
        np.concatenate([batch.scores.status for batch in done]),
        np.concatenate([batch.scores.measures for batch in done]),
    )
    refined = done[0].genomes.concatenate([batch.genomes for batch in done[1:]])
    return Computed(refined, scores, messages, seconds, np.concatenate([np.zeros(0), *each]))


@dataclass(frozen=True)
class _Piece:
    """Genomes start to end - 1, and how often they have failed alone."""

    start: int
    end: int
    strikes: int = 0

    def after(self, failed: Failed) -> list["_Piece"]:
        """What to try next: either half, one genome once more, or nothing."""
        if self.end - self.start > 1:
            middle = (self.start + self.end) // 2
            return [_Piece(self.start, middle), _Piece(middle, self.end)]
        if failed.again and self.strikes + 1 < STRIKES:
            return [_Piece(self.start, self.end, self.strikes + 1)]
        return []


def _done(
    worker: Worker, executor: Executor, genomes: Any, width: int
) -> tuple[list[int], list[Scored]]:
    """Batches that were scored or failed for good, in order, and where each starts.

    A batch that fails is taken apart until its culprits are alone, so that the others are scored.
    Batches are padded to one width, whatever they hold, so that this changes no score.
    """
    edges = [*range(0, len(genomes), width), len(genomes)]
    pieces = [_Piece(start, end) for start, end in pairwise(edges)]
    done: dict[int, Scored] = {}
    failures = 0
    while pieces:
        batches = [genomes.take(np.arange(piece.start, piece.end)) for piece in pieces]
        outcomes = executor.run(worker, batches)
        todo = []
        for piece, batch, outcome in zip(pieces, batches, outcomes, strict=True):
            if not isinstance(outcome, Failed):
                done[piece.start] = outcome
                continue
            failures += 1
            after = piece.after(outcome) if failures <= MAX_FAILURES else []
            todo += after
            if not after:
                done[piece.start] = _failure(batch, outcome, worker)
        pieces = todo
    starts = sorted(done)
    return starts, [done[start] for start in starts]


_NOTHING = Failed(Status.ERROR, "")


def _failure(genomes: Any, failed: Failed, worker: Worker) -> Scored:
    """What becomes of the genomes of a batch that gave no result."""
    n = len(genomes)
    evaluator = worker.evaluator
    scores = Scores(
        np.full((n, len(evaluator.objectives)), np.nan),
        np.full(n, failed.status, dtype=np.int8),
        np.full((n, len(evaluator.measures)), np.nan),
        dict.fromkeys(range(n), failed.message),
    )
    return Scored(genomes, scores, {})


def _whole(batch: Scored) -> float:
    return sum(batch.seconds.values())


def _shares(batches: Sequence[Scored], wall: float) -> dict[str, float]:
    """Wall clock of the batches by part, in proportion to what their workers measured."""
    whole = sum(map(_whole, batches))
    if not whole:
        return {"score": wall}
    return {
        name: wall * sum(batch.seconds.get(name, 0.0) for batch in batches) / whole
        for name in ("refine", "compile", "score")
    }
