"""Evaluation: score children once, in batches, and reuse what is known."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64

from evosearch.contracts import Bars, Scores
from evosearch.evaluation.batches import Computed, in_batches
from evosearch.evaluation.known import Known, Rows
from evosearch.evaluation.staged import shares_of, staged
from evosearch.evaluation.worker import Worker
from evosearch.execution import Executor
from evosearch.genomes.batch import replaced
from evosearch.stages import Stage


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Children after evaluation, in slot order.

    Attributes:
        genomes: As refined.
        digests: Of these.
        structures: Of these.
        objectives: As the evaluator returned them, NaN for batches that failed.
        status: A `Status` each.
        measures: In the order of the evaluator's names.
        reused: Whether the scores were known before this batch, or came from another child of it.
        evaluations: How many count for the budget: all that this campaign had not scored before.
        messages: Row -> why it failed.
        seconds: Wall clock by part: ``refine``, ``score``, ``compile`` and, for the digests and
            what is known by them, ``lookup``.
        stages: What each fidelity said of those scored now, by slot; nothing where there is one.
    """

    genomes: Any
    digests: list[bytes]
    structures: list[bytes]
    objectives: Float64[np.ndarray, "n objectives"]
    status: Int8[np.ndarray, " n"]
    measures: Float64[np.ndarray, "n measures"]
    reused: Bool[np.ndarray, " n"]
    evaluations: int
    messages: Mapping[int, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    stages: Sequence[Stage] = ()

    def __len__(self) -> int:
        return len(self.digests)


class Evaluation:
    """Scores the children of one campaign.

    Whether a child is refined and scored depends on this campaign's own past alone. ``shared``
    scores, of other campaigns with the same evaluator, save time and never change the outcome:
    they replace the call of ``score`` for evaluators that do not refine.
    """

    def __init__(
        self,
        worker: Worker,
        executor: Executor,
        *,
        batch: int,
        max_fits: int,
        promote: Sequence[float] = (),
        shared: Known | None = None,
    ) -> None:
        self._worker = worker
        self._executor = executor
        self._batch = batch
        self._max_fits = max_fits
        self._shares = shares_of(worker.evaluator, promote)
        self._shared = None if worker.refines or self._shares else shared
        self.known = Known(worker.evaluator.objectives, len(worker.evaluator.measures))

    def evaluate(self, children: Any, bars: Bars | None = None) -> Evaluated:
        """Refine and score children; those already known, and repetitions, are looked up.

        ``bars`` are what they have to beat, for evaluators that spare effort by them.
        """
        self._worker = replace(self._worker, bars=np.zeros(0) if bars is None else bars)
        started = time.perf_counter()
        genomes = self._settled(children)
        digests = genomes.digests()
        fresh, first = self._fresh(digests)
        batch = self._score(genomes.take(fresh))
        if self._worker.refines:
            genomes = replaced(genomes, fresh, batch.computed.genomes).take(first)
            digests = genomes.digests()
        evaluated = self._remember(genomes, digests, fresh, batch)
        rest = time.perf_counter() - started - sum(evaluated.seconds.values())
        return replace(evaluated, seconds={**evaluated.seconds, "lookup": rest})

    def accept(self, children: Any, scores: Scores) -> Evaluated:
        """The same for children that were scored elsewhere; what was known before stays."""
        scores = self._worker.checked(scores, len(children))
        digests = children.digests()
        fresh, _ = self._fresh(digests)
        computed = Computed(
            children.take(fresh),
            (scores.objectives[fresh], scores.status[fresh], scores.measures[fresh]),
            {row: scores.messages[s] for row, s in enumerate(fresh) if s in scores.messages},
            {},
            np.zeros(len(fresh)),
        )
        batch = _Fresh(computed, np.zeros(len(fresh), dtype=bool))
        return self._remember(children, digests, fresh, batch)

    def rebuild(
        self,
        digests: Sequence[bytes],
        scores: Rows,
        structures: Sequence[bytes],
        genomes: Sequence[bytes],
        refined: Bool[np.ndarray, " n"],
    ) -> None:
        """Forget everything but these stored individuals of this campaign, in the order of ids.

        Args:
            digests: Of their genomes.
            scores: Objectives, status and measures.
            structures: Of their genomes.
            genomes: Byte form.
            refined: Which were refined and scored, not reused.
        """
        self.known = Known(self._worker.evaluator.objectives, len(self._worker.evaluator.measures))
        self.known.remember(digests, *scores)
        if self._worker.refines:
            self.known.remember_fits(structures, digests, genomes, refined)

    def _fresh(
        self, digests: Sequence[bytes]
    ) -> tuple[Int64[np.ndarray, " fresh"], Int64[np.ndarray, " n"]]:
        """Slots to score, and for each slot the first one of the same digest."""
        seen: dict[bytes, int] = {}
        first = np.array([seen.setdefault(digest, slot) for slot, digest in enumerate(digests)])
        unknown = self.known.rows(digests) < 0
        return np.flatnonzero(unknown & (first == np.arange(len(digests)))), first

    def _remember(
        self,
        genomes: Any,
        digests: list[bytes],
        fresh: Int64[np.ndarray, " fresh"],
        batch: "_Fresh",
    ) -> Evaluated:
        """All children with their scores, after the fresh ones have joined the known ones."""
        structures, computed = genomes.structures(), batch.computed
        self.known.remember([digests[slot] for slot in fresh], *computed.scores)
        objectives, status, measures = self.known.scores(self.known.rows(digests))
        reused = np.ones(len(digests), dtype=bool)
        reused[fresh[~batch.shared]] = False
        if self._worker.refines:
            self.known.remember_fits(structures, digests, genomes.to_bytes(), ~reused)
        return Evaluated(
            genomes=genomes,
            digests=digests,
            structures=structures,
            objectives=objectives,
            status=status,
            measures=measures,
            reused=reused,
            evaluations=len(fresh),
            messages={int(fresh[row]): text for row, text in computed.messages.items()},
            seconds=computed.seconds,
            stages=[replace(stage, rows=fresh[stage.rows]) for stage in computed.stages],
        )

    def _settled(self, children: Any) -> Any:
        """Children whose structure was refined often enough take the best constants known."""
        if not self._worker.refines:
            return children
        slots, best = [], []
        structures = children.structures()
        for slot in np.flatnonzero(self.known.rows(children.digests()) < 0).tolist():
            genome = self.known.best_of(structures[slot], self._max_fits)
            if genome is not None:
                slots.append(slot)
                best.append(genome)
        if not slots:
            return children
        return replaced(children, np.array(slots), type(children).from_bytes(best))

    def _score(self, genomes: Any) -> "_Fresh":
        """Refine and score genomes that this campaign does not know."""
        if self._shared is None:
            return _Fresh(self._compute(genomes), np.zeros(len(genomes), dtype=bool))
        shared = self._shared.rows(genomes.digests())
        rows = np.flatnonzero(shared < 0)
        computed = self._compute(genomes.take(rows))
        scores = self._shared.scores(shared)
        for known, new in zip(scores, computed.scores, strict=True):
            known[rows] = new
        messages = {int(rows[row]): text for row, text in computed.messages.items()}
        each = np.zeros(len(genomes))
        each[rows] = computed.each
        whole = Computed(genomes, scores, messages, computed.seconds, each)
        return _Fresh(whole, shared >= 0)

    def _compute(self, genomes: Any) -> Computed:
        """Refine and score genomes, at one fidelity or at one after the other."""

        def compute(worker: Worker, some: Any) -> Computed:
            return in_batches(worker, self._executor, some, self._batch)

        if not self._shares:
            return compute(self._worker, genomes)
        return staged(self._worker, compute, genomes, self._shares)


@dataclass(frozen=True, eq=False)
class _Fresh:
    """Genomes scored for the first time in this campaign, and which were known to another."""

    computed: Computed
    shared: Bool[np.ndarray, " n"]
