"""SQLite files: opening them without harm, reading them, and one writer at a time.

Standard library only, so that reading commands start at once. SQLite 3.7.0 to 3.51.2 can lose
commits when one connection writes while another resets the write-ahead log; every writer of
evosearch therefore holds `WriterLock` from BEGIN until after COMMIT (which is where checkpoints
happen), and readers are read-only, which never checkpoint.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evosearch.errors import StorageError
from evosearch.store.faults import explain
from evosearch.store.identity import APPLICATION_ID

sqlite_version = sqlite3.sqlite_version

_NETWORK = ("nfs", "cifs", "smb", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs", "lustre", "9p")
_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))  # first versions without the bug, by branch


class SqliteReader:
    """A read-only connection; short queries, so that the write-ahead log can shrink."""

    dialect = "sqlite"

    def __init__(self, path: Path, timeout: float) -> None:
        self.shown = str(path)
        with self._explained():
            self._connection = connect_readonly(path, timeout)

    def rows(self, sql: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT with named parameters (``:name``)."""
        with self._explained():
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every query inside sees the state that the first one saw."""
        with self._explained():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.shown) from error


def connect_readonly(path: Path, timeout: float = 10.0) -> sqlite3.Connection:
    """Open an existing file with ``mode=ro``; trusts nothing in it."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def inspect(path: Path) -> str | None:
    """Schema revision of a file, None when it is empty; changes nothing.

    Raises:
        StorageError: It is no database, or somebody else's.
    """
    try:
        with closing(connect_readonly(path)) as connection:
            return _revision(connection, path)
    except sqlite3.Error as error:
        raise explain(error, str(path)) from error


def _revision(connection: sqlite3.Connection, path: Path) -> str | None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master"))
    if not kinds and application in (0, APPLICATION_ID):
        return None
    if application != APPLICATION_ID:
        raise StorageError(
            f"{path} is the database of another application: name another file with --storage"
        )
    strange = sorted(name for name, kind in kinds.items() if kind in ("view", "trigger"))
    if strange:
        raise StorageError(
            f"{path} holds views or triggers that evosearch did not make ({', '.join(strange)}): "
            f"drop them if you trust the file"
        )
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def connect_writer(path: Path, timeout: float) -> sqlite3.Connection:
    """Open or create a file for writing, with settings that lose nothing on power loss."""
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    connection.execute("PRAGMA page_size = 8192")  # only heeded before the first table
    mode = "DELETE" if on_network(path) else "WAL"
    connection.execute(f"PRAGMA journal_mode = {mode}")
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -65536",
        "wal_autocheckpoint = 4000",
        "journal_size_limit = 67108864",
        "trusted_schema = OFF",
        "cell_size_check = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def back_up(source: Path, target: Path) -> None:
    """Copy a database that may be in use, page by page; ``target`` appears when it is complete."""
    if target.exists():
        raise StorageError(f"{target} exists already: name a new file for the backup")
    partial = target.with_name(f"{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with (
            closing(connect_readonly(source)) as reader,
            closing(sqlite3.connect(partial)) as copy,
        ):
            reader.backup(copy)
        os.link(partial, target)  # unlike a rename, never replaces a file
        partial.unlink()
    except sqlite3.Error as error:
        raise explain(error, str(target)) from error
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}") from error


def on_network(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the file lies on a network file system, where a write-ahead log is not safe."""
    if not mounts.exists():
        return False
    target = path.absolute()
    best, kind = Path("/"), ""
    for line in mounts.read_text().splitlines():
        _, point, fstype, *_ = line.split()
        folder = Path(point.replace(r"\040", " "))
        if target.is_relative_to(folder) and len(folder.parts) >= len(best.parts):
            best, kind = folder, fstype
    return kind.startswith(_NETWORK)


def has_wal_reset_bug(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite can corrupt a database that two connections write and checkpoint."""
    if version < (3, 7, 0) or version >= _FIXED[-1]:
        return False
    return not any(version[:2] == fixed[:2] and version >= fixed for fixed in _FIXED)


class WriterLock:
    """An exclusive lock on a side file, held while writing.

    The database file itself is never opened: closing it would drop SQLite's own locks.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._shown = str(path)
        self._timeout = timeout
        self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock; raises StorageError when another process keeps it."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StorageError(
                        f"{self._shown} is being written by another process for more than "
                        f"{self._timeout:g} s: wait for it, then try again"
                    ) from None
                time.sleep(0.002)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the side file; it stays, because removing it would race."""
        os.close(self._file)
