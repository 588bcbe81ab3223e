"""A thread that commits: in order, one generation at a time, and nothing after a failure."""

import gc
import threading
import time
import weakref

import pytest

from evosearch.errors import CampaignLockedError, StorageError
from evosearch.store import queries
from evosearch.store.ingest import Ingest
from evosearch.store.store import Store
from tests.store.fakes import campaign_record, drive, filled, missing, search
from tests.store.test_driving import own

PATIENCE = 20.0  # seconds after which a test gives up


@pytest.fixture
def gate(monkeypatch):
    """Commits wait until it is opened."""
    opened = threading.Event()
    commit = Ingest.commit

    def gated(self, record):
        assert opened.wait(PATIENCE)
        return commit(self, record)

    monkeypatch.setattr(Ingest, "commit", gated)
    return opened


@pytest.fixture
def store(storage_url):
    with Store.open(storage_url, mode="write") as store:
        yield store


@pytest.fixture
def number(store):
    number = store.create_campaign(campaign_record(), {})
    store.acquire(number)
    return number


@pytest.fixture
def writer(store, number):
    writer = store.writer(number)
    yield writer
    writer.close()


def records(n):
    return [record for record, _ in zip(search(), range(n), strict=False)]


def rows(store, name):
    history = queries.history(store, name)
    return [array.tobytes() for array in vars(history).values() if hasattr(array, "tobytes")]


def test_it_stores_what_commits_store(store, writer):
    for record in records(3):
        writer.submit(record)
    writer.close()
    filled(store, 3, name="alone")
    assert rows(store, "exp2") == rows(store, "alone")
    status = queries.status(store, "exp2")
    assert status["digest"] == queries.status(store, "alone")["digest"]
    assert store.check() == []


def test_a_generation_is_handed_over_only_after_the_one_before_is_stored(store, gate, writer):
    first, second = records(2)
    pending = writer.submit(first)
    assert not pending.done()
    threading.Timer(0.1, gate.set).start()
    writer.submit(second)
    assert pending.done()
    assert queries.status(store, "exp2")["generation"] >= 0


def test_a_stored_generation_is_let_go(writer):
    record = records(1)[0]
    alive = weakref.ref(record.individuals)
    writer.submit(record).result(PATIENCE)
    del record
    deadline = time.monotonic() + PATIENCE
    while alive() is not None and time.monotonic() < deadline:
        time.sleep(0.001)
        gc.collect()
    assert alive() is None


def test_nothing_follows_a_generation_that_was_not_stored(store, writer, monkeypatch):
    first, second, third = records(3)
    writer.submit(first).result(PATIENCE)
    with monkeypatch.context() as failing:
        failing.setattr(Ingest, "_write_front", fail)
        with pytest.raises(StorageError, match="no room left"):
            writer.submit(second).result(PATIENCE)
    for record in (second, third):
        with pytest.raises(StorageError, match="no room left"):
            writer.submit(record)
    assert queries.status(store, "exp2")["digest"] == first.digest.hex()
    assert store.check() == []


def fail(*_, **__):
    raise StorageError("no room left")


def test_a_full_disk_is_told_and_leaves_the_last_generation(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 2)
        writer = store.writer(number)
        engine = writer._engine.result()
        writer._thread.submit(cap, engine).result(PATIENCE)
        with pytest.raises(StorageError, match="no room left"):
            submit_all(writer, missing(store, number, 500))
        last = queries.status(store, "exp2")["generation"]
        writer.close()
        assert 1 <= last < 499
        drive(store, number, last + 3)
        assert store.resume_point(number).generation == last + 2
        assert store.check() == []


def submit_all(writer, records):
    for record in records:
        writer.submit(record).result(PATIENCE)


def cap(engine):
    run = engine.connection.exec_driver_sql
    run(f"PRAGMA max_page_count = {run('PRAGMA page_count').scalar_one()}")


def test_closing_finishes_the_generation_in_hand(store, gate, writer):
    writer.submit(records(1)[0])
    threading.Timer(0.1, gate.set).start()
    writer.close()
    assert queries.status(store, "exp2")["generation"] == 0


def test_a_replaced_driver_cannot_write(storage_url, store, number, writer):
    first, second = records(2)
    writer.submit(first).result(PATIENCE)
    own(store, number, host="elsewhere", pid=1)
    store._engine.connection.exec_driver_sql("UPDATE campaign SET lease_until = 1")
    with Store.open(storage_url, mode="write") as other:
        other.acquire(number)
        with pytest.raises(CampaignLockedError, match="was taken over"):
            writer.submit(second).result(PATIENCE)
        other.commit(number, second)
        assert other.check() == []


@pytest.mark.postgres
def test_a_lost_postgresql_connection_is_told(postgres_url):
    with Store.open(postgres_url, mode="write") as store:
        number = filled(store, 1)
        writer = store.writer(number)
        engine = writer._engine.result()
        (pid,) = writer._thread.submit(engine.rows, "SELECT pg_backend_pid()").result()[0]
        store.rows("SELECT pg_terminate_backend(:pid)", pid=pid)
        point = store.resume_point(number)
        record = next(search(point.generation, point.next_id, point.digest))
        with pytest.raises(StorageError):
            writer.submit(record).result(PATIENCE)
        writer.close()
        drive(store, number, 2)
        assert store.check() == []


def test_what_cannot_be_opened_is_told_with_the_first_generation(store, number, monkeypatch):
    monkeypatch.setattr("evosearch.store.engine.SqlEngine.__init__", fail)
    writer = store.writer(number)
    with pytest.raises(StorageError, match="no room left"):
        writer.submit(records(1)[0]).result(PATIENCE)
    writer.close()


# --- The lease ----------------------------------------------------------------------------------


def until(store):
    return store.rows("SELECT lease_until FROM campaign")[0][0]


def test_the_lease_is_kept_while_nothing_is_written(storage_url):
    with Store.open(storage_url, mode="write", lease=0.4) as store:
        number = filled(store, 1)
        own(store, number, host="elsewhere", pid=1)
        writer = store.writer(number)
        ends = until(store)
        while time.time() < ends + 0.4:
            time.sleep(0.05)
        with Store.open(storage_url, mode="write") as second:
            with pytest.raises(CampaignLockedError, match="on elsewhere"):
                second.acquire(number)
            writer.close()
            ends = until(store)
            while time.time() < ends:
                time.sleep(0.05)
            second.acquire(number)


def test_a_lost_lease_is_not_taken_back(storage_url):
    with Store.open(storage_url, mode="write", lease=0.2) as store:
        number = filled(store, 1)
        own(store, number, host="elsewhere", pid=1)
        store._engine.connection.exec_driver_sql("UPDATE campaign SET lease_until = 1")
        with Store.open(storage_url, mode="write") as second:
            second.acquire(number)
            ends = until(second)
            writer = store.writer(number)
            time.sleep(0.3)
            writer.close()
            assert until(second) == ends
            second.heartbeat(number)
