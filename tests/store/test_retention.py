"""What each policy keeps."""

import pytest

from evosearch.store import queries
from evosearch.store.retention import EVERY, RECENT
from evosearch.store.store import Store
from tests.store.fakes import drive, filled, search

GENERATIONS = 2 * EVERY + 3  # prunings at 0, EVERY and 2 * EVERY


def expected(policy):
    """Ids that are kept after the last pruning, worked out from the search itself."""
    records = [record for record, _ in zip(search(), range(GENERATIONS), strict=False)]
    parents, kept, fronts = {}, set(), set()
    for record in records:
        rows = record.individuals
        for id, row in zip(rows.ids.tolist(), rows.parents.tolist(), strict=True):
            parents[id] = [parent for parent in row if parent]
        kept |= set(rows.ids.tolist())
        fronts |= {member.id for member in record.front}
        roots = fronts | {int(id) for ids in record.survivors for id in ids}
        if policy == "summary":
            kept &= roots
        if policy == "elites" and record.generation % EVERY == 0:
            ancestors, wanted = set(), sorted(roots)
            while wanted:
                id = wanted.pop()
                if id not in ancestors:
                    ancestors.add(id)
                    wanted += parents[id]
            first = records[max(0, record.generation + 1 - RECENT)].individuals.ids[0]
            kept = {id for id in kept if id in ancestors or id >= first}
    return kept


@pytest.mark.parametrize("policy", ["all", "elites", "summary"])
def test_what_is_kept(storage_url, policy):
    with Store.open(storage_url, mode="write") as store:
        number = filled(store, GENERATIONS, retain=policy)
        ids = queries.history(store, "exp2").ids.tolist()
        assert ids == sorted(expected(policy))
        assert (len(ids) < 12 * GENERATIONS) == (policy != "all")
        assert len(queries.generations(store, "exp2").generation) == GENERATIONS
        assert store.check() == []
        used = {row[0] for row in store.rows("SELECT genome_id FROM individual")}
        assert {row[0] for row in store.rows("SELECT id FROM genome")} == used
        children = {row[0] for row in store.rows("SELECT child FROM lineage_edge")}
        assert children <= set(ids)
        failures = {row[0] for row in store.rows("SELECT individual_id FROM evaluation")}
        assert failures <= set(ids)
        point = store.resume_point(number)
        assert (point.generation, point.next_id) == (GENERATIONS - 1, 12 * GENERATIONS + 1)
        assert [len(rows) for rows in point.survivors] == [3, 2]


def test_elites_keep_the_whole_line_of_the_front(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 2 * EVERY + 1, retain="elites")
        stored = set(queries.history(store, "exp2").ids.tolist())
        members, edges = queries.lineage(store, "exp2", queries.front(store, "exp2")[0].id)
    oldest = min(members, key=lambda member: member.id)
    assert oldest.generation == 0
    assert {edge.parent for edge in edges} <= stored
    assert all(set(member.parents) <= stored for member in members)


def test_what_is_dropped_is_told_and_named(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        number = filled(store, 1, retain="summary")
        point = store.resume_point(number)
        record = next(search(0, point.next_id, point.digest))
        known = len(store.structures(number).ids)
        dropped = store.commit(number, record)
        assert len(store.structures(number).ids) == known + 12 - dropped
        with pytest.raises(
            Exception, match="individual 24 of campaign 'exp2' is no longer stored"
        ):
            queries.member(store, "exp2", 24)


@pytest.mark.parametrize("policy", ["elites", "summary"])
def test_stopping_makes_no_difference(tmp_path, policy):
    tables = {}
    for stops in ((GENERATIONS,), (2, EVERY + 1, GENERATIONS)):
        with Store.open(f"sqlite:///{tmp_path}/{len(stops)}.db", mode="write") as store:
            number = filled(store, stops[0], retain=policy)
        for stop in stops[1:]:
            with Store.open(f"sqlite:///{tmp_path}/{len(stops)}.db", mode="write") as store:
                store.acquire(number)
                drive(store, number, stop)
        with Store.open(f"sqlite:///{tmp_path}/{len(stops)}.db") as store:
            tables[stops] = [
                store.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
                for table in ("genome", "individual", "lineage_edge", "survivor", "archive")
            ]
    one, three = tables.values()
    assert one == three


def test_other_campaigns_are_left_alone(sqlite_url):
    with Store.open(sqlite_url, mode="write") as store:
        filled(store, 3)
        filled(store, GENERATIONS, name="pruned", retain="summary")
        assert len(queries.history(store, "exp2").ids) == 36
        assert store.check() == []
