"""What is added to individuals and campaigns after their birth."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from evosearch.errors import UsageError
from evosearch.store import schema
from evosearch.store.encoding import timestamp, to_json
from evosearch.store.engine import SqlEngine

_EXISTS_SQL = "SELECT 1 FROM individual WHERE campaign_id = :campaign AND id = :id"


def record_validation(
    engine: SqlEngine, campaign_id: int, id: int, metrics: Mapping[str, Any], status: str
) -> None:
    """Metrics on sealed data; replaces earlier ones of the individual."""
    values = {"status": status, "metrics": to_json(dict(metrics))}
    _replace(engine, schema.validation, campaign_id, id, values)


def record_polish(
    engine: SqlEngine,
    campaign_id: int,
    id: int,
    constants: Sequence[str],
    metrics: Mapping[str, Any],
) -> None:
    """Decimal constants of a high-precision finish; replaces earlier ones of the individual."""
    values = {"constants": to_json(list(constants)), "metrics": to_json(dict(metrics))}
    _replace(engine, schema.polish, campaign_id, id, values)


def record_artifact(
    engine: SqlEngine,
    campaign_id: int,
    id: int,
    format: str,
    path: str,
    content: bytes,
    claims: Mapping[str, Any],
) -> None:
    """An exported file: where it was written, the hash of its content, what it claims."""
    with engine.transaction():
        _require(engine, campaign_id, id)
        engine.execute(
            sa.insert(schema.artifact).values(
                campaign_id=campaign_id,
                individual_id=id,
                format=format,
                path=path,
                size=len(content),
                digest=blake2b(content, digest_size=32).digest(),
                claims=to_json(dict(claims)),
                at=timestamp(),
            )
        )


def record_event(
    engine: SqlEngine, campaign_id: int | None, code: str, detail: Mapping[str, Any], level: str
) -> None:
    """A line of the journal."""
    engine.execute(
        sa.insert(schema.event).values(
            campaign_id=campaign_id,
            at=timestamp(),
            level=level,
            code=code,
            detail=to_json(dict(detail)),
        )
    )


def _replace(
    engine: SqlEngine, table: sa.Table, campaign_id: int, id: int, values: Mapping[str, str]
) -> None:
    with engine.transaction():
        _require(engine, campaign_id, id)
        engine.execute(
            sa.delete(table).where(table.c.campaign_id == campaign_id, table.c.individual_id == id)
        )
        engine.execute(
            sa.insert(table).values(
                campaign_id=campaign_id, individual_id=id, at=timestamp(), **values
            )
        )


def _require(engine: SqlEngine, campaign_id: int, id: int) -> None:
    if not engine.rows(_EXISTS_SQL, campaign=campaign_id, id=id):
        raise UsageError(f"there is no individual {id} in this campaign")
