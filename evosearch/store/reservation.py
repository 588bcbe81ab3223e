"""Reservation: privacy that is charged before anything is drawn, and its release afterwards.

Both functions work inside a transaction of the caller's.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

import sqlalchemy as sa

from evosearch.contracts import Charge
from evosearch.errors import EvaluatorError, RefusedError, StorageError
from evosearch.store import schema
from evosearch.store.encoding import timestamp, to_json
from evosearch.store.engine import SqlEngine
from evosearch.store.ledger import FIRST_DIGEST, MAX_DIGITS, Entry, Ledger


@dataclass(frozen=True)
class Reservation:
    """Proof that a charge is in the ledger: the data set, and the number of the entry."""

    dataset: str
    entry: int


def reserve(engine: SqlEngine, campaign: str, charge: Charge) -> Reservation:
    """Append a charge to the ledger of its data set; it counts from the commit on, for ever.

    Raises:
        EvaluatorError: The charge cannot be written down.
        RefusedError: It is more than the data set's limit leaves, or for other neighbours.
        StorageError: The ledger is damaged.
    """
    rho, limit, details = _written(charge)
    ledger = _sound(engine, charge.dataset)
    if ledger.neighbours not in (None, charge.neighbours):
        raise RefusedError(
            f"data set {charge.dataset!r} has been charged for {ledger.neighbours!r} neighbours "
            f"so far, received {charge.neighbours!r}: the two do not add up; go on with "
            f"{ledger.neighbours!r}"
        )
    if ledger.spent + charge.rho > charge.limit:
        _refuse(ledger, charge)
    number = len(ledger.entries) + 1
    _append(
        engine,
        ledger,
        Entry(
            dataset=charge.dataset,
            entry=number,
            kind="reserve",
            campaign=campaign,
            neighbours=charge.neighbours,
            mechanism=charge.mechanism,
            rho=rho,
            rho_limit=limit,
            details=details,
            reservation=number,
            at=timestamp(),
            digest=FIRST_DIGEST,
        ),
    )
    return Reservation(charge.dataset, number)


def release(engine: SqlEngine, campaign: str, reservation: Reservation) -> bytes:
    """Append that a campaign now holds what was reserved for it; the digest of the entry.

    Raises:
        StorageError: Nothing was reserved for it, or it was released before.
    """
    ledger = _sound(engine, reservation.dataset)
    ours = [each for each in ledger.entries if each.reservation == reservation.entry]
    if len(ours) != 1 or ours[0].campaign != campaign:
        raise StorageError(
            f"entry {reservation.entry} of the privacy ledger of {reservation.dataset!r} is no "
            f"open reservation of campaign {campaign!r}: nothing was stored"
        )
    entry = ours[0]._replace(kind="release", entry=len(ledger.entries) + 1, at=timestamp())
    return _append(engine, ledger, entry)


def _sound(engine: SqlEngine, dataset: str) -> Ledger:
    """The ledger of a data set, which nobody else extends until the transaction ends."""
    if engine.dialect == "postgresql":
        engine.execute(sa.text("LOCK TABLE dp_ledger IN SHARE ROW EXCLUSIVE MODE"))
    ledger = Ledger.read(engine, dataset)
    for problem in ledger.problems():
        raise StorageError(
            f"the privacy ledger of {dataset!r} is damaged ({problem}), so that nothing can be "
            f"charged to it: restore the last backup of {engine.shown}"
        )
    return ledger


def _append(engine: SqlEngine, ledger: Ledger, entry: Entry) -> bytes:
    digest = entry.chained(ledger.last_digest)
    row = entry._replace(digest=digest)
    engine.execute(sa.insert(schema.dp_ledger).values(row._asdict()))
    return digest


def _written(charge: Charge) -> tuple[str, str, str]:
    """rho, limit and details as they are stored."""
    numbers = (charge.rho, charge.limit)
    longest = max(len(part) for number in numbers for part in str(number).split("/"))
    if longest > MAX_DIGITS:
        raise EvaluatorError(
            f"charge(): expected rho and limit of at most {MAX_DIGITS} digits, received {longest}"
        )
    try:
        details = json.loads(json.dumps(dict(charge.details), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise EvaluatorError(f"charge(): expected details that JSON can hold: {error}") from error
    return str(charge.rho), str(charge.limit), to_json(details)


def _refuse(ledger: Ledger, charge: Charge) -> NoReturn:
    over = ledger.spent + charge.rho - charge.limit
    early = ledger.unreleased
    lost = f" ({_shown(early)} of it by launches that ended early)" if early else ""
    raise RefusedError(
        f"data set {charge.dataset!r}: rho {_shown(ledger.spent)} is spent{lost}, this campaign "
        f"asks for {_shown(charge.rho)}, and the limit is {_shown(charge.limit)}: "
        f"{_shown(over)} too much. Nothing was drawn or charged. Lower what this campaign spends, "
        f"or state a larger total_epsilon if the data set may lose more; another name only for "
        f"another data set"
    )


def _shown(rho: Fraction) -> str:
    return f"{float(rho):.6g}"
