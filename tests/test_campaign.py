"""Campaigns, in this process: the loop, its stores of state, and coming back to it."""

from pathlib import Path

import numpy as np
import pytest

from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.contracts import Status, scores_of
from evosearch.errors import (
    CampaignExistsError,
    CampaignLockedError,
    ConfigError,
    EvaluatorError,
    FingerprintError,
    UsageError,
)
from evosearch.population import costs_of
from evosearch.selection import nondominated
from evosearch.store import queries
from evosearch.store.store import Store
from tests.resume.toy import Distance, PairBatch

CONFIG = """
[campaign]
name = "pairs"
seed = 5
[space]
use = "tests.resume.toy:Pairs"
shapes = 12
[evaluator]
use = "tests.resume.toy:Distance"
[algorithm]
population = 16
max_fits = 3
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


def created(file, url, *overrides, name=None, seeds=None):
    return Campaign.create(load(file, overrides, name=name), url, seeds)


def run(file, url, *overrides, name=None):
    with created(file, url, *overrides, name=name) as campaign:
        ended = campaign.run()
        return ended, campaign.state.digest.hex()


def resume(url, *overrides, name="pairs", **options):
    with Campaign.load(url, name, overrides=overrides, **options) as campaign:
        ended = campaign.run()
        return ended, campaign.state.digest.hex()


def asked(url, question, *arguments, name="pairs"):
    with Store.open(url) as store:
        return question(store, name, *arguments)


# --- The loop -----------------------------------------------------------------------------------


def test_a_campaign_runs_to_the_end_of_its_budget(file, sqlite_url):
    told = []
    with created(file, sqlite_url) as campaign:
        assert campaign.run(told.append) == "finished"
        assert campaign.reason == "6 generations"
    assert [progress.generation for progress in told] == [0, 1, 2, 3, 4, 5, 6]
    last = told[-1]
    status = asked(sqlite_url, queries.status)
    assert status["state"] == "finished"
    assert status["digest"] == last.digest
    assert status["evaluations"] == last.evaluations
    assert status["best"] == last.best
    assert last.evaluations + last.reused == 7 * 16
    assert last.budget == 1.0
    assert last.rate > 0


def test_the_front_is_what_nothing_in_the_history_dominates(file, sqlite_url):
    with created(file, sqlite_url) as campaign:
        campaign.run()
        front = campaign.front()
    history = asked(sqlite_url, queries.history)
    costs = costs_of(history.objectives, Distance.objectives)
    assert front.ids.tolist() == history.ids[nondominated(costs)].tolist()
    assert len(front) > 1
    members = {member.id: member for member in asked(sqlite_url, queries.front)}
    assert set(members) == set(front.ids.tolist())
    for row, id in enumerate(front.ids.tolist()):
        assert members[id].expression == front.expressions[row]
        assert list(members[id].objectives.values()) == front.objectives[row].tolist()


def test_births_are_stored_with_their_parents(file, sqlite_url):
    run(file, sqlite_url)
    history = asked(sqlite_url, queries.history)
    first = history.generation == 0
    assert set(history.operator[first]) <= {"random", "zero"}
    assert not history.parents[first].any()
    later = history.parents[~first]
    assert (later[:, 0] > 0).all()
    born = dict(zip(history.ids.tolist(), history.generation.tolist(), strict=True))
    child = history.generation[~first]
    assert all(born[parent] < c for parent, c in zip(later[:, 0].tolist(), child, strict=True))


def test_seed_and_name_alone_decide(file, sqlite_url):
    _, first = run(file, sqlite_url)
    _, second = run(file, sqlite_url, name="again")
    _, other = run(file, sqlite_url, "campaign.seed=6", name="other")
    assert first == second != other


def test_scores_of_another_campaign_never_change_the_course(file, sqlite_url, tmp_path):
    plain = "evaluator.use=tests.resume.toy:Plain"
    _, alone = run(file, f"sqlite:///{tmp_path / 'alone.db'}", plain)
    run(file, sqlite_url, plain, name="before")
    run(file, sqlite_url, plain, "algorithm.population=50", name="different")
    _, among = run(file, sqlite_url, plain)
    assert among == alone


def test_a_known_campaign_costs_no_calls(file, sqlite_url, monkeypatch):
    plain = "evaluator.use=tests.resume.toy:Plain"
    _, first = run(file, sqlite_url, plain)
    import tests.resume.toy as toy

    def forbidden(*_, **__):
        raise AssertionError("scored again")

    monkeypatch.setattr(toy.Plain, "score", forbidden)
    _, second = run(file, sqlite_url, plain, name="again")
    assert second == first
    stored = [asked(sqlite_url, queries.status, name=name) for name in ("pairs", "again")]
    assert stored[0]["evaluations"] == stored[1]["evaluations"]  # the budget is counted alike
    assert stored[1]["failed"] == 0


@pytest.mark.parametrize("limit", ["evaluations=40", "seconds=1e-9", "target.error=100"])
def test_every_limit_stops(limit, file, sqlite_url):
    overrides = [f"budget.{limit}", "budget.generations=500"]
    assert run(file, sqlite_url, *overrides)[0] == "finished"
    status = asked(sqlite_url, queries.status)
    assert status["generation"] < 50
    if limit.startswith("evaluations"):
        assert 40 <= status["evaluations"] < 40 + 16


def test_islands_exchange_their_best(file, sqlite_url):
    islands = ("algorithm.islands=3", "algorithm.migration.interval=2")
    with created(file, sqlite_url, *islands) as campaign:
        exchanged = []
        while campaign.spent() is None:
            campaign.tell(campaign.evaluate(campaign.ask()))
            on = [set(population.ids.tolist()) for population in campaign.state.islands]
            exchanged.append(bool(on[0] & on[1] and on[1] & on[2] and on[2] & on[0]))
    assert exchanged[:3] == [False, False, True]
    with Store.open(sqlite_url) as store:
        born = store.rows("SELECT DISTINCT island FROM individual ORDER BY island")
    assert [row[0] for row in born] == [0, 1, 2]


def test_seeds_join_the_first_generation(file, sqlite_url):
    seeds = PairBatch(np.array([11, 3]), np.array([1.0, 2.0]))
    with created(file, sqlite_url, seeds=seeds) as campaign:
        campaign.run()
    history = asked(sqlite_url, queries.history)
    brought = history.operator == "seed-file"
    assert history.generation[brought].tolist() == [0, 0]
    assert history.objectives[brought, 1].tolist() == [11.0, 3.0]


def test_wanted_seeds_have_to_be_given(file, sqlite_url):
    with pytest.raises(ConfigError, match=r"campaign.seeds: generation 0 needs .* a.json"):
        created(file, sqlite_url, 'campaign.seeds=["a.json"]')


def test_random_search_breeds_from_nothing(file, sqlite_url):
    run(file, sqlite_url, "algorithm.use=random")
    assert set(asked(sqlite_url, queries.history).operator) == {"random"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("algorithm.operators.stepp=1", "did you mean 'step'"),
        ("budget.target.erro=1", "no such objective; expected error, shape"),
    ],
)
def test_names_are_checked_against_the_plug_ins(override, message, file, sqlite_url):
    with pytest.raises(ConfigError, match=message):
        created(file, sqlite_url, override)


def test_limits_that_this_executor_cannot_keep_are_warned_of(file, sqlite_url, caplog):
    with created(file, sqlite_url, "execution.timeout=5"):
        pass
    assert "execution.timeout is not enforced" in caplog.text


# --- Ask and tell -------------------------------------------------------------------------------


def test_scores_may_come_from_elsewhere(file, sqlite_url):
    with created(file, sqlite_url) as campaign:
        for _ in range(3):
            births = campaign.ask(5)
            values = np.stack([births.genomes.values**2, births.genomes.shapes], axis=1)
            campaign.tell(scores_of(values, measures=np.zeros((5, 2))))
        assert campaign.state.generation == 2
        best = campaign.progress().best
    history = asked(sqlite_url, queries.history)
    assert len(history.ids) == 15
    assert best["error"] == history.objectives[:, 0].min()


def test_ask_and_tell_take_turns(file, sqlite_url):
    with created(file, sqlite_url) as campaign:
        with pytest.raises(UsageError, match=r"tell\(\) before ask\(\)"):
            campaign.tell(scores_of(np.zeros((1, 2))))
        campaign.ask()
        with pytest.raises(UsageError, match="was called twice"):
            campaign.ask()


# --- Failures -----------------------------------------------------------------------------------


def test_a_search_in_which_everything_fails_goes_on(file, sqlite_url, tmp_path):
    raising = tmp_path / "raising.py"
    raising.write_text(
        "from tests.resume.toy import Distance\n"
        "class Broken(Distance):\n"
        "    def score(self, genomes, prepared, *, fidelity, key):\n"
        "        raise RuntimeError('no luck')\n"
    )
    assert run(file, sqlite_url, "evaluator.use=./raising.py:Broken")[0] == "finished"
    history = asked(sqlite_url, queries.history)
    assert (history.status == Status.ERROR).all()
    assert set(history.operator) <= {"random", "zero"}
    assert asked(sqlite_url, queries.front) == []


def test_a_broken_contract_fails_the_campaign(file, sqlite_url, tmp_path):
    (tmp_path / "broken.py").write_text(
        "from tests.resume.toy import Distance\n"
        "class Broken(Distance):\n"
        "    def score(self, genomes, prepared, *, fidelity, key):\n"
        "        return None\n"
    )
    with pytest.raises(EvaluatorError, match="score has to return"):
        run(file, sqlite_url, "evaluator.use=./broken.py:Broken")
    assert asked(sqlite_url, queries.status)["state"] == "failed"
    codes = [event["code"] for event in asked(sqlite_url, queries.events)]
    assert "failed" in codes


def test_an_existing_name_is_refused(file, sqlite_url):
    run(file, sqlite_url)
    with pytest.raises(CampaignExistsError):
        created(file, sqlite_url)


def test_a_second_driver_is_refused(file, sqlite_url):
    with created(file, sqlite_url), pytest.raises(CampaignLockedError):
        Campaign.load(sqlite_url, "pairs")


# --- The end ------------------------------------------------------------------------------------


def test_the_front_is_validated_and_polished_once(file, sqlite_url):
    run(file, sqlite_url)
    members = asked(sqlite_url, queries.front)
    for member in members:
        assert member.validation == {k: 2 * v for k, v in member.objectives.items()}
        assert member.validation_status == "ok"
        odd = member.objectives["shape"] % 2 == 1
        assert (member.polish is not None) == odd


def test_a_validation_that_raises_is_journalled(file, sqlite_url, tmp_path):
    (tmp_path / "broken.py").write_text(
        "from tests.resume.toy import Distance\n"
        "class Broken(Distance):\n"
        "    def validate(self, genomes, prepared):\n"
        "        raise RuntimeError('sealed data are gone')\n"
    )
    assert run(file, sqlite_url, "evaluator.use=./broken.py:Broken")[0] == "finished"
    events = asked(sqlite_url, queries.events)
    (event,) = [event for event in events if event["code"] == "validate failed"]
    assert event["level"] == "error"
    assert "sealed data are gone" in str(event["detail"])


# --- Coming back --------------------------------------------------------------------------------

SMALL = "algorithm.survivors=8"
CHOICES = {
    "nsga2": [SMALL],
    "ageing": ["algorithm.use=ageing", "algorithm.tournament=3", SMALL],
    "map-elites": [
        "algorithm.use=map-elites",
        "algorithm.bins=[4, 4]",
        "algorithm.ranges=[[0, 12], [-2, 2]]",
    ],
    "random": ["algorithm.use=random"],
    "DEAP": ["algorithm.use=deap:selSPEA2", SMALL],
    "islands": ["algorithm.islands=3", "algorithm.migration.interval=2", SMALL],
    "failures": ["evaluator.poison=4", SMALL],
    "elites": ["store.retain=elites", SMALL],
    "summary": ["store.retain=summary", SMALL],
    "no refinement": ["evaluator.use=tests.resume.toy:Plain", SMALL],
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES.keys())
def test_interrupted_after_every_generation_it_ends_the_same(choice, file, sqlite_url, tmp_path):
    _, whole = run(file, f"sqlite:///{tmp_path / 'whole.db'}", *choice)
    with created(file, sqlite_url, *choice) as campaign:
        campaign.tell(campaign.evaluate(campaign.ask()))
    for _ in range(3):
        with Campaign.load(sqlite_url, "pairs") as campaign:
            campaign.tell(campaign.evaluate(campaign.ask()))
    assert resume(sqlite_url) == ("finished", whole)


def test_stop_ends_after_the_generation_in_progress(file, sqlite_url, tmp_path):
    _, whole = run(file, f"sqlite:///{tmp_path / 'whole.db'}")
    with created(file, sqlite_url) as campaign:

        def third(progress):
            if progress.generation == 2:
                campaign.stop()

        assert campaign.run(third) == "paused"
        last = campaign.state.generation
    status = asked(sqlite_url, queries.status)
    assert (status["state"], status["generation"]) == ("paused", last)
    assert last in (2, 3)  # 3 is in progress by the time that 2 is known to be stored
    assert asked(sqlite_url, queries.front)[0].validation is None
    assert resume(sqlite_url) == ("finished", whole)


def test_a_finished_campaign_with_a_grown_budget_goes_on(file, sqlite_url, tmp_path):
    _, whole = run(file, f"sqlite:///{tmp_path / 'whole.db'}", "budget.generations=9")
    _, first = run(file, sqlite_url)
    assert resume(sqlite_url) == ("finished", first)  # nothing to do
    assert resume(sqlite_url, "budget.generations=9") == ("finished", whole)
    assert resume(sqlite_url) == ("finished", whole)  # the grown budget is remembered
    assert all(m.validation is not None for m in asked(sqlite_url, queries.front))


def test_killed_before_the_first_generation_it_starts_again(file, sqlite_url, tmp_path):
    _, whole = run(file, f"sqlite:///{tmp_path / 'whole.db'}")
    created(file, sqlite_url).close()
    assert resume(sqlite_url) == ("finished", whole)


def test_a_changed_campaign_is_refused_with_the_difference(file, sqlite_url):
    run(file, sqlite_url)
    grown = ("budget.generations=8", "evaluator.goal=2.0", "algorithm.population=4")
    with pytest.raises(FingerprintError) as caught:
        resume(sqlite_url, *grown)
    message = str(caught.value)
    assert "evaluator.goal: 1.0 -> 2.0" in message
    assert "algorithm.population: 16 -> 4" in message
    assert "--accept-change" in message
    assert "generations" not in message
    assert asked(sqlite_url, queries.status)["generation"] == 6


def test_an_accepted_change_is_recorded(file, sqlite_url):
    run(file, sqlite_url)
    grown = ("budget.generations=8", "algorithm.population=4")
    resume(sqlite_url, *grown, accept_change=True)
    assert len(asked(sqlite_url, queries.history).ids) == 7 * 16 + 2 * 4
    assert asked(sqlite_url, queries.campaign).config["algorithm"]["population"] == 4
    assert "algorithm.population: 16 -> 4" in str(asked(sqlite_url, queries.events))
    assert resume(sqlite_url)[0] == "finished"  # accepted for good


def test_changed_code_is_refused(file, sqlite_url, tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text((Path(__file__).parent / "resume" / "toy.py").read_text())
    run(file, sqlite_url, "space.use=./mine.py:Pairs", "evaluator.use=./mine.py:Distance")
    plugin.write_text(plugin.read_text() + "\n# changed\n")
    with pytest.raises(FingerprintError, match=r"code\.evaluator: "):
        resume(sqlite_url, "budget.generations=9")


def test_an_unknown_campaign_is_named(file, sqlite_url):
    run(file, sqlite_url)
    with pytest.raises(UsageError, match="no campaign 'pears'"):
        Campaign.load(sqlite_url, "pears")


PROGRAMS = """
[space]
use = "expressions"
[evaluator]
{evaluator}
[algorithm]
population = 16
survivors = 10
[budget]
generations = 5
"""
NUMERIC = 'use = "./numeric.py:evaluate"'
FITTED = 'use = "approximation"\ntarget = "exp2"\ninterval = "[0, 1]"\nscore_points = 64'


@pytest.mark.parametrize(
    "evaluator",
    [
        pytest.param(NUMERIC, id="function"),
        pytest.param(FITTED, id="approximation", marks=pytest.mark.slow),
    ],
)
def test_programs_go_on_as_if_never_interrupted(evaluator, tmp_path, sqlite_url):
    """Programs read back are padded otherwise than those that were bred."""
    (tmp_path / "numeric.py").write_text(
        "import numpy as np\n"
        "x = np.linspace(0, 1, 9)\n"
        "def evaluate(program):\n"
        "    return {'error': np.abs(program(x) - np.exp2(x)).max(), 'size': program.size}\n"
    )
    file = tmp_path / "pairs.toml"
    file.write_text(PROGRAMS.format(evaluator=evaluator))
    _, whole = run(file, f"sqlite:///{tmp_path / 'whole.db'}")
    with created(file, sqlite_url) as campaign:
        campaign.tell(campaign.evaluate(campaign.ask()))
    for _ in range(2):
        with Campaign.load(sqlite_url, "pairs") as campaign:
            campaign.tell(campaign.evaluate(campaign.ask()))
    assert resume(sqlite_url) == ("finished", whole)
    history = asked(sqlite_url, queries.history)
    assert len(set(history.operator)) > 4
