"""Bad databases and failing disks: one clear line, and nothing changed."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from evosearch.errors import StorageError
from evosearch.store import queries, sqlite
from evosearch.store.faults import explain
from evosearch.store.location import locate
from evosearch.store.sqlite import has_wal_reset_bug, on_network
from evosearch.store.store import Store
from tests.store.fakes import drive, filled, search


@pytest.fixture
def path(tmp_path):
    return tmp_path / "campaigns.db"


def refused(url, mode):
    """The message, a single line, with which opening is refused."""
    with pytest.raises(StorageError) as raised:
        Store.open(url, mode=mode, timeout=0.2)
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    assert raised.value.exit_code == 5
    return message


def execute(path, sql, *parameters):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql, parameters).fetchall()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://root@h/d", "runs/a.db", "sqlite:///a?b=c"]
)
def test_other_urls_are_refused_with_the_forms_that_are_known(url):
    assert "expected sqlite:///path/to/file.db or postgresql://" in refused(url, "write")


def test_passwords_are_not_shown():
    assert (
        locate("postgres://me:secret@host:5433/d?sslmode=no").shown == "postgresql://host:5433/d"
    )


def test_reading_never_creates(path):
    assert "there is no database at" in refused(f"sqlite:///{path}", "read")
    assert list(path.parent.iterdir()) == []


def test_an_empty_file_holds_nothing_yet(path):
    path.touch()
    assert "holds no campaigns yet" in refused(f"sqlite:///{path}", "read")
    with Store.open(f"sqlite:///{path}", mode="write") as store:
        filled(store, 1)


def test_writing_makes_the_folder(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/a/b/c.db", mode="write") as store:
        assert queries.campaigns(store) == []


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_file_that_is_no_database_stays_as_it_is(path, mode):
    path.write_text("a letter to my grandmother, which is long enough to be a header" * 9)
    before = path.read_bytes()
    assert "is not a SQLite database" in refused(f"sqlite:///{path}", mode)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize("application_id", [0, 1234])
def test_the_database_of_another_application_stays_as_it_is(path, mode, application_id):
    execute(path, "CREATE TABLE campaign (id INTEGER)")
    execute(path, f"PRAGMA application_id = {application_id}")
    before = path.read_bytes()
    assert "database of another application" in refused(f"sqlite:///{path}", mode)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_newer_schema_is_refused(storage_url, mode):
    with Store.open(storage_url, mode="write") as store:
        store._engine.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    assert "newer evosearch (schema 0999" in refused(storage_url, mode)


@pytest.mark.parametrize("mode", ["read", "write"])
def test_foreign_triggers_and_views_are_refused(sqlite_url, path, mode):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 1)
    execute(path, "CREATE TRIGGER evil AFTER INSERT ON event BEGIN DELETE FROM genome; END")
    assert "did not make (evil)" in refused(sqlite_url, mode)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    assert "check the permissions of its folder" in refused(
        f"sqlite:///{tmp_path}/file/a.db", "write"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_named(tmp_path):
    tmp_path.chmod(0o500)
    message = refused(f"sqlite:///{tmp_path}/a.db", "write")
    tmp_path.chmod(0o700)
    assert "check the permissions of its folder" in message


def test_a_read_only_connection_explains_itself(sqlite_url, path):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 1)
    with (
        closing(sqlite.connect_readonly(path)) as connection,
        pytest.raises(sqlite3.OperationalError) as raised,
    ):
        connection.execute("DELETE FROM genome")
    assert "cannot be written: check the permissions" in str(explain(raised.value, "runs/a.db"))


def test_a_full_disk_loses_only_the_generation_in_hand(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 2)
        before = store.resume_point(number)
        run = store._engine.connection.exec_driver_sql
        pages = run("PRAGMA page_count").scalar_one()
        run(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match="no room left"):
            drive(store, number, 200)
        reached = store.resume_point(number)
        assert store.check() == []
        run(f"PRAGMA max_page_count = {2 * pages + 1000}")
        drive(store, number, reached.generation + 3)
        assert store.resume_point(number).generation == reached.generation + 2 > before.generation
        assert store.check() == []


def test_any_failing_statement_leaves_the_last_generation(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 1)
        digest = store.resume_point(number).digest
        record = next(search(0, 13, digest))
        left = 0

        def fail(*_):
            nonlocal left
            left -= 1
            if left == 0:
                raise sqlite3.OperationalError("injected")

        sa.event.listen(store._engine.connection.engine, "before_cursor_execute", fail)
        for statement in range(1, 100):
            left = statement
            if stored(store, number, record):
                break
            left = 0
            assert store.resume_point(number).digest == digest
            assert store.check() == []
        left = 0
        assert 10 < statement < 99
        assert store.resume_point(number).digest == record.digest
        assert store.check() == []


def stored(store, number, record):
    try:
        store.commit(number, record)
    except StorageError:
        return False
    return True


def test_a_locked_database_says_so_and_nothing_is_lost(sqlite_url, path):
    with Store.open(sqlite_url, mode="write", timeout=0.2) as store:
        number = filled(store, 1)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="is locked by another process"):
                drive(store, number, 2)
            other.execute("ROLLBACK")
        drive(store, number, 2)
        assert store.check() == []


def test_a_writer_waits_for_another_one(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store, store._engine.transaction():
        assert "is being written by another process" in refused(sqlite_url, "write")


def test_readers_see_one_state_while_a_generation_is_written(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 1)
        with Store.open(sqlite_url) as reader:
            with reader.snapshot():
                assert reader.rows("SELECT MAX(generation) FROM generation")[0][0] == 0
                drive(store, number, 2)
                assert reader.rows("SELECT MAX(generation) FROM generation")[0][0] == 0
            assert queries.status(reader, "exp2")["generation"] == 1


def test_a_flipped_bit_is_found(sqlite_url, path):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 3)
    id, payload = execute(path, "SELECT MAX(id), payload FROM genome")[0]
    damaged = bytes([payload[0] ^ 1]) + payload[1:]
    execute(path, "UPDATE genome SET payload = ? WHERE id = ?", damaged, id)
    with Store.open(sqlite_url) as store:
        assert store.check() == [f"exp2: genome {id} does not match its digest"]
        with pytest.raises(StorageError, match=f"individual {id} of 'exp2' is damaged"):
            queries.genome(store, "exp2", id)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE individual SET obj1 = obj1 + 1e-9 WHERE id = 15", "1 does not match its state"),
        ("UPDATE individual SET status = 1 WHERE id = 13", "1 does not match its state"),
        ("UPDATE individual SET genome_id = 1 WHERE id = 13", "1 does not match its state"),
        ("UPDATE generation SET digest = zeroblob(32) WHERE generation = 1", "1 does not match"),
        ("DELETE FROM generation WHERE generation = 1", "generations 1 to 1 are missing"),
        ("UPDATE prepared SET data = zeroblob(40) WHERE name = 'inputs'", "array is damaged"),
    ],
)
def test_changed_results_are_found(sqlite_url, path, change, problem):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 3)
    execute(path, change)
    with Store.open(sqlite_url) as store:
        found = store.check()
    assert any(problem in line for line in found), found


def test_missing_survivors_stop_a_resume(sqlite_url, path):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 1)
    execute(path, "DELETE FROM individual WHERE id = 3")
    with (
        Store.open(sqlite_url) as store,
        pytest.raises(StorageError, match="survivors are missing"),
    ):
        store.resume_point(number)


def test_prepared_arrays_of_objects_are_not_read(sqlite_url, path):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 1)
    execute(path, "UPDATE prepared SET dtype = '|O' WHERE name = 'inputs'")
    with Store.open(sqlite_url) as store, pytest.raises(StorageError, match="cannot be read"):
        store.load_campaign("exp2")


def test_overwritten_pages_are_told_and_kept(sqlite_url, path):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 30)
    with path.open("r+b") as file:
        file.seek(3 * 8192)
        file.write(b"\xff" * 8192 * 8)
    before = path.read_bytes()
    try:
        with Store.open(sqlite_url) as store:
            problems = store.check()
    except StorageError as error:
        problems = [str(error)]
    assert problems
    assert path.read_bytes() == before


def test_a_backup_is_taken_of_an_open_database(sqlite_url, path, tmp_path):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 5)
        copy = tmp_path / "backups" / "copy.db"
        store.backup(copy)
        drive(store, number, 6)
        with pytest.raises(StorageError, match="exists already"):
            store.backup(copy)
    with Store.open(f"sqlite:///{copy}") as store:
        assert queries.status(store, "exp2")["generation"] == 4
        assert store.check() == []
    assert [file.name for file in copy.parent.iterdir() if "partial" in file.name] == []


@pytest.mark.postgres
def test_postgresql_is_backed_up_with_its_own_tool(postgres_url, tmp_path):
    with (
        Store.open(postgres_url, mode="write") as store,
        pytest.raises(StorageError, match="pg_dump"),
    ):
        store.backup(tmp_path / "copy.db")


@pytest.mark.postgres
def test_a_lost_postgresql_connection_can_be_resumed(postgres_url):
    with Store.open(postgres_url, mode="write") as other:
        number = filled(other, 1)
        other.release(number)
        store = Store.open(postgres_url, mode="write")
        store.acquire(number)
        (pid,) = store.rows("SELECT pg_backend_pid()")[0]
        other.rows("SELECT pg_terminate_backend(:pid)", pid=pid)
        with pytest.raises(StorageError):
            drive(store, number, 2)
        with pytest.raises(StorageError, match="connection was lost"):
            store.heartbeat(number)
        store.close()
        other.acquire(number)
        drive(other, number, 2)
        assert other.check() == []


def test_an_unreachable_postgresql_says_so():
    pytest.importorskip("psycopg")
    assert "cannot be reached" in refused("postgresql://me:secret@127.0.0.1:1/none", "write")


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
    ],
)
def test_versions_with_the_wal_reset_bug(version, affected):
    assert has_wal_reset_bug(version) == affected


def test_network_file_systems_are_seen(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nhost:/x /home/my\\040data nfs4 rw 0 0\ntmp /tmp tmpfs rw 0 0\n"
    )
    assert on_network(Path("/home/my data/runs/a.db"), mounts)
    assert not on_network(Path("/home/other/a.db"), mounts)
    assert not on_network(tmp_path, tmp_path / "none")


def test_sqlite_is_set_up_to_lose_nothing(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        run = store._engine.connection.exec_driver_sql
        expected = {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "page_size": 8192,
            "trusted_schema": 0,
            "cell_size_check": 1,
            "busy_timeout": 10000,
            "application_id": 0x45764F53,
            "user_version": 3,
        }
        assert {name: run(f"PRAGMA {name}").scalar_one() for name in expected} == expected
