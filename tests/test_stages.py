"""Children scored cheaply first: who goes on, what is kept of it, and coming back to it."""

import sqlite3
from itertools import pairwise

import numpy as np
import pytest

from evosearch import testing
from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.contracts import Status
from evosearch.errors import ConfigError
from evosearch.evaluation import Evaluation, Worker
from evosearch.execution import InlineExecutor
from evosearch.stages import promoted
from evosearch.store import queries
from evosearch.store.store import Store
from tests.resume.toy import DistanceOptions, PairBatch, Staged

KEY = np.array([1, 2], dtype=np.uint32)
CONFIG = """
[campaign]
name = "pairs"
seed = 5
[space]
use = "tests.resume.toy:Pairs"
shapes = 40
[evaluator]
use = "tests.resume.toy:Staged"
poison = 3
[algorithm]
population = 24
max_fits = 3
islands = 2
promote = [0.5]
[execution]
use = "inline"
batch = 8
workers = 2
[budget]
generations = 6
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def executor():
    executor = InlineExecutor(2)
    yield executor
    executor.close()


def run(file, url, *overrides):
    with Campaign.create(load(file, overrides), url) as campaign:
        campaign.run()
        return campaign.state.digest.hex()


# --- Who goes on --------------------------------------------------------------------------------


def test_a_share_of_those_that_could_be_scored_goes_on():
    costs = np.array([3.0, 1.0, 2.0, 0.0, 1.5])
    status = np.array([0, 0, 0, Status.INVALID, 0], np.int8)
    digests = [bytes([k]) for k in range(5)]
    assert promoted(costs, status, digests, 0.5).tolist() == [1, 4]
    assert promoted(costs, status, digests, 0.01).tolist() == [1]
    assert promoted(costs, status, digests, 1.0).tolist() == [0, 1, 2, 4]
    assert promoted(costs, np.full(5, Status.ERROR, np.int8), digests, 0.5).tolist() == []


def test_equal_costs_go_by_digest_whatever_their_slots():
    costs, status = np.zeros(3), np.zeros(3, np.int8)
    assert promoted(costs, status, [b"c", b"a", b"b"], 0.3).tolist() == [1]
    assert promoted(costs, status, [b"a", b"b", b"c"], 0.3).tolist() == [0]


def staged(executor, genomes, promote=(0.5, 0.5), **options):
    evaluator = Staged(DistanceOptions(**options))
    worker = Worker(evaluator, "toy", {"noise": np.zeros(64)}, 4, "full", KEY, KEY)
    evaluation = Evaluation(worker, executor, batch=4, max_fits=2, promote=promote)
    return evaluation, evaluation.evaluate(genomes)


def batch(n):
    return PairBatch(np.arange(n), np.linspace(-2.0, 4.0, n))


def test_each_fidelity_scores_the_best_of_the_one_before(executor):
    _, result = staged(executor, batch(16), poison=2)
    rough, halves, full = result.stages
    assert [len(stage.rows) for stage in result.stages] == [16, 8, 4]
    assert [stage.fidelity for stage in result.stages] == ["rough", "halves", "full"]
    for stage, following in pairwise(result.stages):
        assert stage.rows[stage.promoted].tolist() == following.rows.tolist()
        lost = stage.objectives[~stage.promoted, 0]
        assert stage.objectives[stage.promoted, 0].max() <= np.nanmin(lost)
    assert not full.promoted.any()
    assert (result.status[full.rows] == Status.OK).all()
    assert np.array_equal(result.objectives[full.rows], full.objectives)
    stopped = np.setdiff1d(np.arange(16), [*full.rows, 2])
    assert (result.status[stopped] == Status.STOPPED).all()
    assert np.isnan(result.objectives[stopped]).all()
    assert result.status[2] == Status.NONFINITE
    assert np.isnan(rough.objectives[:, 1]).all()  # what a fidelity does not tell
    assert np.isfinite(halves.seconds).all()


def test_genomes_are_refined_once(executor):
    _, result = staged(executor, batch(8), promote=(1.0, 1.0))
    alone = Staged(DistanceOptions()).refine(batch(8), {}, KEY)
    assert np.array_equal(result.genomes.values, alone.values)


def test_the_stopped_are_known_and_not_tried_again(executor):
    evaluation, first = staged(executor, batch(16))
    again = evaluation.evaluate(first.genomes)
    assert again.reused.all()
    assert again.evaluations == 0
    assert list(again.stages[0].rows) == []
    assert again.status.tolist() == first.status.tolist()


def test_a_quarter_goes_on_where_nothing_is_said(executor):
    _, result = staged(executor, batch(16), promote=())
    assert [len(stage.rows) for stage in result.stages] == [16, 4, 1]


def test_nobody_left_is_no_fault(executor):
    class Lost(Staged):
        def score(self, genomes, prepared, *, fidelity, key):
            assert fidelity == "rough"
            nobody = np.full((len(genomes), 2), np.nan)
            status = np.full(len(genomes), Status.INVALID, np.int8)
            scores = super().score(genomes, prepared, fidelity=fidelity, key=key)
            return type(scores)(nobody, status, scores.measures)

    worker = Worker(Lost(DistanceOptions()), "toy", {"noise": np.zeros(64)}, 4, "full", KEY, KEY)
    result = Evaluation(worker, executor, batch=4, max_fits=2).evaluate(batch(6))
    assert (result.status == Status.INVALID).all()
    assert [len(stage.rows) for stage in result.stages] == [6, 0, 0]


def test_the_conformance_suite_knows_that_the_first_objective_suffices():
    testing.check_evaluator(Staged(DistanceOptions()), batch(6))


# --- Campaigns ----------------------------------------------------------------------------------


def test_too_many_shares_are_refused(file, sqlite_url):
    message = r"algorithm.promote: expected at most 2 shares for the fidelities rough, halves, f"
    with pytest.raises(ConfigError, match=message):
        run(file, sqlite_url, "algorithm.promote=[0.5, 0.5, 0.5]")
    with pytest.raises(ConfigError, match="promote"):
        load(file, ["algorithm.promote=[1.5]"])


def test_only_those_of_the_last_fidelity_are_on_the_front(file, storage_url):
    run(file, storage_url)
    with Store.open(storage_url) as store:
        front = queries.front(store, "pairs")
        assert {member.status for member in front} == {"ok"}
        for member in front:
            told = queries.stages(store, "pairs", member.id)
            assert [each["fidelity"] for each in told] in ([], ["rough", "halves", "full"])
            if told:  # nothing was scored anew where the score was known
                assert told[-1]["objectives"] == member.objectives
                assert told[0]["objectives"]["shape"] is None
                assert [each["promoted"] for each in told] == [True, True, False]
        assert any(queries.stages(store, "pairs", member.id) for member in front)


def test_status_counts_what_each_fidelity_did(file, storage_url):
    run(file, storage_url)
    with Store.open(storage_url) as store:
        status = queries.status(store, "pairs")
        rough, halves, full = queries.fidelities(store, "pairs")
        history = queries.history(store, "pairs")
    assert rough["scored"] == status["evaluations"]
    assert (rough["promoted"], halves["promoted"]) == (halves["scored"], full["scored"])
    assert full["scored"] < halves["scored"] < rough["scored"]
    failed = (history.status != Status.OK) & (history.status != Status.STOPPED)
    assert status["failed"] == failed.sum() > 0


@pytest.mark.parametrize("retain", ["all", "elites"])
def test_stopped_and_resumed_it_ends_the_same(retain, file, storage_url, tmp_path):
    whole = run(file, f"sqlite:///{tmp_path / 'whole.db'}", f"store.retain={retain}")
    run(file, storage_url, "budget.generations=2", f"store.retain={retain}")
    with Campaign.load(storage_url, "pairs", overrides=["budget.generations=6"]) as campaign:
        campaign.run()
        assert campaign.state.digest.hex() == whole
    with Store.open(storage_url) as store:
        assert store.check() == []


@pytest.mark.parametrize("workers", [1, 5])
def test_the_number_of_workers_does_not_matter(workers, file, tmp_path):
    urls = [f"sqlite:///{tmp_path / name}.db" for name in "ab"]
    assert run(file, urls[0]) == run(file, urls[1], f"execution.workers={workers}")


@pytest.mark.parametrize(
    "damage", ["promoted = 1 - promoted", "obj0 = obj0 + 1", "status = 1 - status"]
)
def test_check_finds_a_stage_that_was_changed(damage, file, tmp_path):
    path = tmp_path / "a.db"
    run(file, f"sqlite:///{path}")
    with sqlite3.connect(path) as database:
        some = "(SELECT MAX(individual_id) FROM stage WHERE number = 2)"
        database.execute(f"UPDATE stage SET {damage} WHERE number = 0 AND individual_id = {some}")
    database.close()
    with Store.open(f"sqlite:///{path}") as store:
        assert any("does not match its state digest" in line for line in store.check())
