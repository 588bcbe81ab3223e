"""commit: one generation in one transaction."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from jaxtyping import Float64, Int8, Int64

from evosearch.contracts import failed
from evosearch.errors import StorageError
from evosearch.store import schema
from evosearch.store.deltas import LARGE, Payloads
from evosearch.store.digests import DigestIndex, Keys, keys_of
from evosearch.store.encoding import measures_to_bytes, timestamp, to_json
from evosearch.store.engine import SqlEngine
from evosearch.store.failpoints import failpoint
from evosearch.store.lease import Lease, fence
from evosearch.store.records import (
    FrontMember,
    GenerationRecord,
    IndividualRows,
    stored_objectives,
)
from evosearch.store.retention import prune

MAX_MESSAGE = 4096  # bytes of a failure's text

_LAST_SQL = """
    SELECT generation, first_id + children, total_reused, total_failed, total_profile
    FROM generation WHERE campaign_id = :campaign ORDER BY generation DESC LIMIT 1
"""
_FRONT_SQL = """
    SELECT individual_id FROM archive WHERE campaign_id = :campaign AND until_generation IS NULL
"""
_DIGESTS_SQL = "SELECT digest, id FROM genome WHERE campaign_id = :campaign"
_RETAIN_SQL = "SELECT retain FROM campaign WHERE id = :campaign"


class _Last(NamedTuple):
    """The generation before, and totals up to it."""

    generation: int
    next_id: int = 1
    reused: int = 0
    failed: int = 0
    profile: str = "{}"


class Ingest:
    """Writes the generations of one campaign that this process holds."""

    def __init__(self, engine: SqlEngine, lease: Lease) -> None:
        self._engine = engine
        self._lease = lease
        self._campaign = lease.campaign_id
        self._retain = str(engine.rows(_RETAIN_SQL, campaign=self._campaign)[0][0])
        self._index = self._load_index()
        self._payloads = Payloads(engine, self._campaign)
        self._untold = 0.0  # seconds of the commit before that its own profile could not tell

    def commit(self, record: GenerationRecord) -> int:
        """Store a generation; see `Store.commit`."""
        started = time.perf_counter()
        keys = keys_of(record.individuals.digests)
        failpoint("before-begin")
        with self._engine.transaction():
            fence(self._engine, self._lease)
            last = self._last(record)
            genome_ids, new = self._genome_ids(keys, record.individuals.ids)
            self._write_genomes(record.individuals, new)
            failpoint("after-genomes")
            self._write_individuals(record, genome_ids)
            self._write_edges(record.individuals)
            self._write_failures(record.individuals)
            self._write_stages(record.individuals)
            self._write_survivors(record.survivors)
            self._write_front(record.generation, record.front)
            dropped = prune(self._engine, self._campaign, self._retain, record.generation)
            told = time.perf_counter()
            self._write_generation(record, last, told - started + self._untold)
            failpoint("before-commit")
        failpoint("after-commit")
        if dropped:
            self._index = self._load_index()
        else:
            self._index.add(keys[new], record.individuals.ids[new])
        self._untold = time.perf_counter() - told
        return dropped

    def _load_index(self) -> DigestIndex:
        index = DigestIndex()
        rows = self._engine.rows(_DIGESTS_SQL, campaign=self._campaign)
        ids = np.array([row[1] for row in rows], np.int64)
        index.add(keys_of([bytes(row[0]) for row in rows]), ids)
        return index

    def _last(self, record: GenerationRecord) -> _Last:
        """What is stored before this generation; StorageError if it does not follow that."""
        found = self._engine.rows(_LAST_SQL, campaign=self._campaign)
        last = _Last(*found[0]) if found else _Last(record.generation - 1)
        if record.generation != last.generation + 1:
            raise StorageError(
                f"generation {record.generation} cannot follow generation {last.generation}"
            )
        ids = record.individuals.ids
        if not np.array_equal(ids, np.arange(last.next_id, last.next_id + len(ids))):
            raise StorageError(
                f"the children of generation {record.generation} must be numbered from "
                f"{last.next_id}, consecutively"
            )
        return last

    def _genome_ids(
        self, keys: Keys, ids: Int64[np.ndarray, " n"]
    ) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " new"]]:
        """Genome of each child, and the rows that bring a new one."""
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        known = self._index.find(keys)
        genome_ids = np.where(known > 0, known, ids[first[inverse]])
        return genome_ids, np.sort(first[known[first] == 0])

    def _write_genomes(self, rows: IndividualRows, new: Int64[np.ndarray, " new"]) -> None:
        places = new.tolist()
        payloads = [rows.genomes[row] for row in places]
        bases = {}
        if max(map(len, payloads), default=0) > LARGE:
            written = self._payloads.write(payloads, _first(rows.parents[new]))
            payloads = [each.payload for each in written]
            bases = {"base": [each.base for each in written]}
        self._insert(
            schema.genome,
            id=rows.ids[new].tolist(),
            digest=[rows.digests[row] for row in places],
            structure=[rows.structures[row] for row in places],
            size=rows.sizes[new].tolist(),
            payload=payloads,
            **bases,
        )

    def _write_individuals(
        self, record: GenerationRecord, genome_ids: Int64[np.ndarray, " n"]
    ) -> None:
        rows = record.individuals
        self._insert(
            schema.individual,
            id=rows.ids.tolist(),
            generation=[record.generation] * len(rows),
            island=rows.islands.tolist(),
            slot=rows.slots.tolist(),
            operator=rows.operators,
            genome_id=genome_ids.tolist(),
            status=rows.status.tolist(),
            reused=rows.reused.tolist(),
            **_score_columns(rows),
        )

    def _write_edges(self, rows: IndividualRows) -> None:
        child, position = np.nonzero(rows.parents)
        self._insert(
            schema.lineage_edge,
            child=rows.ids[child].tolist(),
            position=position.tolist(),
            parent=rows.parents[child, position].tolist(),
        )

    def _write_failures(self, rows: IndividualRows) -> None:
        lost = np.flatnonzero(failed(rows.status))
        self._insert(
            schema.evaluation,
            individual_id=rows.ids[lost].tolist(),
            status=rows.status[lost].tolist(),
            message=[_cut(rows.messages.get(row, "")) for row in lost.tolist()],
        )

    def _write_stages(self, rows: IndividualRows) -> None:
        for stage in rows.stages:
            n = len(stage.rows)
            self._insert(
                schema.stage,
                individual_id=rows.ids[stage.rows].tolist(),
                number=[stage.number] * n,
                fidelity=[stage.fidelity] * n,
                status=stage.status.tolist(),
                promoted=stage.promoted.tolist(),
                seconds=stage.seconds.tolist(),
                key=["{:08x}{:08x}".format(*stage.key)] * n,
                **_objective_columns(stage.objectives, stage.status),
            )

    def _write_survivors(self, survivors: Sequence[Int64[np.ndarray, " _"]]) -> None:
        table = schema.survivor
        self._engine.execute(sa.delete(table).where(table.c.campaign_id == self._campaign))
        sizes = [len(ids) for ids in survivors]
        self._insert(
            table,
            island=np.repeat(np.arange(len(sizes)), sizes).tolist(),
            position=[position for size in sizes for position in range(size)],
            individual_id=[id for ids in survivors for id in ids.tolist()],
        )

    def _write_front(self, generation: int, front: Sequence[FrontMember]) -> None:
        table = schema.archive
        stored = {row[0] for row in self._engine.rows(_FRONT_SQL, campaign=self._campaign)}
        left = sorted(stored - {member.id for member in front})
        if left:
            self._engine.execute(
                sa.update(table)
                .where(
                    table.c.campaign_id == self._campaign,
                    table.c.individual_id.in_(left),
                    table.c.until_generation.is_(None),
                )
                .values(until_generation=generation)
            )
        joined = [member for member in front if member.id not in stored]
        self._insert(
            table,
            individual_id=[member.id for member in joined],
            since_generation=[generation] * len(joined),
            until_generation=[None] * len(joined),
            expression=[member.expression for member in joined],
        )

    def _write_generation(self, record: GenerationRecord, last: _Last, seconds: float) -> None:
        profile = {**record.profile, "store": seconds}
        total = Counter(json.loads(last.profile))
        total.update(profile)
        self._engine.execute(
            sa.insert(schema.generation).values(
                campaign_id=self._campaign,
                generation=record.generation,
                committed=timestamp(),
                first_id=last.next_id,
                children=len(record.individuals),
                digest=record.digest,
                evaluations=record.evaluations,
                seconds=record.seconds,
                reused=record.reused,
                failed=record.failed,
                profile=to_json(profile),
                total_reused=last.reused + record.reused,
                total_failed=last.failed + record.failed,
                total_profile=to_json(total),
                best=to_json(dict(record.best)),
            )
        )

    def _insert(self, table: sa.Table, **columns: Sequence[Any]) -> None:
        rows = len(next(iter(columns.values())))
        self._engine.insert(table, {"campaign_id": [self._campaign] * rows, **columns})


def _score_columns(rows: IndividualRows) -> dict[str, list[Any]]:
    """Columns of measures and objectives, without those that hold nothing."""
    columns: dict[str, list[Any]] = {}
    if rows.measures.shape[1]:
        columns["measures"] = measures_to_bytes(rows.measures)
    return columns | _objective_columns(rows.objectives, rows.status)


def _objective_columns(
    objectives: Float64[np.ndarray, "n objectives"], status: Int8[np.ndarray, " n"]
) -> dict[str, list[Any]]:
    """Columns obj0, obj1, ...; NaN, which SQLite cannot hold, is NULL."""
    columns: dict[str, list[Any]] = {}
    for place, values in enumerate(stored_objectives(objectives, status).T):
        column: list[float | None] = values.tolist()
        for row in np.flatnonzero(np.isnan(values)).tolist():
            column[row] = None
        columns[f"obj{place}"] = column
    return columns


def _first(parents: Int64[np.ndarray, "n arity"]) -> list[int]:
    """The first parent of each, 0 for none."""
    return [next(filter(None, row), 0) for row in parents.tolist()]


def _cut(message: str) -> str:
    """At most `MAX_MESSAGE` bytes; without NUL, which PostgreSQL refuses."""
    return message.replace("\0", "").encode()[:MAX_MESSAGE].decode(errors="ignore")
