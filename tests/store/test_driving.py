"""One driver at a time, and generations in order."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from evosearch.errors import CampaignLockedError, StorageError
from evosearch.store import queries
from evosearch.store.store import Store
from tests.store.fakes import campaign_record, filled, search


def own(store, number, *, host=None, pid=None):
    """Rewrite the owner, as if another process had acquired the campaign."""
    import sqlalchemy as sa

    from evosearch.store.schema import campaign

    values = {"owner_host": host or socket.gethostname(), "owner_pid": pid}
    store._engine.execute(sa.update(campaign).where(campaign.c.id == number).values(values))


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_driver_is_refused_and_told_who_the_first_is(storage_url):
    with Store.open(storage_url, mode="write") as first:
        number = filled(first, 1)
        with Store.open(storage_url, mode="write") as second:
            expected = f"process {os.getpid()} on {socket.gethostname()}"
            with pytest.raises(CampaignLockedError, match=expected):
                second.acquire(number)
            other = second.create_campaign(campaign_record("other"), {})
            second.acquire(other)
        first.heartbeat(number)
    with Store.open(storage_url, mode="write") as third:
        third.acquire(number)


def test_a_dead_driver_of_this_machine_is_replaced_at_once(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        own(store, number, pid=dead_pid())
        with Store.open(storage_url, mode="write") as second:
            second.acquire(number)


def test_a_driver_elsewhere_is_replaced_when_its_lease_ends(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        own(store, number, host="elsewhere", pid=dead_pid())
        with Store.open(storage_url, mode="write") as second:
            with pytest.raises(CampaignLockedError, match="on elsewhere"):
                second.acquire(number)
            store._engine.connection.exec_driver_sql("UPDATE campaign SET lease_until = 1")
            second.acquire(number)


def test_a_replaced_driver_cannot_write(storage_url):
    with Store.open(storage_url, mode="write", lease=1e-9) as paused:
        number = filled(paused, 1)
        record = next(search(0, 13, paused.resume_point(number).digest))
        with Store.open(storage_url, mode="write") as second:
            second.acquire(number)
            before = queries.status(second, "exp2")
            for write in (
                lambda: paused.commit(number, record),
                lambda: paused.heartbeat(number),
                lambda: paused.set_state(number, "finished"),
                lambda: paused.update_config(number, {}, {}, "none"),
            ):
                with pytest.raises(CampaignLockedError, match="was taken over"):
                    write()
            assert queries.status(second, "exp2") == before
            paused.release(number)
            second.commit(number, record)


def test_only_a_holder_writes_and_only_in_write_mode(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = store.create_campaign(campaign_record(), {})
        with pytest.raises(StorageError, match="call acquire"):
            store.commit(number, next(search()))
    with Store.open(storage_url) as store, pytest.raises(StorageError, match="for reading"):
        store.acquire(number)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (lambda point: next(search(1, point.next_id, point.digest)), "2 cannot follow .* 0"),
        (lambda point: next(search(0, point.next_id + 1, point.digest)), "numbered from 13"),
        (lambda _: next(search(-1, 1)), "0 cannot follow generation 0"),
    ],
)
def test_generations_and_ids_follow_each_other(storage_url, record, message):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        point = store.resume_point(number)
        with pytest.raises(StorageError, match=message):
            store.commit(number, record(point))
        assert store.resume_point(number).digest == point.digest
        assert store.check() == []


def test_a_digest_of_another_length_is_refused(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 1)
        record = next(search(0, 13))
        record.individuals.digests[0] = b"short"
        with pytest.raises(ValueError, match="16 bytes"):
            store.commit(number, record)


def test_states_and_the_death_of_a_driver_are_told(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        for state in ("running", "paused", "finished", "failed"):
            store.set_state(number, state)
            assert queries.status(store, "exp2")["state"] == state
        store.set_state(number, "running")
        own(store, number, pid=dead_pid())
        assert queries.status(store, "exp2")["state"] == "interrupted"
        own(store, number, host="elsewhere", pid=1)
        assert queries.status(store, "exp2")["state"] == "running"


def test_an_empty_generation_is_a_generation(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        full = next(search(0, 13))
        rows = full.individuals
        empty = type(rows)(
            **{
                name: value[:0] if isinstance(value, np.ndarray | list) else {}
                for name, value in vars(rows).items()
            }
        )
        survivors = [row.ids for row in store.resume_point(number).survivors]
        changes = {"individuals": empty, "survivors": survivors, "front": []}
        store.commit(number, type(full)(**{**vars(full), **changes}))
        point = store.resume_point(number)
        assert (point.generation, point.next_id, point.front) == (1, 13, [])
        assert queries.front(store, "exp2") == []
