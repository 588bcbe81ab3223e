"""Campaign files: complete when right, every mistake named when wrong."""

import json
from pathlib import Path

import pytest

from evosearch.config import load, parse, restore, stored
from evosearch.errors import ConfigError

TOY = Path(__file__).parent / "resume" / "toy.py"
GOOD = f"""
[campaign]
seed = 3
[space]
use = "{TOY}:Pairs"
[evaluator]
use = "{TOY}:Distance"
[budget]
generations = 2
"""


def written(folder, text=GOOD):
    path = folder / "pairs.toml"
    path.write_text(text)
    return path


def mistakes(folder, text, overrides=()):
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text), overrides)
    return caught.value.mistakes


def test_every_default_is_filled_in(tmp_path):
    document = load(written(tmp_path)).document()
    assert document["campaign"] == {"name": "pairs", "seed": 3, "notes": "", "seeds": []}
    assert document["space"] == {"use": f"{TOY}:Pairs", "shapes": 40}
    assert document["evaluator"]["goal"] == 1.0
    assert document["algorithm"]["use"] == "nsga2"
    assert document["algorithm"]["survivors"] == 100
    assert document["algorithm"]["mutations"] == [0.45, 0.30, 0.17, 0.08]
    assert document["algorithm"]["migration"] == {"interval": 10, "size": 5}
    assert document["budget"]["evaluations"] is None


def test_canonical_json_is_sorted_and_read_again(tmp_path):
    config = load(written(tmp_path))
    assert json.loads(config.canonical()) == config.document()
    assert list(json.loads(config.canonical())) == sorted(config.document())
    again = parse(json.loads(config.canonical()), tmp_path)
    assert again.canonical() == config.canonical()
    assert again.hash == config.hash


def test_the_stored_form_knows_its_folder(tmp_path):
    config = load(written(tmp_path))
    again = restore(json.loads(json.dumps(stored(config))))
    assert again.base == tmp_path
    assert again.document() == config.document()


def test_name_seed_and_overrides_win_over_the_file(tmp_path):
    overrides = ["budget.generations=7", "space.shapes = 5", "campaign.notes=two words"]
    config = load(written(tmp_path), overrides, name="other", seed=9)
    assert (config.campaign.name, config.campaign.seed) == ("other", 9)
    assert config.budget.generations == 7
    assert config.space.options == {"shapes": 5}
    assert config.campaign.notes == "two words"


def test_all_mistakes_are_reported_at_once(tmp_path):
    text = f"""
[campaign]
sead = 3
[space]
use = "{TOY}:Pairs"
shapes = 0
[evaluator]
use = "{TOY}:Distance"
gaol = 2.0
[algorithm]
use = "nsga2"
population = "many"
survivers = 3
[algorithm.migration]
intervall = 3
[execution]
use = "cluster"
[budget]
generations = 0
[storage]
"""
    found = "\n".join(mistakes(tmp_path, text, ["seed"]))
    for expected in [
        "--set 'seed': expected section.key=value",
        "campaign.sead: unknown key; did you mean 'seed'?",
        "space.shapes: expected greater than or equal to 1, received 0",
        "evaluator.gaol: unknown key; did you mean 'goal'?",
        "algorithm.population: expected a valid integer",
        "received 'many'",
        "algorithm.survivers: unknown key; did you mean 'survivors'?",
        "algorithm.migration.intervall: unknown key; did you mean 'interval'?",
        "execution.use: expected 'inline' or 'process', received 'cluster'",
        "budget.generations: expected greater than 0, received 0",
        "storage: unknown key; did you mean 'store'?",
    ]:
        assert expected in found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("generations = 2", "", "budget: nothing would stop the campaign; set one of generations"),
        ("[budget]\ngenerations = 2", "", "budget: nothing would stop the campaign"),
        ("seed = 3", 'name = "../x"', "campaign.name: string should match pattern"),
        ("seed = 3", "seed = -1", "campaign.seed: expected greater than or equal to 0"),
        (f'use = "{TOY}:Pairs"', "", "space.use: missing; expected an installed name"),
        (f'"{TOY}:Pairs"', '"expresions"', "did you mean 'expressions'?"),
        ("Distance", "Distanse", "there is no 'Distanse' in"),
        ("[budget]", "[algorithm]\nmutations = [0, 0]\n[budget]", "at least one of them"),
        ("[budget]", '[algorithm]\nuse = "nsga3"\n[budget]', "did you mean 'nsga2'"),
        ("[campaign]\nseed = 3", "campaign = 3", "campaign: expected a valid dictionary"),
    ],
)
def test_single_mistakes(before, after, expected, tmp_path):
    assert before in GOOD
    found = mistakes(tmp_path, GOOD.replace(before, after))
    assert any(expected in mistake for mistake in found), found
    assert len(found) == 1


def test_a_syntax_error_names_its_line(tmp_path):
    (mistake,) = mistakes(tmp_path, "[campaign]\nseed = = 3\n")
    assert "is not TOML" in mistake
    assert "line 2" in mistake


def test_a_missing_file_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match="cannot read campaign file"):
        load(tmp_path / "nowhere.toml")


def test_what_cannot_change_the_course_is_not_part_of_the_identity(tmp_path):
    path = written(tmp_path)
    config = load(path)
    free = [
        "budget.generations=9",
        "execution.workers=7",
        "campaign.notes=x",
        "store.url=sqlite:///y",
    ]
    assert load(path, free).hash == config.hash
    for changed in ["algorithm.population=9", "campaign.seed=4", "evaluator.goal=2.0"]:
        assert load(path, [changed]).hash != config.hash
