"""Store: the database of campaigns, opened for reading or for writing.

Opening a SQLite file for reading loads the standard library alone; what needs NumPy or SQLAlchemy
is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from evosearch.errors import StorageError
from evosearch.store.identity import check_revision
from evosearch.store.location import Location, locate
from evosearch.store.sqlite import (
    SqliteReader,
    back_up,
    has_wal_reset_bug,
    inspect,
    sqlite_version,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from evosearch.contracts import Charge
    from evosearch.store.engine import SqlEngine
    from evosearch.store.ingest import Ingest
    from evosearch.store.lease import Lease
    from evosearch.store.records import (
        CampaignRecord,
        GenerationRecord,
        KnownScores,
        KnownStructures,
        ResumePoint,
    )
    from evosearch.store.reservation import Reservation
    from evosearch.store.writer import Writer

Mode = Literal["read", "write"]
State = Literal["running", "paused", "finished", "failed"]


class Store:
    """A database of campaigns. Made by `open`; used from one thread, as a context manager.

    A campaign's generations may be committed by another thread, see `writer`.

    Every writing method is one transaction. All methods raise StorageError, naming the database
    and what to do, when it cannot be read or written.
    """

    def __init__(
        self,
        location: Location,
        database: SqliteReader | SqlEngine,
        lease: float = 0.0,
        timeout: float = 10.0,
    ) -> None:
        self._location = location
        self._database = database
        self._timeout = timeout
        self._lease_seconds = lease
        self._leases: dict[int, Lease] = {}
        self._ingests: dict[int, Ingest] = {}

    @classmethod
    def open(
        cls, url: str, mode: Mode = "read", *, timeout: float = 10.0, lease: float = 120.0
    ) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://user@host/database``.

        Writing creates the database and brings its schema up to date under a lock; reading never
        creates or changes anything.

        Args:
            url: Where the database is.
            mode: ``read`` or ``write``.
            timeout: How long to wait for another writer, in seconds.
            lease: How long a driver of which nothing is heard keeps its campaign, in seconds.

        Raises:
            StorageError: It cannot be opened, is not evosearch's, or is of another schema.
        """
        location = locate(url)
        if mode == "read" and location.path is not None:
            return cls(location, _open_reader(location.path, timeout))
        from evosearch.store.engine import SqlEngine

        engine = SqlEngine(location, timeout, writing=mode == "write")
        if mode == "read":
            return cls(location, engine)
        store = cls(location, engine, lease, timeout)
        store._note_sqlite_version()
        return store

    def close(self) -> None:
        """Release all campaigns and close the connection."""
        try:
            for campaign_id in list(self._leases):
                with suppress(StorageError):  # the lease ends by itself
                    self.release(campaign_id)
        finally:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def shown(self) -> str:
        """The database's name for messages."""
        return self._location.shown

    def rows(self, sql: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT with named parameters (``:name``)."""
        return self._database.rows(sql, **parameters)

    def snapshot(self) -> AbstractContextManager[None]:
        """Inside, every query sees the state that the first one saw."""
        return self._database.snapshot()

    # --- Campaigns ----------------------------------------------------------------------------

    def check_new(self, record: CampaignRecord) -> None:
        """Raise what `create_campaign` would raise of this record; stores nothing."""
        from evosearch.store import campaigns

        campaigns.check_new(self._engine, record)

    def reserve(self, name: str, charge: Charge) -> Reservation:
        """Charge what a campaign is about to spend to the privacy ledger of its data set.

        It counts from now on, whether or not the campaign is ever stored.

        Args:
            name: Of the campaign, not stored yet.
            charge: What it is about to spend.

        Raises:
            CampaignExistsError: The name is taken.
            RefusedError: More than the limit leaves, or other neighbours; nothing is charged.
        """
        from evosearch.store import campaigns

        return campaigns.reserve(self._engine, name, charge)

    def create_campaign(
        self,
        record: CampaignRecord,
        prepared: Mapping[str, npt.NDArray[Any]],
        reservation: Reservation | None = None,
    ) -> int:
        """Store a new campaign and what its evaluator prepared; returns its number.

        Args:
            record: Of the campaign.
            prepared: By name.
            reservation: What was charged for it by `reserve`; its release is stored with it.

        Raises:
            CampaignExistsError: The name is taken; the message holds the line that resumes it.
            ConfigError: Too many objectives or an unknown retention.
        """
        from evosearch.store import campaigns

        return campaigns.create(self._engine, record, prepared, reservation)

    def load_campaign(self, name: str) -> tuple[int, CampaignRecord, dict[str, npt.NDArray[Any]]]:
        """Number, record with the newest configuration, and prepared arrays of a campaign.

        Raises:
            UsageError: There is no such campaign.
        """
        from evosearch.store import reading
        from evosearch.store.queries import campaign_id

        number = campaign_id(self, name)
        record = reading.campaign_record(self, number)
        return number, record, reading.prepared_arrays(self, number)

    def update_config(
        self,
        campaign_id: int,
        config: Mapping[str, Any],
        fingerprint: Mapping[str, Any],
        reason: str,
    ) -> None:
        """Append a configuration; the earlier ones stay."""
        from evosearch.store import campaigns

        lease = self._lease(campaign_id)
        campaigns.update_config(self._engine, lease, config, fingerprint, reason)

    def set_state(self, campaign_id: int, state: State) -> None:
        """Say what the campaign is doing."""
        from evosearch.store import campaigns

        campaigns.set_state(self._engine, campaign_id, self._leases.get(campaign_id), state)

    # --- Driving ------------------------------------------------------------------------------

    def acquire(self, campaign_id: int) -> None:
        """Become the campaign's only driver; it is kept by commits and heartbeats.

        Raises:
            CampaignLockedError: Another driver lives; one that died here is replaced at once.
        """
        from evosearch.store.lease import acquire

        self._leases[campaign_id] = acquire(self._engine, campaign_id, self._lease_seconds)

    def heartbeat(self, campaign_id: int) -> None:
        """Extend the lease; raises CampaignLockedError when it was lost."""
        from evosearch.store.lease import fence

        lease = self._lease(campaign_id)
        with self._engine.transaction():
            fence(self._engine, lease)

    def release(self, campaign_id: int) -> None:
        """Let others drive the campaign."""
        from evosearch.store.lease import release

        lease = self._leases.pop(campaign_id, None)
        self._ingests.pop(campaign_id, None)
        if lease is not None:
            release(self._engine, lease)

    def commit(self, campaign_id: int, record: GenerationRecord) -> int:
        """Store one generation in one transaction.

        Returns:
            How many individuals retention dropped. When it is not 0, a driver that keeps known
            scores or structures in memory must rebuild them from `structures`, because a resumed
            driver would know only those.

        Raises:
            CampaignLockedError: Another driver has taken the campaign over.
            StorageError: The generation does not follow the last one, or cannot be written;
                nothing of it is stored then.
        """
        from evosearch.store.ingest import Ingest

        lease = self._lease(campaign_id)
        if campaign_id not in self._ingests:
            self._ingests[campaign_id] = Ingest(self._engine, lease)
        return self._ingests[campaign_id].commit(record)

    def writer(self, campaign_id: int) -> Writer:
        """A thread that commits this campaign's generations from now on, instead of `commit`."""
        from functools import partial

        from evosearch.store.engine import SqlEngine
        from evosearch.store.writer import Writer

        lease = self._lease(campaign_id)
        self._ingests.pop(campaign_id, None)
        ((retain,),) = self.rows("SELECT retain FROM campaign WHERE id = :id", id=campaign_id)
        connect = partial(SqlEngine, self._location, self._timeout, writing=True)
        return Writer(connect, lease, retain)

    def resume_point(self, campaign_id: int) -> ResumePoint | None:
        """State after the last committed generation; None before the first."""
        from evosearch.store import reading

        return reading.resume_point(self, campaign_id)

    def known_scores(self, evaluator_key: str, fidelity: str) -> KnownScores:
        """Computed scores (OK, INVALID, NONFINITE) of all campaigns that share the key.

        A genome that was scored several times has its oldest score.
        """
        from evosearch.store import reading

        return reading.known_scores(self, evaluator_key, fidelity)

    def structures(self, campaign_id: int) -> KnownStructures:
        """Every stored individual of a campaign, in the order of ids."""
        from evosearch.store import reading

        return reading.structures(self, campaign_id)

    # --- What comes after birth ---------------------------------------------------------------

    def record_validation(
        self, campaign_id: int, id: int, metrics: Mapping[str, Any], status: str
    ) -> None:
        """Metrics on sealed data; replaces earlier ones of the individual."""
        from evosearch.store import journal

        journal.record_validation(self._engine, campaign_id, id, metrics, status)

    def record_polish(
        self, campaign_id: int, id: int, constants: Sequence[str], metrics: Mapping[str, Any]
    ) -> None:
        """Decimal constants and what they achieve; replaces earlier ones of the individual."""
        from evosearch.store import journal

        journal.record_polish(self._engine, campaign_id, id, constants, metrics)

    def record_artifact(
        self,
        campaign_id: int,
        id: int,
        format: str,
        path: str,
        content: bytes,
        claims: Mapping[str, Any],
    ) -> None:
        """An exported file: where it was written, the hash of its content, what it claims."""
        from evosearch.store import journal

        journal.record_artifact(self._engine, campaign_id, id, format, path, content, claims)

    def record_event(
        self,
        campaign_id: int | None,
        code: str,
        detail: Mapping[str, Any],
        level: str = "info",
    ) -> None:
        """A line of the journal."""
        from evosearch.store import journal

        with self._engine.transaction():
            journal.record_event(self._engine, campaign_id, code, detail, level)

    # --- Care ---------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Problems of the database, one line each: pages, genome hashes, chains, ledgers."""
        from evosearch.store import integrity

        return integrity.check(self, self._database.dialect)

    def backup(self, path: Path) -> None:
        """Write a consistent copy of a SQLite database, which may be in use, to a new file."""
        if self._location.path is None:
            raise StorageError(
                f"{self.shown} is not a file: back it up with `pg_dump --format=custom`"
            )
        back_up(self._location.path, path)

    @property
    def _engine(self) -> SqlEngine:
        if isinstance(self._database, SqliteReader) or not self._lease_seconds:
            raise StorageError(f"{self.shown} was opened for reading: open it with mode='write'")
        return self._database

    def _lease(self, campaign_id: int) -> Lease:
        if campaign_id not in self._leases:
            raise StorageError("the campaign is not held by this store: call acquire() first")
        return self._leases[campaign_id]

    def _note_sqlite_version(self) -> None:
        """Journal once that this SQLite needs all writers to be evosearch's."""
        code = "sqlite-wal-reset-bug"
        if self._location.path is None or not has_wal_reset_bug():
            return
        if not self.rows("SELECT 1 FROM event WHERE code = :code LIMIT 1", code=code):
            advice = "write with evosearch alone, or use SQLite 3.51.3 or newer"
            detail = {"sqlite": sqlite_version, "advice": advice}
            self.record_event(None, code, detail, "warning")


def _open_reader(path: Path, timeout: float) -> SqliteReader:
    if not path.exists():
        raise StorageError(
            f"there is no database at {path}: `evosearch run CONFIG.toml` creates it; or name "
            f"another one with --storage"
        )
    check_revision(inspect(path), str(path), writing=False)
    return SqliteReader(path, timeout)
