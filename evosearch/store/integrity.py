"""check: does the database still hold what was committed?"""

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Any

import numpy as np

from evosearch.errors import StorageError
from evosearch.stages import Stage
from evosearch.store.deltas import Payloads
from evosearch.store.encoding import objectives_from_rows
from evosearch.store.ledger import check_ledgers
from evosearch.store.reading import Rows, prepared_arrays
from evosearch.store.records import FIRST_DIGEST, IndividualRows, state_digest

BLOCK = 1000  # genomes looked at together

_CAMPAIGNS_SQL = "SELECT id, name, objectives FROM campaign ORDER BY id"
_GENOMES_SQL = """
    SELECT digest, id, base, payload FROM genome WHERE campaign_id = :campaign AND id > :after
    ORDER BY id LIMIT :block
"""
_GENERATIONS_SQL = """
    SELECT generation, first_id, children, digest FROM generation WHERE campaign_id = :campaign
    ORDER BY generation
"""
_CHILDREN_SQL = """
    SELECT i.id, g.digest, i.status,
           i.obj0, i.obj1, i.obj2, i.obj3, i.obj4, i.obj5, i.obj6, i.obj7
    FROM individual i
    JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    WHERE i.campaign_id = :campaign AND i.id >= :first AND i.id < :behind ORDER BY i.id
"""
_STAGES_SQL = """
    SELECT number, individual_id, status, promoted,
           obj0, obj1, obj2, obj3, obj4, obj5, obj6, obj7
    FROM stage WHERE campaign_id = :campaign AND individual_id >= :first
    AND individual_id < :behind ORDER BY number, individual_id
"""


def check(database: Rows, dialect: str) -> list[str]:
    """One line per problem; an empty list means that all is well."""
    problems: list[str] = []
    if dialect == "sqlite":
        found = [str(row[0]) for row in database.rows("PRAGMA quick_check")]
        problems += [f"SQLite: {line}" for line in found if line != "ok"]
    for campaign_id, name, objectives in database.rows(_CAMPAIGNS_SQL):
        count = len(json.loads(objectives))
        problems += [f"{name}: {line}" for line in _check_prepared(database, campaign_id)]
        problems += [f"{name}: {line}" for line in _check_genomes(database, campaign_id)]
        problems += [f"{name}: {line}" for line in _check_chain(database, campaign_id, count)]
    return [*problems, *check_ledgers(database)]


def _check_prepared(database: Rows, campaign_id: int) -> Iterator[str]:
    try:
        prepared_arrays(database, campaign_id)
    except StorageError as error:
        yield str(error)


def _check_genomes(database: Rows, campaign_id: int) -> Iterator[str]:
    """Every genome's bytes against its digest."""
    after, payloads = 0, Payloads(database, campaign_id)
    while rows := database.rows(_GENOMES_SQL, campaign=campaign_id, after=after, block=BLOCK):
        for digest, id, base, payload in rows:
            try:
                restored = payloads.restore(id, base, payload)
            except StorageError:
                yield f"genome {id} cannot be restored from its payload"
                continue
            if blake2b(restored, digest_size=16).digest() != bytes(digest):
                yield f"genome {id} does not match its digest"
        after = rows[-1][1]


def _check_chain(database: Rows, campaign_id: int, objectives: int) -> Iterator[str]:
    """Every generation of which all children are kept against its state digest."""
    previous, last = FIRST_DIGEST, None
    for generation, first, children, digest in database.rows(
        _GENERATIONS_SQL, campaign=campaign_id
    ):
        if last is not None and generation != last + 1:
            yield f"generations {last + 1} to {generation - 1} are missing"
        else:
            bounds = {"first": first, "behind": first + children}
            rows = database.rows(_CHILDREN_SQL, campaign=campaign_id, **bounds)
            told = database.rows(_STAGES_SQL, campaign=campaign_id, **bounds)
            stages = _stages(told, first, objectives)
            if len(rows) == children and _digest(previous, rows, objectives, stages) != bytes(
                digest
            ):
                yield f"generation {generation} does not match its state digest"
        previous, last = bytes(digest), generation


def _stages(rows: list[Any], first: int, objectives: int) -> list[Stage]:
    """The stages of a generation whose children are numbered from ``first``."""
    return [
        Stage(
            number=number,
            fidelity="",
            rows=np.array([row[1] - first for row in some], np.int64),
            objectives=objectives_from_rows([row[4:] for row in some], objectives),
            status=np.array([row[2] for row in some], np.int8),
            promoted=np.array([row[3] for row in some], bool),
            seconds=np.zeros(len(some)),
            key=(0, 0),
        )
        for number, some in ((n, list(g)) for n, g in groupby(rows, key=lambda row: row[0]))
    ]


def _digest(previous: bytes, rows: list[Any], objectives: int, stages: Sequence[Stage]) -> bytes:
    n = len(rows)
    zeros = np.zeros(n, np.int64)
    return state_digest(
        previous,
        IndividualRows(
            ids=zeros,
            islands=zeros,
            slots=zeros,
            operators=[""] * n,
            parents=np.zeros((n, 0), np.int64),
            genomes=[b""] * n,
            digests=[bytes(row[1]) for row in rows],
            structures=[b""] * n,
            sizes=zeros,
            objectives=objectives_from_rows([row[3:] for row in rows], objectives),
            status=np.array([row[2] for row in rows], np.int8),
            measures=np.zeros((n, 0)),
            reused=np.zeros(n, bool),
            stages=stages,
        ),
    )
