"""State: where a campaign stands between two generations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64

from evosearch.campaign.front import Front
from evosearch.contracts import Evaluator, Objective, SearchSpace, failed
from evosearch.evaluation import Evaluated
from evosearch.population import Population, costs_of
from evosearch.store.records import (
    FIRST_DIGEST,
    FrontMember,
    GenerationRecord,
    IndividualRows,
    KnownStructures,
    ResumePoint,
    StoredIndividuals,
)


@dataclass(frozen=True, eq=False)
class State:
    """Everything that the next generation follows from, besides the seed.

    Attributes:
        generation: Number of the last one, -1 before the first.
        digest: State digest after it.
        evaluations: Individuals scored so far.
        seconds: Time spent so far.
        next_id: Id of the next child.
        islands: Survivors of each island, None before the first generation.
        front: Over all islands and generations.
    """

    generation: int
    digest: bytes
    evaluations: int
    seconds: float
    next_id: int
    islands: Sequence[Population | None]
    front: Front

    @classmethod
    def initial(cls, islands: int, objectives: int) -> "State":
        """Before the first generation."""
        return cls(-1, FIRST_DIGEST, 0, 0.0, 1, [None] * islands, Front.empty(objectives))

    @classmethod
    def restored(
        cls,
        point: ResumePoint,
        individuals: KnownStructures,
        space: SearchSpace,
        evaluator: Evaluator,
    ) -> "State":
        """After the last committed generation, read back from the store."""
        rows = np.searchsorted(individuals.ids, np.array(point.front, dtype=np.int64))
        genomes, expressions = None, []
        if len(rows):
            genomes = evaluator.genome_type.from_bytes([individuals.genomes[row] for row in rows])
            expressions = space.describe(genomes)
        front = Front(individuals.ids[rows], genomes, individuals.objectives[rows], expressions)
        return cls(
            point.generation,
            point.digest,
            point.evaluations,
            point.seconds,
            point.next_id,
            [_population(survivors, evaluator) for survivors in point.survivors],
            front,
        )

    def record(
        self, rows: IndividualRows, profile: Mapping[str, float], kinds: Sequence[Objective]
    ) -> GenerationRecord:
        """What the store keeps of the last generation, whose children are ``rows``."""
        front = zip(self.front.ids.tolist(), self.front.expressions, strict=True)
        return GenerationRecord(
            generation=self.generation,
            individuals=rows,
            survivors=[population.ids for population in self.islands if population is not None],
            front=[FrontMember(id, text) for id, text in front],
            digest=self.digest,
            evaluations=self.evaluations,
            reused=int(rows.reused.sum()),
            failed=int(failed(rows.status).sum()),
            seconds=self.seconds,
            profile=profile,
            best=self.front.best(kinds),
        )


def children_of(
    evaluated: Evaluated,
    ids: Int64[np.ndarray, " n"],
    generation: int,
    evaluator: Evaluator,
) -> Population:
    """Evaluated children as a population."""
    return Population(
        ids=ids,
        genomes=evaluated.genomes,
        digests=evaluated.digests,
        objectives=evaluated.objectives,
        costs=costs_of(evaluated.objectives, evaluator.objectives),
        status=evaluated.status,
        measures=evaluated.measures,
        sizes=evaluated.genomes.sizes(),
        births=np.full(len(ids), generation, dtype=np.int64),
    )


def _population(stored: StoredIndividuals, evaluator: Evaluator) -> Population:
    genomes: Any = evaluator.genome_type.from_bytes(stored.genomes)
    return Population(
        ids=stored.ids,
        genomes=genomes,
        digests=stored.digests,
        objectives=stored.objectives,
        costs=costs_of(stored.objectives, evaluator.objectives),
        status=stored.status,
        measures=stored.measures,
        sizes=stored.sizes,
        births=stored.births,
    )
