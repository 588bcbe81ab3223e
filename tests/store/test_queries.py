"""What is asked of a store for people."""

import json

import numpy as np
import pytest

from evosearch.contracts import Status
from evosearch.errors import UsageError
from evosearch.store import queries
from evosearch.store.members import STATUS_NAMES, finite
from evosearch.store.store import Store
from tests.store.fakes import campaign_record, digest_of, filled, search

STATUS_KEYS = ["campaign", "state", "generation", "evaluations", "digest", "started", "seconds"]


@pytest.fixture
def store(storage_url):
    with Store.open(storage_url, mode="write") as writer:
        filled(writer, 3)
    with Store.open(storage_url) as reader:
        yield reader


@pytest.fixture
def records():
    return [record for record, _ in zip(search(), range(3), strict=False)]


def test_status_sums_up_a_campaign(store, records):
    status = queries.status(store, "exp2")
    assert list(status) == [*STATUS_KEYS, "best", "reused", "failed", "profile"]
    assert status["generation"] == 2
    assert status["digest"] == records[-1].digest.hex()
    assert status["best"] == {"error": 1 / 3, "speed": 2.0}
    assert (status["reused"], status["failed"]) == (6, 6)
    assert queries.campaigns(store) == [status]
    assert 0 < status["profile"].pop("store") < 60
    assert status["profile"] == {"score": 1.5, "breed": 0.75}


def test_a_campaign_without_generations_has_a_status(storage_url):
    with Store.open(storage_url, mode="write") as store:
        store.create_campaign(campaign_record(), {})
        status = queries.status(store, "exp2")
    assert (status["generation"], status["digest"], status["evaluations"]) == (None, None, 0)


def test_the_front_is_the_current_one_best_first(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 2)
        rows = list(zip(search(), range(2), strict=False))[1][0].individuals
        members = queries.front(store, "exp2")
        assert {member.id for member in members} == set(rows.ids[:2].tolist())
        errors = [member.objectives["error"] for member in members]
        assert errors == sorted(rows.objectives[:2, 0])
        ages = store.rows(
            "SELECT individual_id, since_generation, until_generation FROM archive "
            "WHERE campaign_id = :c ORDER BY individual_id",
            c=number,
        )
    assert [tuple(row) for row in ages] == [(1, 0, 1), (13, 1, None), (14, 1, None)]


def test_a_member_has_its_birth_and_scores(store, records):
    rows = records[1].individuals
    member = queries.member(store, "exp2", 14)
    assert (member.generation, member.island, member.slot, member.status) == (1, 0, 1, "ok")
    assert member.objectives == {"error": rows.objectives[1, 0], "speed": rows.objectives[1, 1]}
    assert member.measures == {"width": rows.measures[1, 0], "depth": rows.measures[1, 1]}
    assert member.parents == [int(id) for id in rows.parents[1] if id]
    assert (member.operator, member.expression) == ("insert", "x * x")
    assert member.digest == rows.digests[1].hex()
    assert member.validation is None
    assert member.polish is None
    described = member.as_detailed_json()
    assert list(described)[:6] == [
        *("id", "generation", "objectives", "validation", "size", "expression")
    ]
    assert described["birth"]["parents"] == member.parents


def test_a_failed_member_says_so_in_valid_json(store):
    member = queries.member(store, "exp2", 6)
    assert member.status == "timeout"
    assert np.isnan(member.objectives["error"])
    assert json.loads(json.dumps(member.as_json(), allow_nan=False))["objectives"] == {
        "error": None,
        "speed": None,
    }
    message = "SELECT message FROM evaluation WHERE individual_id = 6"
    assert store.rows(message)[0][0] == "took longer than 1 s"


def test_validation_and_polish_show_up_and_are_replaced(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        store.record_validation(number, 1, {"max_error": 1.0}, "invalid")
        store.record_validation(number, 1, {"max_error": float("inf"), "digits": 3}, "ok")
        store.record_polish(number, 1, ["1.4426950408889634074"], {"digits": 19.5})
        store.record_artifact(number, 1, "json", "a/b.json", b"{}", {"digits": 19})
        member = queries.member(store, "exp2", 1)
        for write in (
            lambda: store.record_validation(number, 99, {}, "ok"),
            lambda: store.record_polish(number, 99, [], {}),
            lambda: store.record_artifact(number, 99, "c", "x.c", b"", {}),
        ):
            with pytest.raises(UsageError, match="no individual 99"):
                write()
    assert member.validation == {"max_error": float("inf"), "digits": 3}
    assert member.validation_status == "ok"
    assert member.polish == {"constants": ["1.4426950408889634074"], "metrics": {"digits": 19.5}}
    assert member.as_json()["validation"] == {"max_error": None, "digits": 3}


def test_lineage_holds_all_ancestors_and_no_one_else(store, records):
    parents = {}
    for record in records:
        for id, row in zip(record.individuals.ids, record.individuals.parents, strict=True):
            parents[int(id)] = [int(parent) for parent in row if parent]
    for start in (26, 36, 1):
        wanted, found = [start], set()
        while wanted:
            id = wanted.pop()
            if id not in found:
                found.add(id)
                wanted += parents[id]
        members, edges = queries.lineage(store, "exp2", start)
        assert [member.id for member in members] == sorted(found, reverse=True)
        assert _places(edges) == [
            (child, position, parent)
            for child in sorted(found)
            for position, parent in enumerate(parents[child])
        ]
        youngest, between = queries.lineage(store, "exp2", start, limit=3)
        assert [m.digest for m in youngest] == [m.digest for m in members[:3]]
        ids = {member.id for member in youngest}
        assert _places(between) == [
            place for place in _places(edges) if place[0] in ids and place[2] in ids
        ]


def _places(edges):
    return sorted((edge.child, edge.position, edge.parent) for edge in edges)


def test_history_and_generations_are_columns(store, records):
    history = queries.history(store, "exp2")
    rows = [record.individuals for record in records]
    np.testing.assert_array_equal(history.ids, np.arange(1, 37))
    np.testing.assert_array_equal(history.generation, np.repeat([0, 1, 2], 12))
    assert history.operator.tolist() == [name for r in rows for name in r.operators]
    np.testing.assert_array_equal(
        history.parents, np.concatenate([r.parents[:, :2] for r in rows])
    )
    np.testing.assert_array_equal(history.sizes, np.concatenate([r.sizes for r in rows]))
    np.testing.assert_array_equal(history.status, np.concatenate([r.status for r in rows]))
    np.testing.assert_array_equal(history.reused, np.concatenate([r.reused for r in rows]))
    assert np.isnan(history.objectives[5]).all()
    np.testing.assert_array_equal(history.objectives[:5], rows[0].objectives[:5])
    generations = queries.generations(store, "exp2")
    np.testing.assert_array_equal(generations.generation, [0, 1, 2])
    np.testing.assert_array_equal(generations.evaluations, [12, 24, 36])
    np.testing.assert_array_equal(generations.best["speed"], [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(generations.profile["score"], [0.5, 0.5, 0.5])


def test_columns_of_an_empty_campaign(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = store.create_campaign(campaign_record(), {})
        assert queries.history(store, "exp2").parents.shape == (0, 2)
        assert queries.history(store, "exp2").objectives.shape == (0, 2)
        assert queries.generations(store, "exp2").best["error"].shape == (0,)
        assert store.structures(number).measures.shape == (0, 2)


def test_a_genome_comes_with_its_type(store):
    genome_type, data = queries.genome(store, "exp2", 3)
    assert genome_type == "evosearch.genomes.program:ProgramBatch"
    assert digest_of(data).hex() == queries.member(store, "exp2", 3).digest


def test_the_record_and_the_journal_can_be_read(storage_url):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, 1)
        store.record_event(number, "resumed", {"workers": 2})
        assert queries.campaign(store, "exp2") == campaign_record()
        event = queries.events(store, "exp2")[-1]
    assert (event["level"], event["code"], event["detail"]) == ("info", "resumed", {"workers": 2})


@pytest.mark.parametrize("ask", [queries.member, queries.genome, queries.lineage])
@pytest.mark.parametrize("id", [0, 37, -1])
def test_an_unknown_individual_is_answered_with_the_range(store, ask, id):
    with pytest.raises(
        UsageError, match=f"no individual {id} in campaign 'exp2': expected 1 to 36"
    ):
        ask(store, "exp2", id)


def test_names_with_quotes_are_data(storage_url):
    name = "x'; DROP TABLE campaign; --"
    with Store.open(storage_url, mode="write") as store:
        filled(store, 1, name=name)
        assert queries.status(store, name)["campaign"] == name
        with pytest.raises(UsageError):
            queries.status(store, "' OR '1'='1")


def test_status_names_are_those_of_the_contract():
    assert tuple(status.name.lower() for status in Status) == STATUS_NAMES


def test_finite_reaches_into_nested_values():
    value = {"a": [1.5, float("nan"), {"b": float("-inf")}], "c": "nan", "d": 2}
    assert finite(value) == {"a": [1.5, None, {"b": None}], "c": "nan", "d": 2}


def test_reading_loads_neither_plugins_nor_heavy_libraries(sqlite_url, python):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 1)
    heavy = "numpy sqlalchemy alembic jax deap evaluators search_spaces evosearch.contracts"
    loaded = python(
        f"""
        import sys
        from evosearch.store import queries
        from evosearch.store.store import Store
        with Store.open({sqlite_url!r}) as store:
            queries.campaigns(store), queries.status(store, "exp2"), queries.front(store, "exp2")
            queries.lineage(store, "exp2", 1), queries.genome(store, "exp2", 1)
        print([name for name in {heavy!r}.split() if name in sys.modules])
        """
    )
    assert loaded == "[]"
