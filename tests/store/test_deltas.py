"""Large payloads lie in the database as deltas, and come back as they were given."""

import os
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
import zlib
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch.errors import StorageError
from evosearch.store import queries
from evosearch.store.deltas import (
    ALONE,
    LARGE,
    MAX_CHAIN,
    Payloads,
    Restored,
    written,
)
from evosearch.store.store import Store
from tests.store import fakes
from tests.store.fakes import digest_of
from tests.store.tables import SLOTS, changed, create, drive, first_table, search

ROOT = Path(__file__).parents[2]
GENERATIONS = 40


class Genomes:
    """Stored genomes (id -> base, payload) and individuals of the same numbers, in memory."""

    def __init__(self):
        self.stored = {}

    def rows(self, sql, campaign, id):
        if id not in self.stored:
            return []
        return [(id,)] if "individual" in sql else [self.stored[id]]

    def restored(self, id):
        return Payloads(self, 1).restore(id, *self.stored[id])


def length(genomes, id):
    base = genomes.stored[id][0]
    return 1 if not base else 1 + length(genomes, base)


NOISE = np.random.default_rng(0).bytes(2 * LARGE)
CHANGES = st.lists(st.tuples(st.integers(0, 2 * LARGE), st.binary(max_size=9)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),  # the parent, by its place from the end
            st.one_of(st.just("cut"), st.just("zeros"), st.just("noise"), CHANGES),
        ),
        max_size=40,
    )
)
def test_whatever_is_written_comes_back(births):
    genomes, given_ = Genomes(), [NOISE]
    genomes.stored[1] = tuple(Payloads(genomes, 1).write([NOISE], [0])[0])
    payloads = Payloads(genomes, 1)
    for back, change in births:
        parent = max(1, len(given_) - back)
        child = given_[parent - 1]
        if change == "cut":
            child = child[: len(child) // 2 + 1000]
        elif change == "zeros":
            child = bytes(len(child))
        elif change == "noise":
            child = np.random.default_rng(len(given_)).bytes(len(child))
        else:
            for place, piece in change:
                child = child[:place] + piece + child[place + len(piece) :]
        given_.append(child)
        (row,) = payloads.write([child], [parent])
        genomes.stored[len(given_)] = tuple(row)
    for id, payload in enumerate(given_, start=1):
        base, stored = genomes.stored[id]
        assert genomes.restored(id) == payload
        assert length(genomes, id) <= MAX_CHAIN
        assert len(stored) <= len(payload)
        if len(payload) <= LARGE:
            assert (base, stored) == (None, payload)


def test_the_shortest_way_is_taken():
    zeros, other = bytes(8000), NOISE[:8000]
    near = other[:100] + b"changed" + other[107:]
    assert written(zeros, 0, None).base == ALONE
    assert written(other, 0, None) == (None, other)
    assert written(near, 7, Restored(other, 1)).base == 7
    assert written(near, 7, Restored(other, MAX_CHAIN - 1)).base == 7
    assert written(near, 7, Restored(other, MAX_CHAIN)) == (None, near)
    assert written(near, 7, Restored(other + b"x", 1)) == (None, near)
    assert written(zeros, 7, Restored(other, 1)).base == ALONE
    assert written(NOISE[1:8001], 7, Restored(other, 1)).base is None
    assert written(near[:LARGE], 7, Restored(other[:LARGE], 1)) == (None, near[:LARGE])


def test_a_lineage_of_large_tables_takes_little_room(sqlite_url, tmp_path):
    """27,000 x 20 cells, 1,000 changed in each child, in a line of 33."""
    rng = np.random.default_rng(1)
    genomes, table = Genomes(), first_table(27_000, 20)
    payloads = Payloads(genomes, 1)
    sizes = []
    for id in range(1, 34):
        (payload,) = table.to_bytes()
        (row,) = payloads.write([payload], [id - 1])
        genomes.stored[id] = tuple(row)
        assert genomes.restored(id) == payload
        sizes.append((len(row.payload), len(payload)))
        table = changed(table, 1000, rng)
    assert [id for id, (base, _) in genomes.stored.items() if not base] == [1, 17, 33]
    stored, whole = map(sum, zip(*sizes, strict=True))
    assert whole > 17e6
    assert stored < whole / 25
    assert max(small for small, _ in sizes[1:16]) < 4000


def stored_rows(store):
    return store.rows("SELECT id, base, payload, digest FROM genome ORDER BY id")


def restored_rows(store, number):
    """Payload of each stored genome, each checked against its digest."""
    payloads = Payloads(store, number)
    found = {}
    for id, base, payload, digest in stored_rows(store):
        found[id] = payloads.restore(id, base, payload)
        assert digest_of(found[id]) == bytes(digest)
    return found


def chains(store):
    bases = {row[0]: row[1] for row in stored_rows(store)}

    def chain(id):
        return 1 if not bases[id] else 1 + chain(bases[id])

    return {id: chain(id) for id in bases}


def test_a_campaign_reads_back_what_it_stored(storage_url):
    with Store.open(storage_url, "write") as store:
        number = create(store)
        store.acquire(number)
        records = list(islice(search(), GENERATIONS))
        for record in records:
            store.commit(number, record)
        given_ = [payload for record in records for payload in record.individuals.genomes]
        assert list(restored_rows(store, number).values()) == given_
        assert max(chains(store).values()) == MAX_CHAIN
        assert store.check() == []
        known = store.structures(number)
        assert list(known.genomes) == known.genomes[:] == given_
        assert known.genomes[5] == given_[5]
        (left,) = store.resume_point(number).survivors
        assert left.genomes == records[-1].individuals.genomes[:2]
    with Store.open(storage_url) as store:
        for id in (1, 2 * SLOTS, GENERATIONS * SLOTS):
            assert queries.genome(store, "exp2", id)[1] == given_[id - 1]


def test_the_first_parent_there_is_is_the_base(sqlite_url):
    with Store.open(sqlite_url, "write") as store:
        number = create(store)
        store.acquire(number)
        drive(store, number, 2)
        first = "SELECT child, parent FROM lineage_edge ORDER BY child, position DESC"
        parents = dict(store.rows(first))
        assert {id: base for id, base, *_ in stored_rows(store) if base} == parents
        assert sorted(parents) == [5, 6, 7, 8]


@pytest.mark.parametrize("policy", ["elites", "summary"])
def test_retention_never_takes_a_base_away(storage_url, policy):
    with Store.open(storage_url, "write") as store:
        number = create(store, retain=policy)
        store.acquire(number)
        for generations in range(1, GENERATIONS + 1):
            drive(store, number, generations)
            found = stored_rows(store)
            ids = {row[0] for row in found}
            assert {row[1] for row in found if row[1]} <= ids
        restored_rows(store, number)
        assert store.check() == []
        used = {row[0] for row in store.rows("SELECT genome_id FROM individual")}
        kept = ids - used
        if policy == "summary":
            assert kept  # their individuals are gone
            bases = {row[0]: row[1] for row in found}
            needed, wanted = set(), list(used)
            while wanted:
                needed.add(id := wanted.pop())
                wanted += [bases[id]] if bases[id] else []
            assert ids == needed
        assert len(ids) < GENERATIONS * SLOTS
        assert [len(left) for left in store.resume_point(number).survivors] == [2]
        drive(store, number, GENERATIONS + 2)


@pytest.mark.parametrize("policy", ["all", "elites", "summary"])
def test_stopping_makes_no_difference(tmp_path, policy):
    tables = []
    for stops in ((GENERATIONS,), (1, 7, 23, GENERATIONS)):
        url = f"sqlite:///{tmp_path}/{len(stops)}.db"
        with Store.open(url, "write") as store:
            number = create(store, retain=policy)
        for stop in stops:
            with Store.open(url, "write") as store:
                store.acquire(number)
                drive(store, number, stop)
        with Store.open(url) as store:
            tables.append(stored_rows(store))
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("after-genomes", marks=pytest.mark.slow),
        "before-commit",
        pytest.param("after-commit", marks=pytest.mark.slow),
    ],
)
def test_a_killed_campaign_goes_on_to_the_same_rows(storage_url, sqlite_url, tmp_path, place):
    with Store.open(storage_url, "write") as store:
        number = create(store, retain="elites")
    for passing in (3, 12):
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "EVOSEARCH_FAILPOINT": f"{place}:{passing}",
        }
        command = [sys.executable, "-m", "tests.store.tables", storage_url, str(GENERATIONS)]
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=60)
        assert done.returncode == -signal.SIGKILL
        with Store.open(storage_url) as store:
            assert store.check() == []
    with Store.open(storage_url, "write") as store:
        store.acquire(number)
        drive(store, number, GENERATIONS)
        rows = stored_rows(store)
    with Store.open(f"sqlite:///{tmp_path}/whole.db", "write") as store:
        whole = create(store, retain="elites")
        store.acquire(whole)
        drive(store, whole, GENERATIONS)
        assert stored_rows(store) == rows


def test_small_payloads_are_stored_as_before(sqlite_url, monkeypatch):
    monkeypatch.setattr(Payloads, "write", None)
    with Store.open(sqlite_url, "write") as store:
        number = fakes.filled(store, 3)
        rows = stored_rows(store)
        assert all(base is None for _, base, *_ in rows)
        assert {bytes(payload) for _, _, payload, _ in rows} == set(
            store.structures(number).genomes
        )


def test_payloads_that_only_look_compressed_are_left_alone(sqlite_url):
    for payload in (zlib.compress(NOISE), b"\x78\x9c" + NOISE, bytes([0]) + NOISE):
        genomes = Genomes()
        genomes.stored[1] = (None, payload)
        assert genomes.restored(1) == payload
        base, stored = genomes.stored[2] = tuple(Payloads(genomes, 1).write([payload], [0])[0])
        assert (base, genomes.restored(2)) == (None, payload)
        assert stored == payload


BOMB = zlib.compress(bytes(50_000_000))
DELTA = zlib.compress(bytes(8000))
HOSTILE = {
    "a bomb behind a base": {1: (None, bytes(8000)), 2: (1, BOMB)},
    "its own base": {2: (2, DELTA)},
    "a circle": {1: (2, DELTA), 2: (1, DELTA)},
    "a younger base": {2: (3, DELTA), 3: (None, bytes(8000))},
    "no base": {2: (1, DELTA)},
    "a negative base": {2: (-1, DELTA)},
    "a text as base": {2: ("1", DELTA)},
    "a text": {2: (None, "text")},
    "a number": {2: (None, 10**13)},
    "a compressed number": {2: (ALONE, 10**13)},
    "too short": {1: (None, bytes(8001)), 2: (1, DELTA)},
    "too long": {1: (None, bytes(7999)), 2: (1, DELTA)},
    "cut off": {2: (ALONE, DELTA[:-1])},
    "nothing": {2: (ALONE, b"")},
    "more behind": {2: (ALONE, DELTA + b"x")},
    "noise": {2: (ALONE, NOISE)},
    "a long chain": {
        1: (None, bytes(8000)),
        **{id: (id - 1, DELTA) for id in range(3, 5000)},
        2: (1, DELTA),
    },
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_rows_are_refused_within_bounds(case):
    genomes = Genomes()
    genomes.stored = HOSTILE[case]
    tracemalloc.start()
    try:
        with pytest.raises(StorageError, match="payload of genome"):
            genomes.restored(max(genomes.stored) if "chain" in case else 2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_chains_are_bounded_with_a_memory_too():
    genomes = Genomes()
    genomes.stored = HOSTILE["a long chain"]
    payloads = Payloads(genomes, 1)
    for id in range(2, MAX_CHAIN + 1):
        assert payloads.restore(id, *genomes.stored[id]) == bytes(8000)
    for id in (MAX_CHAIN + 1, MAX_CHAIN + 2):
        with pytest.raises(StorageError):
            payloads.restore(id, *genomes.stored[id])


def test_what_compresses_to_nothing_is_bounded_too(monkeypatch):
    monkeypatch.setattr("evosearch.store.deltas.MAX_BYTES", 10_000)
    genomes = Genomes()
    genomes.stored = {1: (ALONE, zlib.compress(bytes(10_000))), 2: (ALONE, BOMB)}
    assert genomes.restored(1) == bytes(10_000)
    with pytest.raises(StorageError):
        genomes.restored(2)
    assert written(bytes(10_001), 0, None).base is None


def test_memory_for_bases_is_bounded(monkeypatch):
    monkeypatch.setattr("evosearch.store.deltas.REMEMBERED", 20_000)
    genomes = Genomes()
    genomes.stored = {
        id: (None, bytes(8000)) if id % 2 else (id - 1, DELTA) for id in range(1, 21)
    }
    payloads = Payloads(genomes, 1)
    for id in (*range(1, 21), *range(1, 21)):
        assert payloads.restore(id, *genomes.stored[id]) == bytes(8000)
        assert sum(len(kept.payload) for kept in payloads._kept.values()) <= 20_000


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE genome SET payload = zeroblob(9) WHERE id = 1",
        "UPDATE genome SET base = 0 WHERE id = 5",
        "UPDATE genome SET base = NULL WHERE id = 5",
        "UPDATE genome SET base = base % 4 + 1 WHERE id = 5",
        "DELETE FROM genome WHERE id = 1",
    ],
)
def test_damage_is_found_and_told(sqlite_url, tmp_path, change):
    with Store.open(sqlite_url, "write") as store:
        number = create(store)
        store.acquire(number)
        drive(store, number, 6)
    with closing(sqlite3.connect(tmp_path / "campaigns.db")) as connection, connection:
        assert connection.execute(change).rowcount == 1
    with Store.open(sqlite_url) as store:
        problems = store.check()
        assert any("exp2: genome" in line for line in problems)
        broken = {int(line.split()[2]) for line in problems if "genome" in line}
        for id in broken:
            with pytest.raises(StorageError, match="restore the last backup"):
                queries.genome(store, "exp2", id)
