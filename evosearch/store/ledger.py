"""What has been spent of a differential-privacy budget: append-only, exact, chained by digests.

An entry is committed *before* anything is released, so that a crash in between burns budget and
never refunds it (zero-concentrated differential privacy: Bun and Steinke 2016).
"""

from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from evosearch.store import schema
from evosearch.store.encoding import timestamp, to_json
from evosearch.store.engine import SqlEngine
from evosearch.store.reading import Rows

_LEDGER_SQL = """
    SELECT entry, mechanism, dataset, rho, at, digest FROM dp_ledger
    WHERE campaign_id = :campaign ORDER BY entry
"""


def spend(
    engine: SqlEngine, campaign_id: int, mechanism: str, dataset: str, rho: Fraction
) -> None:
    """Append an entry; ``dataset`` is an identifier, never data."""
    with engine.transaction():
        stored = engine.rows(_LEDGER_SQL, campaign=campaign_id)
        entry = (len(stored) + 1, mechanism, dataset, str(rho), timestamp())
        previous = bytes(stored[-1][-1]) if stored else bytes(32)
        row = (campaign_id, *entry, _digest(previous, entry))
        engine.execute(sa.insert(schema.dp_ledger).values(row))


def spent(database: Rows, campaign_id: int) -> Fraction:
    """Sum of rho over all entries."""
    rows = database.rows(_LEDGER_SQL, campaign=campaign_id)
    return sum((Fraction(row[3]) for row in rows), Fraction(0))


def check_ledger(database: Rows, campaign_id: int) -> Iterator[str]:
    """Problems of the chain."""
    previous = bytes(32)
    rows = database.rows(_LEDGER_SQL, campaign=campaign_id)
    for number, (*entry, digest) in enumerate(rows, start=1):
        if entry[0] != number or _digest(previous, tuple(entry)) != bytes(digest):
            yield f"entry {entry[0]} of the privacy ledger was changed or entries are missing"
        previous = bytes(digest)


def _digest(previous: bytes, entry: tuple[Any, ...]) -> bytes:
    return blake2b(previous + to_json(list(entry)).encode(), digest_size=32).digest()
