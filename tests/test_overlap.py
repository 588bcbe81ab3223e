"""Generations are stored while the next one is evaluated, and nothing that is told is lost."""

import gc
import time
import weakref

import pytest

import tests.resume.toy as toy
from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.errors import CampaignLockedError, EvaluatorError, StorageError
from evosearch.evaluation import Evaluation
from evosearch.store import queries
from evosearch.store.ingest import Ingest
from evosearch.store.store import Store
from tests.test_campaign import CONFIG

GENERATIONS = 6
PATIENCE = 20.0  # seconds after which a test gives up


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def whole(file, tmp_path):
    """Digest of the campaign that nobody disturbs."""
    return ended(Campaign.create(load(file), f"sqlite:///{tmp_path / 'whole.db'}"))[1]


def ended(campaign):
    with campaign:
        return campaign.run(), campaign.state.digest.hex()


def stored(url):
    with Store.open(url) as store:
        return queries.status(store, "pairs")


class Commits:
    """Watches the commits of a test: ``before`` is called with the record of each."""

    def __init__(self, monkeypatch):
        self.before = lambda _: None
        commit = Ingest.commit

        def watched(ingest, record):
            self.before(record)
            return commit(ingest, record)

        monkeypatch.setattr(Ingest, "commit", watched)


@pytest.fixture
def commits(monkeypatch):
    return Commits(monkeypatch)


@pytest.fixture
def scoring(monkeypatch):
    """Set ``scoring.before`` to be called before each batch is scored."""

    class Scoring:
        before = staticmethod(lambda: None)

    score = toy.Distance.score

    def watched(*arguments, **options):
        Scoring.before()
        return score(*arguments, **options)

    monkeypatch.setattr(toy.Distance, "score", watched)
    return Scoring


@pytest.fixture
def begun(monkeypatch):
    """Evaluations begun so far."""
    count = []
    evaluate = Evaluation.evaluate

    def watched(evaluation, children, bars):
        count.append(len(children))
        return evaluate(evaluation, children, bars)

    monkeypatch.setattr(Evaluation, "evaluate", watched)
    return count


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_next_generation_is_evaluated_while_one_is_stored(
    file, storage_url, commits, begun, whole
):
    begun.clear()

    def wait_for_the_next(record):
        if record.generation < GENERATIONS:
            wait_until(lambda: len(begun) == record.generation + 2)

    commits.before = wait_for_the_next
    assert ended(Campaign.create(load(file), storage_url)) == ("finished", whole)


def test_what_is_told_is_stored_and_in_order(file, storage_url):
    told = []

    def check(progress):
        status = stored(storage_url)
        told.append(progress.generation)
        assert status["generation"] >= progress.generation
        if status["generation"] == progress.generation:
            assert status["digest"] == progress.digest

    with Campaign.create(load(file), storage_url) as campaign:
        campaign.run(check)
    assert told == list(range(GENERATIONS + 1))


def test_what_takes_little_of_a_generation_is_told_before_the_next(
    file, sqlite_url, begun, monkeypatch
):
    monkeypatch.setattr("evosearch.campaign.campaign.PATIENCE", 1e9)
    told = []
    with Campaign.create(load(file), sqlite_url) as campaign:
        campaign.run(lambda progress: told.append((progress.generation, len(begun))))
    assert told == [(generation, generation + 1) for generation in range(GENERATIONS + 1)]


def test_asked_for_progress_waits_for_the_store(file, sqlite_url, commits):
    commits.before = lambda _: time.sleep(0.05)
    with Campaign.create(load(file), sqlite_url) as campaign:
        for generation in range(3):
            campaign.tell(campaign.evaluate(campaign.ask()))
            progress = campaign.progress()
            assert stored(sqlite_url)["generation"] == progress.generation == generation
        campaign.tell(campaign.evaluate(campaign.ask()))
    assert stored(sqlite_url)["generation"] == 3  # closing waits


def test_no_more_than_one_generation_waits_in_memory(file, sqlite_url, commits):
    records = []
    most = 0

    def count(record):
        nonlocal most
        time.sleep(0.02)
        records.append(weakref.ref(record.individuals))
        gc.collect()
        most = max(most, sum(each() is not None for each in records))

    commits.before = count
    ended(Campaign.create(load(file, ["budget.generations=12"]), sqlite_url))
    assert len(records) == 13
    assert most <= 2  # the one that is stored, and the one before, if it was not yet let go


# --- Failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", range(GENERATIONS + 1))
def test_a_storage_error_stops_the_campaign(failing, file, sqlite_url, whole, commits):
    def fail(record):
        assert record.generation <= failing, "a generation after the one that failed"
        if record.generation == failing:
            raise StorageError("no room left")

    commits.before = fail
    told = []
    with (
        Campaign.create(load(file), sqlite_url) as campaign,
        pytest.raises(StorageError, match="no room left"),
    ):
        campaign.run(lambda progress: told.append(progress.generation))
    assert campaign.state.generation <= failing + 1
    assert told == list(range(failing))
    commits.before = lambda _: None
    assert stored(sqlite_url)["generation"] == (failing - 1 if failing else None)
    assert ended(Campaign.load(sqlite_url, "pairs")) == ("finished", whole)


def test_a_storage_error_after_the_last_tell_is_raised_by_close(file, sqlite_url, commits):
    def fail(record):
        time.sleep(0.05)
        raise StorageError("no room left")

    commits.before = fail
    campaign = Campaign.create(load(file), sqlite_url)
    campaign.tell(campaign.evaluate(campaign.ask()))
    with pytest.raises(StorageError, match="no room left"):
        campaign.close()
    Campaign.load(sqlite_url, "pairs").close()  # it was released


def test_a_driver_that_was_replaced_stops(file, sqlite_url, scoring):
    def take_over():
        scoring.before = lambda: None
        with Store.open(sqlite_url, mode="write") as second:
            second._engine.connection.exec_driver_sql(
                "UPDATE campaign SET lease_until = 1, owner_host = 'elsewhere'"
            )
            second.acquire(1)

    with Campaign.create(load(file, ["execution.workers=1"]), sqlite_url) as campaign:
        campaign.tell(campaign.evaluate(campaign.ask()))
        campaign.flush()
        scoring.before = take_over
        with pytest.raises(CampaignLockedError, match="was taken over"):
            campaign.run()
    assert stored(sqlite_url)["generation"] == 0


def test_a_broken_evaluator_loses_no_generation_before(file, sqlite_url, commits, monkeypatch):
    commits.before = lambda _: time.sleep(0.05)
    told = []
    with Campaign.create(load(file), sqlite_url) as campaign:
        campaign.tell(campaign.evaluate(campaign.ask()))
        monkeypatch.setattr(toy.Distance, "score", lambda *_, **__: None)
        with pytest.raises(EvaluatorError):
            campaign.run(lambda progress: told.append(progress.generation))
    status = stored(sqlite_url)
    assert (status["state"], status["generation"]) == ("failed", 0)


def test_stopped_at_once_the_finished_generation_is_stored(file, sqlite_url, commits, whole):
    told = []
    with Campaign.create(load(file), sqlite_url) as campaign:
        evaluate = campaign.evaluate

        def interrupted(births):
            if campaign.state.generation == 2:
                raise KeyboardInterrupt
            return evaluate(births)

        campaign.evaluate = interrupted
        commits.before = lambda _: time.sleep(0.05)
        with pytest.raises(KeyboardInterrupt):
            campaign.run(lambda progress: told.append(progress.generation))
        assert told == [0, 1, 2]
        assert stored(sqlite_url)["generation"] == 2
    commits.before = lambda _: None
    assert ended(Campaign.load(sqlite_url, "pairs")) == ("finished", whole)


# --- The lease ----------------------------------------------------------------------------------


def test_a_generation_may_take_longer_than_the_lease(file, sqlite_url, scoring):
    with Store.open(sqlite_url, mode="write", lease=0.4) as store:
        campaign = Campaign.create(load(file, ["execution.workers=1"]), store)
        store._engine.connection.exec_driver_sql("UPDATE campaign SET owner_host = 'elsewhere'")
        refused = []

        def wait_and_try():
            scoring.before = lambda: None
            time.sleep(0.8)
            with Store.open(sqlite_url, mode="write") as second:
                try:
                    second.acquire(1)
                except CampaignLockedError:
                    refused.append(True)

        scoring.before = wait_and_try
        assert ended(campaign)[0] == "finished"
    assert refused == [True]


# --- The profile --------------------------------------------------------------------------------

PARTS = {"breed", "refine", "score", "compile", "lookup", "select", "waiting", "other"}


def test_the_parts_add_up_over_all_sittings(file, storage_url, commits):
    commits.before = lambda _: time.sleep(0.02)
    with Campaign.create(load(file), storage_url) as campaign:
        for _ in range(2):
            campaign.tell(campaign.evaluate(campaign.ask()))
    before = stored(storage_url)["profile"]
    ended(Campaign.load(storage_url, "pairs"))
    status = stored(storage_url)
    profile = status["profile"]
    assert set(profile) == PARTS | {"store", "total"}
    assert all(profile[name] >= before[name] >= 0 for name in before)
    assert sum(profile[name] for name in PARTS) == pytest.approx(profile["total"])
    assert profile["total"] == pytest.approx(status["seconds"])
    assert profile["waiting"] > 0.05
    assert profile["total"] > profile["waiting"]


def test_compiling_is_counted_once(file, sqlite_url, scoring, monkeypatch):
    monkeypatch.setattr(toy.Distance, "compile_seconds", 0.0, raising=False)

    def compile():
        scoring.before = lambda: None
        time.sleep(0.2)
        toy.Distance.compile_seconds += 0.2

    scoring.before = compile
    ended(Campaign.create(load(file, ["execution.workers=1"]), sqlite_url))
    profile = stored(sqlite_url)["profile"]
    assert profile["compile"] == pytest.approx(0.2, abs=0.05)
    assert profile["score"] < 0.2
