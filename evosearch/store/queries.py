"""Read-only questions to a store, for the command line, reports, exports and the dashboard.

No plug-in, JAX or SQLAlchemy is loaded for a SQLite file; NumPy only where columns are returned.
An unknown campaign or individual raises UsageError.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from difflib import get_close_matches
from hashlib import blake2b
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from evosearch.errors import StorageError, UsageError
from evosearch.store.deltas import Payloads
from evosearch.store.members import STATUS_NAMES, Edge, Generations, History, Member
from evosearch.store.owner import lives

if TYPE_CHECKING:
    from evosearch.store.ledger import Ledger, Privacy
    from evosearch.store.records import CampaignRecord
    from evosearch.store.store import Store

_STATUS = """
    SELECT c.name, c.state, c.created, c.owner_host, c.owner_pid, c.owner_token, c.lease_until,
           g.generation, g.evaluations, g.digest, g.seconds, g.best, g.total_reused,
           g.total_failed, g.total_profile
    FROM campaign c LEFT JOIN generation g ON g.campaign_id = c.id AND g.generation = (
        SELECT MAX(generation) FROM generation WHERE campaign_id = c.id
    )
"""
_MEMBER = """
    SELECT i.id, i.generation, i.slot, i.island, i.status, g.size, i.operator, g.digest,
           i.measures, v.status, v.metrics, p.constants, p.metrics, (
               SELECT MAX(expression) FROM archive
               WHERE campaign_id = i.campaign_id AND individual_id = i.id
           ), i.obj0, i.obj1, i.obj2, i.obj3, i.obj4, i.obj5, i.obj6, i.obj7
    FROM individual i
    JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    LEFT JOIN validation v ON v.campaign_id = i.campaign_id AND v.individual_id = i.id
    LEFT JOIN polish p ON p.campaign_id = i.campaign_id AND p.individual_id = i.id
"""
_ANCESTORS = """
    WITH RECURSIVE ancestor(id) AS (
        SELECT CAST(:id AS BIGINT)
        UNION
        SELECT e.parent FROM ancestor a
        JOIN lineage_edge e ON e.campaign_id = :campaign AND e.child = a.id
        WHERE e.parent >= :oldest
    )
"""
_PARENTS = """
    SELECT e.parent FROM lineage_edge e
    JOIN individual i ON i.campaign_id = e.campaign_id AND i.id = e.parent
    WHERE e.campaign_id = :campaign AND e.child = :child
"""
_CURRENT = """
    (SELECT individual_id FROM archive WHERE campaign_id = :campaign AND until_generation IS NULL)
"""
_EDGES = "SELECT child, parent, position FROM lineage_edge WHERE campaign_id = :campaign AND child"
_GENOME = """
    SELECT c.genome_type, g.digest, g.id, g.base, g.payload FROM individual i
    JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    JOIN campaign c ON c.id = i.campaign_id
    WHERE i.campaign_id = :campaign AND i.id = :id
"""
_HISTORY = """
    SELECT i.id, i.generation, i.operator, g.size, i.status, i.reused,
           i.obj0, i.obj1, i.obj2, i.obj3, i.obj4, i.obj5, i.obj6, i.obj7
    FROM individual i JOIN genome g ON g.campaign_id = i.campaign_id AND g.id = i.genome_id
    WHERE i.campaign_id = :campaign ORDER BY i.id
"""
_FIRST_PARENTS = """
    SELECT child, position, parent FROM lineage_edge
    WHERE campaign_id = :campaign AND position < 2
"""
_GENERATIONS = """
    SELECT generation, evaluations, seconds, reused, failed, best, profile FROM generation
    WHERE campaign_id = :campaign ORDER BY generation
"""
_FIDELITIES = """
    SELECT number, fidelity, COUNT(*), SUM(CASE WHEN promoted THEN 1 ELSE 0 END), SUM(seconds)
    FROM stage WHERE campaign_id = :campaign GROUP BY number, fidelity ORDER BY number
"""
_STAGES = """
    SELECT fidelity, status, promoted, seconds, key,
           obj0, obj1, obj2, obj3, obj4, obj5, obj6, obj7
    FROM stage WHERE campaign_id = :campaign AND individual_id = :id ORDER BY number
"""
_NEWCOMERS = """
    SELECT DISTINCT i.id, i.generation, i.operator FROM archive a
    JOIN individual i ON i.campaign_id = a.campaign_id AND i.id = a.individual_id
    WHERE a.campaign_id = :campaign ORDER BY i.id
"""
_EVENTS = """
    SELECT at, level, code, detail FROM event
    WHERE campaign_id = :campaign OR campaign_id IS NULL ORDER BY id
"""


class _Standing(NamedTuple):
    """A row of `_STATUS`; everything from ``generation`` on is None before the first commit."""

    name: str
    state: str
    created: str
    host: str | None
    pid: int | None
    token: str | None
    lease_until: float | None
    generation: int | None
    evaluations: int | None
    digest: bytes | None
    seconds: float | None
    best: str | None
    reused: int | None
    failed: int | None
    profile: str | None


class _Campaign(NamedTuple):
    id: int
    genome_type: str
    objectives: list[dict[str, str]]
    measures: list[str]


def campaign_id(store: Store, name: str) -> int:
    """Number of a campaign."""
    return _find(store, name).id


def campaigns(store: Store) -> list[dict[str, Any]]:
    """`status` of every campaign, oldest first."""
    return [_status(_Standing(*row)) for row in store.rows(_STATUS + "ORDER BY c.id")]


def status(store: Store, name: str) -> dict[str, Any]:
    """Where a campaign stands; ``reused``, ``failed`` and ``profile`` are sums over its life.

    ``profile`` has the seconds of the loop by part and their sum ``total``; ``store`` is beside
    them, because the store works while the loop goes on.

    Keys: campaign, state, generation, evaluations, digest, started, seconds, best, reused,
    failed, profile. ``generation`` and ``digest`` are None before the first commit. A campaign
    whose driver died is ``interrupted``.
    """
    with store.snapshot():
        number = _find(store, name).id
        (row,) = store.rows(_STATUS + "WHERE c.id = :campaign", campaign=number)
    return _status(_Standing(*row))


def campaign(store: Store, name: str) -> CampaignRecord:
    """What the campaign was created with, and its newest configuration."""
    from evosearch.store.reading import campaign_record

    return campaign_record(store, campaign_id(store, name))


def privacy(store: Store, name: str) -> Privacy | None:
    """What a campaign has spent of its data set's privacy; None where nothing was charged."""
    from evosearch.store.ledger import Privacy

    with store.snapshot():
        number = _find(store, name).id
        sql = "SELECT ledger_digest FROM campaign WHERE id = :campaign"
        ((digest,),) = store.rows(sql, campaign=number)
        return None if digest is None else Privacy.of(store, bytes(digest))


def ledgers(store: Store, dataset: str | None = None) -> list[Ledger]:
    """The privacy ledger of a data set, or of all; raises UsageError for an unknown one."""
    from evosearch.store.ledger import ledgers

    with store.snapshot():
        found = ledgers(store)
    if dataset is None:
        return found
    names = [ledger.dataset for ledger in found]
    if dataset not in names:
        charged = f"charged were {', '.join(map(repr, names))}" if names else "none was yet"
        raise UsageError(
            f"nothing was charged to a data set {dataset!r} in {store.shown}: {charged}"
        )
    return [found[names.index(dataset)]]


def objectives(store: Store, name: str) -> list[dict[str, str]]:
    """Name and direction of each objective."""
    return [
        {"name": objective["name"], "direction": objective["direction"]}
        for objective in _find(store, name).objectives
    ]


def front(store: Store, name: str) -> list[Member]:
    """The current front, by the first objective, best first."""
    with store.snapshot():
        found = _find(store, name)
        rows = store.rows(
            _MEMBER + "WHERE i.campaign_id = :campaign AND i.id IN " + _CURRENT, campaign=found.id
        )
        edges = store.rows(
            _EDGES + " IN " + _CURRENT + " ORDER BY child, position", campaign=found.id
        )
    members = _members(found, rows, edges)
    signs = [1 if objective["direction"] == "minimize" else -1 for objective in found.objectives]

    def order(member: Member) -> tuple[list[float], int]:
        values = zip(signs, member.objectives.values(), strict=True)
        return [sign * value for sign, value in values], member.id

    return sorted(members, key=order)


def member(store: Store, name: str, id: int) -> Member:
    """One individual."""
    with store.snapshot():
        found = _find(store, name)
        where = "WHERE i.campaign_id = :campaign AND i.id = :id"
        rows = store.rows(_MEMBER + where, campaign=found.id, id=id)
        edges = store.rows(_EDGES + " = :id ORDER BY position", campaign=found.id, id=id)
        if not rows:
            raise _unknown_individual(store, found.id, name, id)
    return _members(found, rows, edges)[0]


def genome(store: Store, name: str, id: int) -> tuple[str, bytes]:
    """Genome type (``module:Class``) and byte form; raises StorageError when it is damaged."""
    with store.snapshot():
        number = campaign_id(store, name)
        rows = store.rows(_GENOME, campaign=number, id=id)
        if not rows:
            raise _unknown_individual(store, number, name, id)
        genome_type, digest, *written = rows[0]
        payload = Payloads(store, number).restore(*written)
    if blake2b(payload, digest_size=16).digest() != bytes(digest):
        raise StorageError(
            f"the genome of individual {id} of {name!r} is damaged: restore the last backup of "
            f"{store.shown}"
        )
    return genome_type, payload


def lineage(
    store: Store, name: str, id: int, *, limit: int | None = None
) -> tuple[list[Member], list[Edge]]:
    """An individual and all its stored ancestors, youngest first, and the edges among them.

    With ``limit`` (at least 1) only that many of the youngest; they always hang together.
    """
    with store.snapshot():
        found = _find(store, name)
        oldest = 1 if limit is None else _oldest(store, found.id, id, limit)
        wanted = {"campaign": found.id, "id": id, "oldest": oldest}
        rows = store.rows(
            _ANCESTORS + _MEMBER + "WHERE i.campaign_id = :campaign AND i.id IN "
            "(SELECT id FROM ancestor) ORDER BY i.id DESC",
            **wanted,
        )
        if not rows or rows[0][0] != id:
            raise _unknown_individual(store, found.id, name, id)
        edges = store.rows(
            _ANCESTORS + _EDGES + " IN (SELECT id FROM ancestor) ORDER BY child DESC, position",
            **wanted,
        )
    operators = {row[0]: row[6] for row in rows}
    return _members(found, rows, edges), [
        Edge(child, parent, operators[child], position)
        for child, parent, position in edges
        if parent in operators
    ]


def history(store: Store, name: str) -> History:
    """All stored individuals."""
    import numpy as np

    from evosearch.store.encoding import objectives_from_rows

    with store.snapshot():
        found = _find(store, name)
        rows = store.rows(_HISTORY, campaign=found.id)
        edges = np.array(store.rows(_FIRST_PARENTS, campaign=found.id), np.int64).reshape(-1, 3)
    ids = np.array([row[0] for row in rows], np.int64)
    parents = np.zeros((len(ids), 2), np.int64)
    parents[np.searchsorted(ids, edges[:, 0]), edges[:, 1]] = edges[:, 2]
    return History(
        ids=ids,
        generation=np.array([row[1] for row in rows], np.int64),
        operator=np.array([row[2] for row in rows], np.str_),
        parents=parents,
        sizes=np.array([row[3] for row in rows], np.int64),
        objectives=objectives_from_rows([row[6:] for row in rows], len(found.objectives)),
        status=np.array([row[4] for row in rows], np.int8),
        reused=np.array([row[5] for row in rows], bool),
    )


def generations(store: Store, name: str) -> Generations:
    """All generations."""
    import numpy as np

    with store.snapshot():
        found = _find(store, name)
        rows = store.rows(_GENERATIONS, campaign=found.id)
    best = [json.loads(row[5]) for row in rows]
    profile = [json.loads(row[6]) for row in rows]
    parts = sorted({part for seconds in profile for part in seconds})
    names = [objective["name"] for objective in found.objectives]
    return Generations(
        generation=np.array([row[0] for row in rows], np.int64),
        evaluations=np.array([row[1] for row in rows], np.int64),
        seconds=np.array([row[2] for row in rows], np.float64),
        best={key: np.array([row.get(key, np.nan) for row in best], float) for key in names},
        reused=np.array([row[3] for row in rows], np.int64),
        failed=np.array([row[4] for row in rows], np.int64),
        profile={key: np.array([row.get(key, 0.0) for row in profile], float) for key in parts},
    )


def newcomers(store: Store, name: str) -> list[tuple[int, str]]:
    """Generation and operator of everyone who was ever on the front, in the order of ids."""
    rows = store.rows(_NEWCOMERS, campaign=campaign_id(store, name))
    return [(generation, operator) for _, generation, operator in rows]


def events(store: Store, name: str) -> list[dict[str, Any]]:
    """The campaign's journal and the database's: ``{"at", "level", "code", "detail"}`` each."""
    rows = store.rows(_EVENTS, campaign=campaign_id(store, name))
    return [
        {"at": at, "level": level, "code": code, "detail": json.loads(detail)}
        for at, level, code, detail in rows
    ]


def _find(store: Store, name: str) -> _Campaign:
    rows = store.rows(
        "SELECT id, genome_type, objectives, measures FROM campaign WHERE name = :name", name=name
    )
    if rows:
        id, genome_type, objectives, measures = rows[0]
        return _Campaign(id, genome_type, json.loads(objectives), json.loads(measures))
    names = [row[0] for row in store.rows("SELECT name FROM campaign ORDER BY id")]
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    stored = f"it holds {', '.join(map(repr, names))}" if names else "it holds none yet"
    raise UsageError(f"there is no campaign {name!r} in {store.shown}: {stored}{hint}")


def _unknown_individual(store: Store, campaign: int, name: str, id: int) -> UsageError:
    sql = "SELECT MAX(first_id + children) - 1 FROM generation WHERE campaign_id = :campaign"
    last = store.rows(sql, campaign=campaign)[0][0] or 0
    if 1 <= id <= last:
        return UsageError(
            f"individual {id} of campaign {name!r} is no longer stored: its store.retain keeps "
            f"the front, the survivors and at most their ancestors"
        )
    return UsageError(
        f"there is no individual {id} in campaign {name!r}: expected 1 to {last}, for example "
        f"one that `evosearch front {name}` lists"
    )


def _oldest(store: Store, campaign: int, id: int, limit: int) -> int:
    """Id of the oldest of the ``limit`` youngest in a lineage.

    Parents have smaller ids than their children, so the youngest are found without the rest, and
    every path to one of them goes through them alone.
    """
    waiting, seen = [-id], {id}
    for _ in range(max(1, limit)):
        oldest = -heappop(waiting)
        parents = store.rows(_PARENTS, campaign=campaign, child=oldest)
        for parent in {row[0] for row in parents} - seen:
            seen.add(parent)
            heappush(waiting, -parent)
        if not waiting:
            break
    return oldest


def fidelities(store: Store, name: str) -> list[dict[str, Any]]:
    """What each fidelity did so far, the cheapest first; nothing of campaigns with one alone.

    Each has ``fidelity``, how many it ``scored``, how many of these went on (``promoted``), and
    its ``seconds``. Of individuals that retention dropped nothing is known.
    """
    rows = store.rows(_FIDELITIES, campaign=_find(store, name).id)
    return [
        {"fidelity": row[1], "scored": row[2], "promoted": int(row[3]), "seconds": row[4]}
        for row in rows
    ]


def stages(store: Store, name: str, id: int) -> list[dict[str, Any]]:
    """What each fidelity said of an individual, the cheapest first.

    Each has ``fidelity``, ``objectives`` (None where it tells nothing of one), ``status``,
    ``promoted``, ``seconds`` and ``key``, hex, of the evaluator's random numbers.
    """
    found = _find(store, name)
    names = [objective["name"] for objective in found.objectives]
    return [
        {
            "fidelity": row[0],
            "objectives": dict(zip(names, row[5:], strict=False)),
            "status": STATUS_NAMES[row[1]],
            "promoted": bool(row[2]),
            "seconds": row[3],
            "key": row[4],
        }
        for row in store.rows(_STAGES, campaign=found.id, id=id)
    ]


def _status(row: _Standing) -> dict[str, Any]:
    state = row.state
    if state == "running" and not lives(row.host, row.pid, row.token, row.lease_until):
        state = "interrupted"
    return {
        "campaign": row.name,
        "state": state,
        "generation": row.generation,
        "evaluations": row.evaluations or 0,
        "digest": None if row.digest is None else bytes(row.digest).hex(),
        "started": row.created,
        "seconds": row.seconds or 0.0,
        "best": json.loads(row.best or "{}"),
        "reused": row.reused or 0,
        "failed": row.failed or 0,
        "profile": json.loads(row.profile or "{}"),
    }


def _members(
    found: _Campaign, rows: Sequence[Any], edges: Sequence[tuple[int, int, int]]
) -> list[Member]:
    """Members of the rows of `_MEMBER`; ``edges`` are in the order of positions."""
    parents: dict[int, list[int]] = {}
    for child, parent, _ in edges:
        parents.setdefault(child, []).append(parent)
    names = [objective["name"] for objective in found.objectives]
    return [_member(found, row, names, parents.get(row[0], [])) for row in rows]


def _member(found: _Campaign, row: Sequence[Any], names: list[str], parents: list[int]) -> Member:
    id, generation, slot, island, code, size, operator, digest, measures = row[:9]
    validation_status, metrics, constants, polished, expression, *values = row[9:]
    numbers = struct.unpack(f"<{len(found.measures)}d", measures or b"")
    polish = None
    if constants is not None:
        polish = {"constants": json.loads(constants), "metrics": json.loads(polished)}
    return Member(
        id=id,
        generation=generation,
        slot=slot,
        island=island,
        objectives={
            name: float("nan") if value is None else value
            for name, value in zip(names, values, strict=False)
        },
        validation=None if metrics is None else json.loads(metrics),
        validation_status=validation_status,
        polish=polish,
        measures=dict(zip(found.measures, numbers, strict=True)),
        status=STATUS_NAMES[code],
        size=size,
        expression=expression,
        operator=operator,
        parents=parents,
        digest=bytes(digest).hex(),
    )
