"""What is written comes back, on every kind of database."""

import sqlite3

import numpy as np
import pytest

from evosearch.contracts import Status
from evosearch.errors import CampaignExistsError, ConfigError, StorageError, UsageError
from evosearch.store.records import FIRST_DIGEST, state_digest, stored_objectives
from evosearch.store.store import Store
from tests.store.fakes import OBJECTIVES, SLOTS, campaign_record, children, filled, search


def test_a_campaign_comes_back(storage_url):
    prepared = {
        "numbers": np.array([[0.1, np.nan], [-0.0, np.inf]]),
        "big-endian": np.arange(3, dtype=">i4"),
        "text": np.array(["a", "bcd"]),
        "nothing": np.zeros((0, 3), np.uint8),
        "scalar": np.array(7, np.int16),
    }
    record = campaign_record()
    with Store.open(storage_url, mode="write") as store:
        number = store.create_campaign(record, prepared)
    with Store.open(storage_url) as store:
        assert store.load_campaign("exp2")[:2] == (number, record)
        _, _, back = store.load_campaign("exp2")
        assert store.resume_point(number) is None
    assert list(back) == sorted(prepared)
    for name, array in prepared.items():
        assert back[name].shape == array.shape
        np.testing.assert_array_equal(back[name], array)


def test_what_cannot_be_stored_is_refused(storage_url):
    with Store.open(storage_url, mode="write") as store:
        with pytest.raises(StorageError, match="arrays of object"):
            store.create_campaign(campaign_record(), {"a": np.array([{}])})
        with pytest.raises(ConfigError, match="1 to 8 objectives, received 10") as raised:
            store.create_campaign(campaign_record(objectives=OBJECTIVES * 5, retain="none"), {})
        assert "all, elites, summary" in str(raised.value)
        assert store.create_campaign(campaign_record(), {}) == 1


def test_an_existing_name_is_refused_with_the_line_that_resumes_it(storage_url):
    with Store.open(storage_url, mode="write") as store:
        store.create_campaign(campaign_record(), {})
        with pytest.raises(CampaignExistsError) as raised:
            store.create_campaign(campaign_record(seed=3), {})
        assert "evosearch resume exp2" in [line.strip() for line in str(raised.value).splitlines()]
        assert store.load_campaign("exp2")[1].seed == 2**64 - 1


def test_an_unknown_campaign_is_answered_with_those_there_are(storage_url):
    with Store.open(storage_url, mode="write") as store:
        with pytest.raises(UsageError, match="it holds none yet"):
            store.load_campaign("exp2")
        store.create_campaign(campaign_record(), {})
        store.create_campaign(campaign_record("sine"), {})
        with pytest.raises(UsageError, match=r"holds 'exp2', 'sine'; did you mean 'sine'\?"):
            store.load_campaign("sin")


def test_the_resume_point_is_the_last_generation(storage_url):
    *_, last = [record for record, _ in zip(search(), range(3), strict=False)]
    rows = last.individuals
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 3)
        point = store.resume_point(number)
    assert (point.generation, point.digest) == (2, last.digest)
    assert (point.evaluations, point.seconds, point.next_id) == (36, 4.5, 37)
    assert point.front == [int(rows.ids[0])]
    assert len(point.survivors) == 2
    for survivors, ids in zip(point.survivors, last.survivors, strict=True):
        places = ids - rows.ids[0]
        np.testing.assert_array_equal(survivors.ids, ids)
        np.testing.assert_array_equal(survivors.objectives, rows.objectives[places])
        np.testing.assert_array_equal(survivors.measures, rows.measures[places])
        np.testing.assert_array_equal(survivors.status, rows.status[places])
        np.testing.assert_array_equal(survivors.sizes, rows.sizes[places])
        np.testing.assert_array_equal(survivors.births, np.full(len(ids), 2))
        assert survivors.genomes == [rows.genomes[place] for place in places]
        assert survivors.digests == [rows.digests[place] for place in places]


def test_structures_are_all_individuals_in_order(storage_url):
    records = [record.individuals for record, _ in zip(search(), range(3), strict=False)]
    with Store.open(storage_url, mode="write") as store:
        known = store.structures(filled(store, 3))
    assert known.ids.tolist() == list(range(1, 37))
    for name in ("structures", "digests", "genomes"):
        assert getattr(known, name) == [value for rows in records for value in getattr(rows, name)]
    status = np.concatenate([rows.status for rows in records])
    objectives = np.concatenate([rows.objectives for rows in records])
    np.testing.assert_array_equal(known.status, status)
    np.testing.assert_array_equal(known.objectives, stored_objectives(objectives, status))
    np.testing.assert_array_equal(known.measures, np.concatenate([r.measures for r in records]))
    np.testing.assert_array_equal(known.refined, ~np.concatenate([r.reused for r in records]))


def test_genomes_are_stored_once(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 6)
        digests = store.structures(number).digests
        stored = store.rows("SELECT id, digest FROM genome WHERE campaign_id = :c", c=number)
    assert len(set(digests)) < len(digests)
    first = {digest: row + 1 for row, digest in reversed(list(enumerate(digests)))}
    assert {bytes(digest): id for id, digest in stored} == first


def test_reopening_continues_to_store_genomes_once(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 3)
    with Store.open(storage_url, mode="write") as store:
        store.acquire(number)
        point = store.resume_point(number)
        store.commit(number, next(search(point.generation, point.next_id, point.digest)))
        digests = store.structures(number).digests
        assert store.rows("SELECT COUNT(*) FROM genome")[0][0] == len(set(digests))


def test_scores_are_shared_by_evaluator_and_fidelity(storage_url):
    with Store.open(storage_url, mode="write") as store:
        filled(store, 2)
        filled(store, 1, name="again")
        filled(store, 1, name="other", evaluator_key="cd" * 16)
        filled(store, 1, name="rough", fidelity="cheap")
        known = store.known_scores("ab" * 16, "full")
        assert store.known_scores("ee" * 16, "full").digests == []
    expected = {}
    for rows in (children(0, 1), children(1, 1 + 2 * SLOTS)):
        values = stored_objectives(rows.objectives, rows.status)
        for row in np.flatnonzero(rows.status <= Status.NONFINITE):
            score = (values[row], rows.status[row], rows.measures[row])
            expected.setdefault(rows.digests[row], score)
    assert known.digests == list(expected)
    np.testing.assert_array_equal(known.objectives, [score[0] for score in expected.values()])
    np.testing.assert_array_equal(known.status, [score[1] for score in expected.values()])
    np.testing.assert_array_equal(known.measures, [score[2] for score in expected.values()])


def test_configurations_are_appended(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 2)
        store.update_config(number, {"budget": {"generations": 9}}, {"numpy": "3"}, "more")
        record = store.load_campaign("exp2")[1]
        versions = store.rows(
            "SELECT version, reason, from_generation FROM campaign_config ORDER BY version"
        )
    assert record.config == {"budget": {"generations": 9}}
    assert record.fingerprint == {"numpy": "3"}
    assert [tuple(row) for row in versions] == [(1, "created", None), (2, "more", 2)]


def test_the_state_digest_sees_every_score_and_nothing_else():
    rows = children(0, 1)
    digest = state_digest(FIRST_DIGEST, rows)
    assert len(digest) == 32
    assert state_digest(b"\1" * 32, rows) != digest

    def changed(**fields):
        return state_digest(FIRST_DIGEST, type(rows)(**{**vars(rows), **fields}))

    objectives = rows.objectives.copy()
    objectives[2, 1] = np.nextafter(objectives[2, 1], 9)
    status = rows.status.copy()
    status[0] = Status.ERROR
    assert changed(objectives=objectives) != digest
    assert changed(status=status) != digest
    assert changed(digests=rows.digests[::-1]) != digest
    other_nan = rows.objectives.copy()
    other_nan[-1, 1] = -np.float64("nan")
    other_nan[SLOTS - 1] = [5.0, 6.0]  # of a row that was never computed
    assert changed(objectives=other_nan, reused=~rows.reused, sizes=rows.sizes + 1) == digest


@pytest.mark.parametrize("most", [18, 100, 32766])
def test_statements_of_any_size_store_the_same(sqlite_url, most):
    with Store.open(sqlite_url, mode="write") as store:
        driver = store._engine.connection.connection.driver_connection
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, most)
        number = filled(store, 2)
        known = store.structures(number)
        assert store.check() == []
    expected = [record for record, _ in zip(search(), range(2), strict=False)]
    assert known.digests == [d for record in expected for d in record.individuals.digests]
    assert known.ids.tolist() == list(range(1, 25))
