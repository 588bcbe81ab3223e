"""A tiny search that needs no evaluator: generations of made-up individuals."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice

import numpy as np

from evosearch.contracts import Objective, Status
from evosearch.store.records import (
    FIRST_DIGEST,
    CampaignRecord,
    FrontMember,
    GenerationRecord,
    IndividualRows,
    state_digest,
)
from evosearch.store.store import Store

OBJECTIVES = (Objective("error", "minimize", "log"), Objective("speed", "maximize"))
MEASURES = ("width", "depth")
ISLANDS = 2
SLOTS = 6


def campaign_record(name: str = "exp2", **changes: object) -> CampaignRecord:
    fields = {
        "name": name,
        "seed": 2**64 - 1,
        "notes": "first try; 'quoted' \u03c0",
        "config": {"budget": {"generations": 3}, "space": {"use": "expressions"}},
        "fingerprint": {"numpy": "2"},
        "genome_type": "evosearch.genomes.program:ProgramBatch",
        "objectives": OBJECTIVES,
        "measures": MEASURES,
        "evaluator_key": "ab" * 16,
        "n_islands": ISLANDS,
    }
    return CampaignRecord(**{**fields, **changes})  # type: ignore[arg-type]


def digest_of(genome: bytes) -> bytes:
    return blake2b(genome, digest_size=16).digest()


def children(generation: int, first_id: int, slots: int = SLOTS) -> IndividualRows:
    """Two islands of children; some repeat genomes, the last ones of an island fail."""
    n = ISLANDS * slots
    rng = np.random.default_rng(generation)
    genomes = [b"genome %d" % value for value in rng.integers(0, 4 * n, n)]
    status = np.zeros(n, np.int8)
    status[slots - 1] = Status.TIMEOUT
    status[-1] = Status.NONFINITE
    objectives = rng.normal(size=(n, 2)).round(3) ** 2
    objectives[-1] = [np.inf, np.nan]
    parents = np.zeros((n, 3), np.int64)
    if first_id > 1:
        parents[:, :2] = rng.integers(1, first_id, (n, 2))
        parents[::2, 1] = 0
    return IndividualRows(
        ids=np.arange(first_id, first_id + n),
        islands=np.repeat(np.arange(ISLANDS), slots),
        slots=np.tile(np.arange(slots), ISLANDS),
        operators=["insert" if row % 2 else "rewire+insert" for row in range(n)],
        parents=parents,
        genomes=genomes,
        digests=[digest_of(genome) for genome in genomes],
        structures=[digest_of(genome[:8]) for genome in genomes],
        sizes=np.array([genome[-1] for genome in genomes], np.int64),
        objectives=objectives,
        status=status,
        measures=rng.random((n, 2)),
        reused=np.arange(n) % 5 == 3,
        messages={slots - 1: "took longer than 1 s"},
    )


def search(
    point_generation: int = -1, next_id: int = 1, digest: bytes = FIRST_DIGEST
) -> Iterator[GenerationRecord]:
    """Generations without end, from where a campaign stands; a pure function of that."""
    generation = point_generation
    while True:
        generation += 1
        rows = children(generation, next_id)
        next_id += len(rows)
        digest = state_digest(digest, rows)
        survivors = [rows.ids[:3][::-1], rows.ids[SLOTS : SLOTS + 2]]
        front = [FrontMember(int(rows.ids[0]), "x + 1"), FrontMember(int(rows.ids[1]), "x * x")]
        yield GenerationRecord(
            generation=generation,
            individuals=rows,
            survivors=survivors,
            front=front if generation % 2 else front[:1],
            digest=digest,
            evaluations=next_id - 1,
            reused=int(rows.reused.sum()),
            failed=int((rows.status != 0).sum()),
            seconds=1.5 * (generation + 1),
            profile={"score": 0.5, "breed": 0.25},
            best={"error": 1.0 / (generation + 1), "speed": float(generation)},
        )


def drive(store: Store, campaign_id: int, generations: int) -> None:
    """Run the fake search up to and including generation ``generations - 1``."""
    for record in missing(store, campaign_id, generations):
        store.commit(campaign_id, record)


def drive_writer(store: Store, campaign_id: int, generations: int) -> None:
    """The same with a writer, making the next generation while one is stored."""
    writer = store.writer(campaign_id)
    for record in missing(store, campaign_id, generations):
        writer.submit(record)
    writer.close()


def missing(store: Store, campaign_id: int, generations: int) -> Iterator[GenerationRecord]:
    """Generations that follow the stored ones, up to ``generations - 1``."""
    point = store.resume_point(campaign_id)
    done = point.generation + 1 if point else 0
    places = search(point.generation, point.next_id, point.digest) if point else search()
    return islice(places, max(0, generations - done))


def filled(store: Store, generations: int = 3, **changes: object) -> int:
    """A campaign with some generations, held by ``store``."""
    prepared = {"inputs": np.linspace(0, 1, 5), "codes": np.array([[1, 2]], np.int16)}
    campaign_id = store.create_campaign(campaign_record(**changes), prepared)  # type: ignore[arg-type]
    store.acquire(campaign_id)
    drive(store, campaign_id, generations)
    return campaign_id
