"""Operators that find members of the front are used more often, and resumed campaigns know it."""

from collections import Counter
from math import exp

import numpy as np
import pytest

from evosearch.adaptation import Adaptation
from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.contracts import Operator
from evosearch.store import queries
from evosearch.store.store import Store

OPERATORS = {
    "random": Operator(0, len),
    "nudge": Operator(1, len, 3.0),
    "cross": Operator(2, len, 1.0),
}
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
adapt_operators = true
islands = 2
[execution]
use = "inline"
batch = 8
workers = 1
[budget]
generations = 10
"""


def test_weights_are_what_it_starts_from():
    start = Adaptation.over(OPERATORS)
    assert start.weights == {"nudge": 0.75, "cross": 0.25}
    assert start.chances() == pytest.approx({"nudge": 0.7375, "cross": 0.2625})
    applied = start.applied(OPERATORS)
    assert list(applied) == list(OPERATORS)
    assert applied["random"] == OPERATORS["random"]
    assert (applied["cross"].arity, applied["cross"].apply) == (2, len)
    assert applied["cross"].weight == pytest.approx(0.2625)


def test_success_counts_by_how_often_an_operator_was_tried():
    found = Adaptation.over(OPERATORS).after(["cross", "nudge", "nudge+cross", "random"])
    a = 0.75 * exp(0.1 * (2 / 3) / 0.7375)
    b = 0.25 * exp(0.1 * (1 / 3) / 0.2625)
    assert found.weights == pytest.approx({"nudge": a / (a + b), "cross": b / (a + b)})


def test_without_newcomers_nothing_changes():
    start = Adaptation.over(OPERATORS)
    assert start.after([]) == start
    assert start.after(["random", "seed-file"]) == start
    nothing = Adaptation.over({"random": OPERATORS["random"]})
    assert nothing.after(["random"]).applied(OPERATORS) == OPERATORS


def test_every_operator_keeps_its_floor():
    adapted = Adaptation.over(OPERATORS).replayed((g, "cross") for g in range(5000))
    assert adapted.chances() == pytest.approx({"nudge": 0.025, "cross": 0.975})


def test_the_better_operator_is_used_more():
    rng = np.random.default_rng(0)
    adapted = Adaptation.over(OPERATORS)
    for _ in range(300):
        chances = adapted.chances()
        names = rng.choice(list(chances), 40, p=list(chances.values()))
        success = np.where(names == "cross", 0.10, 0.02)
        adapted = adapted.after(names[rng.random(40) < success].tolist())
    assert adapted.chances()["cross"] > 0.9


def test_generations_are_replayed_one_by_one():
    births = [(1, "nudge"), (1, "cross"), (4, "cross")]
    by_hand = Adaptation.over(OPERATORS).after(["nudge", "cross"]).after(["cross"])
    assert Adaptation.over(OPERATORS).replayed(births) == by_hand
    assert Adaptation.over(OPERATORS).after(["nudge", "cross", "cross"]) != by_hand


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.toml"
    path.write_text(CONFIG)
    return path


def whole(file, url, *overrides):
    with Campaign.create(load(file, overrides), url) as campaign:
        campaign.run()
        return campaign.state.digest


@pytest.mark.parametrize("retain", ["all", "summary"])
def test_a_campaign_in_pieces_has_the_digest_of_a_whole_one(file, tmp_path, retain):
    kept = f"store.retain={retain}"
    expected = whole(file, f"sqlite:///{tmp_path / 'whole.db'}", kept)
    url = f"sqlite:///{tmp_path / 'pieces.db'}"
    Campaign.create(load(file, [kept]), url).close()
    for _ in range(11):  # generations 0 to 10
        with Campaign.load(url, "pairs") as campaign:
            campaign.tell(campaign.evaluate(campaign.ask()))
            campaign.flush()
    with Store.open(url) as store:
        assert queries.status(store, "pairs")["digest"] == expected.hex()
        births = queries.newcomers(store, "pairs")
    assert len(Counter(generation for generation, _ in births)) > 2  # or nothing was learned
    off = f"sqlite:///{tmp_path / 'off.db'}"
    assert whole(file, off, kept, "algorithm.adapt_operators=false") != expected
