"""The privacy ledger: what was spent of each data set, exact, append-only, chained by digests.

Entries are of two kinds. ``reserve`` is committed before anything is drawn and counts from then
on, whatever becomes of the campaign; ``release`` is committed together with the campaign that
holds what was drawn. Zero-concentrated differential privacy (Bun and Steinke 2016): rho adds up.

This module reads, with the standard library alone; `evosearch.store.reservation` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from evosearch.errors import StorageError

if TYPE_CHECKING:
    from evosearch.store.reading import Rows

FIRST_DIGEST = bytes(32)  # what the first entry of a data set is chained to
MAX_DIGITS = 1000  # of a numerator or denominator; that of a float has at most 324
MAX_RHO = 10**12

_ENTRIES_SQL = """
    SELECT dataset, entry, kind, campaign, neighbours, mechanism, rho, rho_limit, details,
           reservation, at, digest
    FROM dp_ledger WHERE dataset = :dataset ORDER BY entry
"""
_DATASETS_SQL = "SELECT DISTINCT dataset FROM dp_ledger ORDER BY dataset"
_CHARGED_SQL = "SELECT name, ledger_digest FROM campaign ORDER BY id"
_DATASET_SQL = "SELECT dataset FROM dp_ledger WHERE digest = :digest"
_RATIONAL = re.compile(rf"[0-9]{{1,{MAX_DIGITS}}}(/[1-9][0-9]{{0,{MAX_DIGITS - 1}}})?")


_KINDS: dict[str, Any] = {"entry": int, "reservation": int, "digest": (bytes, memoryview)}


class Entry(NamedTuple):
    """A row of the ledger; ``rho`` and ``rho_limit`` as numerator/denominator."""

    dataset: str
    entry: int  # from 1, for each data set
    kind: str
    campaign: str
    neighbours: str
    mechanism: str
    rho: str
    rho_limit: str
    details: str
    reservation: int  # the entry that reserved; its own number in a ``reserve``
    at: str
    digest: bytes

    def chained(self, previous: bytes) -> bytes:
        """Digest of this entry behind another: blake2b-256 of that digest and all other values."""
        values = json.dumps(list(self[:-1]), separators=(",", ":"))
        return blake2b(previous + values.encode(), digest_size=32).digest()

    def as_json(self) -> dict[str, Any]:
        """The form of listings."""
        return {
            "entry": self.entry,
            "kind": self.kind,
            "campaign": self.campaign,
            "mechanism": self.mechanism,
            "rho": float(exact(self.rho)),
            "limit": float(exact(self.rho_limit)),
            "exact": {"rho": self.rho, "limit": self.rho_limit},
            "details": details_of(self),
            "reservation": self.reservation,
            "at": self.at,
            "digest": self.digest.hex(),
        }


@dataclass(frozen=True)
class Ledger:
    """All entries of one data set, in their order."""

    dataset: str
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, database: Rows, dataset: str) -> Ledger:
        """The ledger of a data set; without entries where nothing was ever charged."""
        rows = database.rows(_ENTRIES_SQL, dataset=dataset)
        return cls(dataset, tuple(map(_entry, rows)))

    @property
    def spent(self) -> Fraction:
        """Sum of rho over everything that was ever reserved."""
        return _sum(entry for entry in self.entries if entry.kind == "reserve")

    @property
    def unreleased(self) -> Fraction:
        """The part of `spent` that no stored campaign shows: launches that ended early."""
        return self.spent - _sum(entry for entry in self.entries if entry.kind == "release")

    @property
    def limit(self) -> Fraction:
        """The limit that was stated last."""
        return exact(self.entries[-1].rho_limit)

    @property
    def neighbours(self) -> str | None:
        """What the data set is protected against; None before the first entry."""
        return self.entries[0].neighbours if self.entries else None

    @property
    def last_digest(self) -> bytes:
        """What the next entry is chained to."""
        return self.entries[-1].digest if self.entries else FIRST_DIGEST

    def problems(self) -> Iterator[str]:
        """What is wrong with the entries, one line each."""
        previous, open_ = FIRST_DIGEST, dict[int, Entry]()
        for number, entry in enumerate(self.entries, start=1):
            if entry.entry != number or entry.chained(previous) != entry.digest:
                yield f"entry {entry.entry} was changed, or entries before it are missing or moved"
            elif entry.kind == "reserve":
                open_[number] = entry
            elif not _fits(entry, open_.pop(entry.reservation, None)):
                yield f"entry {entry.entry} releases what was not reserved"
            previous = entry.digest

    def as_json(self) -> dict[str, Any]:
        """The form of listings."""
        return {
            "dataset": self.dataset,
            "neighbours": self.neighbours,
            "spent": float(self.spent),
            "limit": float(self.limit),
            "exact": {"spent": str(self.spent), "limit": str(self.limit)},
            "entries": [entry.as_json() for entry in self.entries],
        }


@dataclass(frozen=True)
class Privacy:
    """What a stored campaign has spent, and how its data set stands now.

    ``digest`` is that of the entry that released; ``limit`` is the one that was stated last.
    """

    dataset: str
    neighbours: str
    mechanism: str
    rho: Fraction
    details: dict[str, Any]
    digest: str
    spent: Fraction
    limit: Fraction

    @classmethod
    def of(cls, database: Rows, digest: bytes) -> Privacy:
        """What was released by the entry with this digest.

        Raises:
            StorageError: There is no such entry, or the ledger is damaged.
        """
        for (dataset,) in database.rows(_DATASET_SQL, digest=digest):
            ledger = Ledger.read(database, dataset)
            for entry in ledger.entries:
                if entry.digest == digest and not any(ledger.problems()):
                    return cls(
                        dataset=dataset,
                        neighbours=entry.neighbours,
                        mechanism=entry.mechanism,
                        rho=exact(entry.rho),
                        details=details_of(entry),
                        digest=digest.hex(),
                        spent=ledger.spent,
                        limit=ledger.limit,
                    )
        raise StorageError(
            "the campaign's entry in the privacy ledger is missing or damaged: run `evosearch db "
            "check` and restore the last backup"
        )

    def as_json(self) -> dict[str, Any]:
        """The form of ``status --json``; ``exact`` has the numbers as numerator/denominator."""
        numbers = {"rho": self.rho, "spent": self.spent, "limit": self.limit}
        return {
            "dataset": self.dataset,
            "neighbours": self.neighbours,
            "mechanism": self.mechanism,
            **{name: float(value) for name, value in numbers.items()},
            "exact": {name: str(value) for name, value in numbers.items()},
            "details": self.details,
            "digest": self.digest,
        }


def ledgers(database: Rows) -> list[Ledger]:
    """Of every data set, by name."""
    return [Ledger.read(database, dataset) for (dataset,) in database.rows(_DATASETS_SQL)]


def check_ledgers(database: Rows) -> Iterator[str]:
    """Problems of all chains, and of what campaigns say of them."""
    found = ledgers(database)
    for ledger in found:
        yield from (f"privacy ledger of {ledger.dataset!r}: {line}" for line in ledger.problems())
    released = {
        (entry.campaign, entry.digest)
        for ledger in found
        for entry in ledger.entries
        if entry.kind == "release"
    }
    charged = {
        (name, bytes(digest)) for name, digest in database.rows(_CHARGED_SQL) if digest is not None
    }
    for name, _ in sorted(charged - released):
        yield f"{name}: its release is missing in the privacy ledger"
    for name, _ in sorted(released - charged):
        yield f"{name}: the privacy ledger has a release that the campaign does not have"


def exact(text: str) -> Fraction:
    """A stored rational number; raises StorageError for anything else."""
    if not _RATIONAL.fullmatch(text) or Fraction(text) > MAX_RHO:
        raise _damaged("expected a number as numerator/denominator")
    return Fraction(text)


def details_of(entry: Entry) -> dict[str, Any]:
    """The details of an entry; raises StorageError unless they are a JSON object."""
    try:
        details = json.loads(entry.details)
    except (ValueError, RecursionError) as error:
        raise _damaged("expected details as JSON") from error
    if not isinstance(details, dict):
        raise _damaged("expected details as a JSON object")
    return details


def _entry(row: Sequence[Any]) -> Entry:
    for name, value in zip(Entry._fields, row, strict=True):
        if not isinstance(value, _KINDS.get(name, str)):
            raise _damaged(f"the {name} of an entry is not of its type")
    return Entry._make([*row[:-1], bytes(row[-1])])


def _damaged(what: str) -> StorageError:
    return StorageError(
        f"the privacy ledger is damaged ({what}): run `evosearch db check` and restore the last "
        f"backup"
    )


def _sum(entries: Iterator[Entry]) -> Fraction:
    return sum((exact(entry.rho) for entry in entries), Fraction(0))


def _fits(release: Entry, reserve: Entry | None) -> bool:
    """Whether a release repeats what its reservation says."""
    return release.kind == "release" and reserve is not None and _terms(release) == _terms(reserve)


def _terms(entry: Entry) -> Sequence[str]:
    return entry[3:9]  # from the campaign to the details
