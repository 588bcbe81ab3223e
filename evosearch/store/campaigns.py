"""Creating campaigns and changing what may change of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy.typing as npt
import sqlalchemy as sa

from evosearch.contracts import Charge
from evosearch.errors import CampaignExistsError, ConfigError
from evosearch.store import reservation as reservations
from evosearch.store import schema
from evosearch.store.encoding import array_to_row, timestamp, to_json
from evosearch.store.engine import SqlEngine
from evosearch.store.failpoints import failpoint
from evosearch.store.journal import record_event
from evosearch.store.lease import Lease, fence
from evosearch.store.records import MAX_OBJECTIVES, CampaignRecord
from evosearch.store.reservation import Reservation
from evosearch.store.retention import POLICIES

_NEWEST_SQL = """
    SELECT COALESCE(MAX(version), 0), (
        SELECT MAX(generation) FROM generation WHERE campaign_id = :campaign
    )
    FROM campaign_config WHERE campaign_id = :campaign
"""


def check_new(engine: SqlEngine, record: CampaignRecord) -> None:
    """Raise what `create` would raise of this record."""
    _check(record)
    _refuse_taken(engine, record.name)


def reserve(engine: SqlEngine, name: str, charge: Charge) -> Reservation:
    """Charge what a campaign that is not stored yet is about to spend."""
    with engine.transaction():
        _refuse_taken(engine, name)
        reservation = reservations.reserve(engine, name, charge)
        failpoint("before-reserve-commit")
    failpoint("after-reserve")
    return reservation


def create(
    engine: SqlEngine,
    record: CampaignRecord,
    prepared: Mapping[str, npt.NDArray[Any]],
    reservation: Reservation | None = None,
) -> int:
    """Store a new campaign in state ``paused``, and release what was reserved; its number."""
    _check(record)
    arrays = [(name, *array_to_row(array)) for name, array in sorted(prepared.items())]
    with engine.transaction():
        if engine.dialect == "postgresql":  # two creations of one name take turns
            engine.execute(sa.text("LOCK TABLE campaign IN SHARE ROW EXCLUSIVE MODE"))
        _refuse_taken(engine, record.name)
        released = None
        if reservation is not None:
            released = reservations.release(engine, record.name, reservation)
        key = engine.execute(
            sa.insert(schema.campaign).values(
                name=record.name,
                created=timestamp(),
                state="paused",
                seed=str(record.seed),
                notes=record.notes,
                genome_type=record.genome_type,
                objectives=to_json([asdict(objective) for objective in record.objectives]),
                measures=to_json(list(record.measures)),
                evaluator_key=record.evaluator_key,
                fidelity=record.fidelity,
                n_islands=record.n_islands,
                retain=record.retain,
                owner_epoch=0,
                ledger_digest=released,
            )
        ).inserted_primary_key
        assert key is not None
        campaign_id = int(key[0])
        _add_config(engine, campaign_id, record.config, record.fingerprint, "created")
        for array in arrays:
            engine.execute(sa.insert(schema.prepared).values((campaign_id, *array)))
        failpoint("before-create-commit")
    failpoint("after-create")
    return campaign_id


def update_config(
    engine: SqlEngine,
    lease: Lease,
    config: Mapping[str, Any],
    fingerprint: Mapping[str, Any],
    reason: str,
) -> None:
    """Append a configuration; the earlier ones stay."""
    with engine.transaction():
        fence(engine, lease)
        _add_config(engine, lease.campaign_id, config, fingerprint, reason)
        record_event(engine, lease.campaign_id, "config-changed", {"reason": reason}, "info")


def set_state(engine: SqlEngine, campaign_id: int, lease: Lease | None, state: str) -> None:
    """Say what the campaign is doing."""
    with engine.transaction():
        if lease is not None:
            fence(engine, lease)
        engine.execute(
            sa.update(schema.campaign)
            .where(schema.campaign.c.id == campaign_id)
            .values(state=state)
        )


def _refuse_taken(engine: SqlEngine, name: str) -> None:
    if engine.rows("SELECT id FROM campaign WHERE name = :name", name=name):
        raise CampaignExistsError(
            f"campaign {name!r} is already stored. Go on with it by\n"
            f"    evosearch resume {name}\n"
            f"or choose another name with --name"
        )


def _check(record: CampaignRecord) -> None:
    mistakes = []
    if not 1 <= len(record.objectives) <= MAX_OBJECTIVES:
        mistakes.append(
            f"a campaign has 1 to {MAX_OBJECTIVES} objectives, received {len(record.objectives)}"
        )
    if record.retain not in POLICIES:
        mistakes.append(f"store.retain is {record.retain!r}: expected {', '.join(POLICIES)}")
    if mistakes:
        raise ConfigError(mistakes)


def _add_config(
    engine: SqlEngine,
    campaign_id: int,
    config: Mapping[str, Any],
    fingerprint: Mapping[str, Any],
    reason: str,
) -> None:
    version, generation = engine.rows(_NEWEST_SQL, campaign=campaign_id)[0]
    engine.execute(
        sa.insert(schema.campaign_config).values(
            campaign_id=campaign_id,
            version=version + 1,
            config=json.dumps(dict(config)),  # the order of tables can mean something: genes
            fingerprint=to_json(dict(fingerprint)),
            reason=reason,
            at=timestamp(),
            from_generation=None if generation is None else generation + 1,
        )
    )
