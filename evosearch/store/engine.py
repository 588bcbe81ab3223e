"""SqlEngine: one connection that may write, to SQLite or PostgreSQL, through SQLAlchemy Core."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.pool import NullPool

from evosearch.errors import StorageError
from evosearch.store.faults import explain
from evosearch.store.identity import APPLICATION_ID, REVISIONS, check_revision
from evosearch.store.location import Location
from evosearch.store.sqlite import WriterLock, connect_writer, inspect

_SCHEMA_LOCK = 0x45764F53  # advisory lock under which PostgreSQL schemas are changed
_MOST_VALUES = 32766  # in one statement; what SQLite takes from 3.32 on unless built otherwise


class SqlEngine:
    """The connection commits by itself, except inside `transaction` and `snapshot`."""

    def __init__(self, location: Location, timeout: float, *, writing: bool) -> None:
        self.shown = location.shown
        self._inserts: dict[tuple[str, int, int], str] = {}
        self._lock: WriterLock | None = None
        self._closing = ExitStack()
        try:
            if location.path is None:
                engine = _postgres(location, timeout)
            else:
                engine = self._sqlite(location, timeout)
            self.dialect = engine.dialect.name
            self._closing.callback(engine.dispose)
            self._driver_error = engine.dialect.loaded_dbapi.Error
            with self._alone():
                self.connection = engine.connect()
            self._closing.callback(self._close_connection)
            check_revision(self.revision(), self.shown, writing=writing)
            if writing and self.revision() != REVISIONS[-1]:
                self._upgrade(location)
        except DBAPIError as error:
            self.close()
            raise explain(error.orig or error, self.shown) from error
        except BaseException:
            self.close()
            raise

    def _sqlite(self, location: Location, timeout: float) -> sa.Engine:
        path = location.path
        assert path is not None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(path, timeout)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written ({error.strerror}): check the permissions of its folder"
            ) from error
        self._closing.callback(self._lock.close)
        if path.exists():
            check_revision(inspect(path), self.shown, writing=True)
        return sa.create_engine(
            "sqlite://",
            creator=lambda: connect_writer(path, timeout),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )

    def revision(self) -> str | None:
        """Schema revision, None when there are no tables yet."""
        if not sa.inspect(self.connection).has_table("alembic_version"):
            return None
        found = self.rows("SELECT version_num FROM alembic_version")
        return str(found[0][0]) if found else None

    def rows(self, sql: str, **parameters: Any) -> list[Any]:
        """Rows of a SELECT with named parameters (``:name``), as plain tuples."""
        with self._explained():
            return [tuple(row) for row in self.connection.execute(sa.text(sql), parameters)]

    def execute(self, statement: sa.Executable) -> sa.CursorResult[Any]:
        """Run one Core statement."""
        with self._explained():
            result = self.connection.execute(statement)
            assert isinstance(result, sa.CursorResult)
            return result

    def insert(self, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows given as columns: COPY on PostgreSQL, some rows a statement on SQLite."""
        if not len(next(iter(columns.values()))):
            return
        with self._explained():
            if self.dialect == "postgresql":
                self._copy(table, columns)
            else:
                self._insert_blocks(table, columns)

    def _insert_blocks(self, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> None:
        """Statements of 2^k rows: few, so that threads seldom wait, and each prepared once."""
        left, width = len(next(iter(columns.values()))), len(columns)
        values = chain.from_iterable(zip(*columns.values(), strict=True))
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        most = min(_MOST_VALUES, driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))
        rows = 1 << ((most // width).bit_length() - 1)
        while left:
            while rows > left:
                rows //= 2
            sql = self._insert_sql(table, list(columns), rows)
            self.connection.exec_driver_sql(sql, tuple(islice(values, rows * width)))
            left -= rows

    def _insert_sql(self, table: sa.Table, columns: list[str], rows: int) -> str:
        key = table.name, len(columns), rows
        if key not in self._inserts:
            names: dict[str, Any] = {name: sa.bindparam(name) for name in columns}
            statement = sa.insert(table).values(names).compile(dialect=self.connection.dialect)
            order = [str(name) for name in statement.positiontup or ()]
            assert order == columns, f"columns of {table.name} in table order, not {columns}"
            head, _, row = str(statement).partition(" VALUES ")
            self._inserts[key] = f"{head} VALUES {', '.join([row] * rows)}"
        return self._inserts[key]

    def _copy(self, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> None:
        from psycopg import sql

        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
        driver = self.connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in zip(*columns.values(), strict=True):
                copy.write_row(row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the only writer of a SQLite file meanwhile."""
        with self._alone(), self._explained():
            self._command("BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN")
            try:
                yield
                self._command("COMMIT")
            except BaseException:
                self._rollback()
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every query inside sees the state that the first one saw."""
        postgres = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        with self._explained():
            self._command("BEGIN" if self.dialect == "sqlite" else postgres)
            try:
                yield
            finally:
                self._command("ROLLBACK")

    def now(self) -> float:
        """Seconds since 1970 by the clock that all drivers of this database share."""
        if self.dialect == "sqlite":
            return time.time()
        return float(self.rows("SELECT EXTRACT(EPOCH FROM clock_timestamp())")[0][0])

    def close(self) -> None:
        """Close the connection; the last one of a SQLite file folds its log in."""
        self._closing.close()

    def _close_connection(self) -> None:
        if self.dialect == "sqlite":
            with suppress(StorageError), self._alone(), self._explained():
                self._command("PRAGMA analysis_limit = 400")
                self._command("PRAGMA optimize")
        self.connection.close()

    def _upgrade(self, location: Location) -> None:
        from evosearch.store.migrate import upgrade

        if self.dialect == "sqlite":
            with self.transaction():
                upgrade(self.connection)
                self._command(f"PRAGMA application_id = {APPLICATION_ID}")
                self._command(f"PRAGMA user_version = {int(REVISIONS[-1])}")
        else:
            with self.transaction():
                lock = sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)
                self.execute(sa.select(lock))
                upgrade(self.connection)

    def _command(self, sql: str) -> None:
        self.connection.exec_driver_sql(sql)

    def _rollback(self) -> None:
        # SQLite may have rolled back by itself (full disk), or the connection may be lost
        with suppress(DBAPIError, InvalidRequestError):
            self._command("ROLLBACK")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._lock is None:
            yield
        else:
            with self._lock.held():
                yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explain(error.orig or error, self.shown) from error
        except InvalidRequestError as error:
            if not self.connection.invalidated:
                raise
            raise StorageError(f"{self.shown}: the connection was lost; open it again") from error
        except self._driver_error as error:
            raise explain(error, self.shown) from error


def _postgres(location: Location, timeout: float) -> sa.Engine:
    milliseconds = int(timeout * 1000)
    try:
        engine = sa.create_engine(
            location.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": max(2, int(timeout)), "autocommit": True},
        )
    except ModuleNotFoundError as error:
        raise StorageError(
            f"{location.shown} needs psycopg: install it with `pip install 'evosearch[postgres]'`"
        ) from error

    @sa.event.listens_for(engine, "connect")
    def set_timeouts(connection: Any, _: Any) -> None:
        connection.execute(f"SET lock_timeout = {milliseconds}")

    return engine
