"""What a driver reads back to go on: campaign, resume point, known scores and structures."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from evosearch.contracts import Objective, Status
from evosearch.errors import StorageError
from evosearch.store.deltas import Lazily, Payloads, Row
from evosearch.store.encoding import (
    array_from_row,
    measures_from_bytes,
    objectives_from_rows,
)
from evosearch.store.records import (
    CampaignRecord,
    KnownScores,
    KnownStructures,
    ResumePoint,
    StoredIndividuals,
)


class Rows(Protocol):
    """Anything that answers SELECTs."""

    def rows(self, sql: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT with named parameters (``:name``)."""
        ...


_CAMPAIGN_SQL = """
    SELECT c.name, c.seed, c.notes, c.genome_type, c.objectives, c.measures, c.evaluator_key,
           c.n_islands, c.retain, c.fidelity, f.config, f.fingerprint
    FROM campaign c JOIN campaign_config f ON f.campaign_id = c.id
    WHERE c.id = :campaign ORDER BY f.version DESC LIMIT 1
"""
_COUNTS_SQL = "SELECT objectives, measures FROM campaign WHERE id = :campaign"
_PREPARED_SQL = """
    SELECT name, dtype, shape, data, digest FROM prepared WHERE campaign_id = :campaign
    ORDER BY name
"""
_LAST_SQL = """
    SELECT generation, digest, evaluations, seconds, first_id + children FROM generation
    WHERE campaign_id = :campaign ORDER BY generation DESC LIMIT 1
"""
_SCORED = """
    g.digest, g.payload, i.status, i.measures,
    i.obj0, i.obj1, i.obj2, i.obj3, i.obj4, i.obj5, i.obj6, i.obj7, g.id, g.base
"""
_SURVIVORS_SQL = (
    "SELECT s.island, i.id, i.generation, g.size,"
    + _SCORED
    + """
    FROM survivor s
    JOIN individual i ON i.campaign_id = s.campaign_id AND i.id = s.individual_id
    JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    WHERE s.campaign_id = :campaign ORDER BY s.island, s.position
"""
)
_SURVIVOR_COUNT_SQL = "SELECT COUNT(*) FROM survivor WHERE campaign_id = :campaign"
_FRONT_SQL = """
    SELECT individual_id FROM archive WHERE campaign_id = :campaign AND until_generation IS NULL
    ORDER BY individual_id
"""
_STRUCTURES_SQL = (
    "SELECT i.id, g.structure, i.reused,"
    + _SCORED
    + """
    FROM individual i
    JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    WHERE i.campaign_id = :campaign ORDER BY i.id
"""
)
_SHARING_SQL = """
    SELECT id FROM campaign WHERE evaluator_key = :key AND fidelity = :fidelity ORDER BY id
"""
_SCORES_SQL = """
    SELECT g.digest, i.status, i.measures,
           i.obj0, i.obj1, i.obj2, i.obj3, i.obj4, i.obj5, i.obj6, i.obj7
    FROM individual i
    JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    WHERE i.campaign_id = :campaign AND i.status <= :computed ORDER BY i.id
"""


def campaign_record(database: Rows, campaign_id: int) -> CampaignRecord:
    """The campaign with its newest configuration."""
    (row,) = database.rows(_CAMPAIGN_SQL, campaign=campaign_id)
    name, seed, notes, genome_type, objectives, measures, key, islands, retain, fidelity = row[:10]
    return CampaignRecord(
        name=name,
        seed=int(seed),
        notes=notes,
        config=json.loads(row[10]),
        fingerprint=json.loads(row[11]),
        genome_type=genome_type,
        objectives=tuple(Objective(**objective) for objective in json.loads(objectives)),
        measures=tuple(json.loads(measures)),
        evaluator_key=key,
        n_islands=islands,
        retain=retain,
        fidelity=fidelity,
    )


def prepared_arrays(database: Rows, campaign_id: int) -> dict[str, npt.NDArray[Any]]:
    """What the evaluator prepared when the campaign was created."""
    return {
        name: array_from_row(dtype, shape, bytes(data), bytes(digest))
        for name, dtype, shape, data, digest in database.rows(_PREPARED_SQL, campaign=campaign_id)
    }


def resume_point(database: Rows, campaign_id: int) -> ResumePoint | None:
    """State after the last committed generation; None before the first."""
    last = database.rows(_LAST_SQL, campaign=campaign_id)
    if not last:
        return None
    generation, digest, evaluations, seconds, next_id = last[0]
    islands = int(
        database.rows("SELECT n_islands FROM campaign WHERE id = :id", id=campaign_id)[0][0]
    )
    rows = database.rows(_SURVIVORS_SQL, campaign=campaign_id)
    if len(rows) != database.rows(_SURVIVOR_COUNT_SQL, campaign=campaign_id)[0][0]:
        raise StorageError("survivors are missing from the database: restore the last backup")
    counts = _counts(database, campaign_id)
    payloads = Payloads(database, campaign_id)
    return ResumePoint(
        generation=generation,
        digest=bytes(digest),
        evaluations=evaluations,
        seconds=seconds,
        next_id=next_id,
        survivors=[
            _individuals([row for row in rows if row[0] == island], counts, payloads)
            for island in range(islands)
        ],
        front=[row[0] for row in database.rows(_FRONT_SQL, campaign=campaign_id)],
    )


def structures(database: Rows, campaign_id: int) -> KnownStructures:
    """Every stored individual in the order of ids."""
    objectives, measures = _counts(database, campaign_id)
    rows = database.rows(_STRUCTURES_SQL, campaign=campaign_id)
    return KnownStructures(
        ids=np.array([row[0] for row in rows], np.int64),
        structures=[bytes(row[1]) for row in rows],
        digests=[bytes(row[3]) for row in rows],
        genomes=_genomes(database, campaign_id, [(row[-2], row[-1], row[4]) for row in rows]),
        objectives=objectives_from_rows([row[7:-2] for row in rows], objectives),
        status=np.array([row[5] for row in rows], np.int8),
        measures=measures_from_bytes([row[6] for row in rows], measures),
        refined=np.array([not row[2] for row in rows], bool),
    )


def known_scores(database: Rows, evaluator_key: str, fidelity: str) -> KnownScores:
    """Computed scores of all campaigns that share the key, the oldest for each genome."""
    known: dict[bytes, Any] = {}
    counts = (0, 0)
    for (campaign_id,) in database.rows(_SHARING_SQL, key=evaluator_key, fidelity=fidelity):
        counts = _counts(database, campaign_id)
        rows = database.rows(_SCORES_SQL, campaign=campaign_id, computed=int(Status.NONFINITE))
        for row in rows:
            known.setdefault(bytes(row[0]), row)
    rows = list(known.values())
    return KnownScores(
        digests=list(known),
        objectives=objectives_from_rows([row[3:] for row in rows], counts[0]),
        status=np.array([row[1] for row in rows], np.int8),
        measures=measures_from_bytes([row[2] for row in rows], counts[1]),
    )


def _counts(database: Rows, campaign_id: int) -> tuple[int, int]:
    """Number of objectives and of measures."""
    objectives, measures = database.rows(_COUNTS_SQL, campaign=campaign_id)[0]
    return len(json.loads(objectives)), len(json.loads(measures))


def _genomes(database: Rows, campaign_id: int, rows: Sequence[Row]) -> Sequence[bytes]:
    """Payloads as they were given; where some are large, each only when it is asked for."""
    if all(base is None for _, base, _ in rows):
        return [bytes(payload) for *_, payload in rows]
    return Lazily(Payloads(database, campaign_id), rows)


def _individuals(
    rows: Sequence[Any], counts: tuple[int, int], payloads: Payloads
) -> StoredIndividuals:
    return StoredIndividuals(
        ids=np.array([row[1] for row in rows], np.int64),
        genomes=[payloads.restore(row[-2], row[-1], row[5]) for row in rows],
        digests=[bytes(row[4]) for row in rows],
        objectives=objectives_from_rows([row[8:-2] for row in rows], counts[0]),
        status=np.array([row[6] for row in rows], np.int8),
        measures=measures_from_bytes([row[7] for row in rows], counts[1]),
        sizes=np.array([row[3] for row in rows], np.int64),
        births=np.array([row[2] for row in rows], np.int64),
    )
