"""Export, verification and report of a campaign over programs."""

import json

import pytest

from evosearch.cli import main
from evosearch.store.store import Store

CAMPAIGN = """
[campaign]
name = "pow"
seed = 1

[space]
use = "expressions"
primitives = ["add", "mul"]
max_operations = 4

[evaluator]
use = "approximation"
target = "exp2"
interval = "(0, 1]"
fit_points = 16
score_points = 64
effort = { rounds = 1, draws = 2, steps = 6, newton = 2, reweightings = 1 }

[algorithm]
use = "niches"
population = 24

[budget]
generations = 2
"""


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Database of a small search for 2^x."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "pow.toml").write_text(CAMPAIGN)
    storage = ["--storage", f"sqlite:///{folder}/pow.db"]
    assert main([*storage, "run", str(folder / "pow.toml")]) == 0
    return folder


@pytest.fixture
def storage(programs, tmp_path, monkeypatch):
    """In an empty folder: the option that names the database."""
    monkeypatch.chdir(tmp_path)
    return ["--storage", f"sqlite:///{programs}/pow.db"]


def read(capsys):
    return json.loads(capsys.readouterr().out)


def test_an_exported_document_verifies_and_a_forged_claim_does_not(
    storage, programs, tmp_path, capsys
):
    assert main([*storage, "export", "pow", "best", "-f", "json", "--output", "p.json"]) == 0
    out = capsys.readouterr().out
    assert "wrote p.json" in out
    assert "check ok" in out
    document = json.loads((tmp_path / "p.json").read_text())
    assert document["metadata"]["campaign"] == "pow"
    assert document["metadata"]["claims"]["operations"] == len(document["nodes"])
    assert len(document["metadata"]["reference"]) > 8
    longest = max(map(len, document["constants"]))
    assert longest > 40  # polished constants, not the ones of the search

    assert main([*storage, "verify", "p.json", "--json"]) == 0
    found = read(capsys)
    assert found.keys() >= {"status", "metrics", "claims"}
    assert found["status"] == "ok"
    assert found["claims"] == document["metadata"]["claims"]

    document["metadata"]["claims"]["max_relative_error"] /= 10
    (tmp_path / "forged.json").write_text(json.dumps(document))
    on = ["--on", str(programs / "pow.toml")]
    assert main(["verify", "forged.json", *on, "--json"]) == 1
    assert "max_relative_error" in read(capsys)["status"]
    assert main(["verify", "p.json", *on]) == 0


def test_a_stored_individual_verifies(storage, capsys):
    assert main([*storage, "verify", "pow", "best", "--json"]) == 0
    found = read(capsys)
    assert found["status"] == "ok"
    assert found["metrics"]["error"] > 0
    assert main([*storage, "verify", "pow", "best"]) == 0
    assert "holds" in capsys.readouterr().out


def test_a_stored_individual_is_proved_and_written_with_its_proof(storage, tmp_path, capsys):
    assert main([*storage, "verify", "pow", "best", "--rigorous", "--output", "p.json"]) == 0
    assert ": proved" in capsys.readouterr().out
    claims = json.loads((tmp_path / "p.json").read_text())["metadata"]["claims"]
    assert claims["max_relative_error"] <= claims["proved_max_relative_error"]
    assert main([*storage, "verify", "p.json", "--rigorous"]) == 0


def test_exports_go_under_runs_and_are_recorded(storage, tmp_path, capsys):
    assert main([*storage, "export", "pow", "best", "--format", "python"]) == 0
    [path] = (tmp_path / "runs" / "pow").iterdir()
    assert path.suffix == ".py"
    with Store.open(storage[1]) as store:
        recorded = [tuple(row) for row in store.rows("SELECT format, path FROM artifact")]
    assert ("python", f"runs/pow/{path.name}") in recorded


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "pow", "best", "--format", "pyhton"], "'python'"),
        (["export", "pow", "best"], "format"),
        (["verify", "nowhere.json"], "nowhere.json"),
        (["verify", "pow", "best", "more"], "NAME ID"),
        (["verify", "pow", "best", "--on", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_mistakes_are_told(storage, capsys, arguments, words):
    assert main([*storage, *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_damaged_document_is_an_error(storage, tmp_path, capsys):
    (tmp_path / "bad.json").write_text('{"format": "evosearch-program"')
    assert main([*storage, "verify", "bad.json"]) == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_a_document_without_a_campaign_needs_one(storage, tmp_path, capsys):
    assert main([*storage, "export", "pow", "best", "-f", "json", "--output", "p.json"]) == 0
    document = json.loads((tmp_path / "p.json").read_text())
    del document["metadata"]["campaign"]
    (tmp_path / "lone.json").write_text(json.dumps(document))
    assert main([*storage, "verify", "lone.json"]) == 2
    assert "--on" in capsys.readouterr().err


def test_programs_of_an_earlier_campaign_start_another(storage, programs, tmp_path, capsys):
    assert main([*storage, "export", "pow", "best", "-f", "json", "--output", "p.json"]) == 0
    text = CAMPAIGN.replace("seed = 1", 'seed = 1\nseeds = ["p.json"]').replace('"pow"', '"again"')
    (tmp_path / "again.toml").write_text(text)
    own = ["--storage", "sqlite:///again.db"]
    assert main([*own, "run", "again.toml", "--set", "budget.generations=1"]) == 0
    with Store.open(own[1]) as store:
        operators = {row[0] for row in store.rows("SELECT operator FROM individual")}
    assert "seed-file" in operators
