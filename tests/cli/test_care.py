"""Databases, doctor and new files."""

import json
import sqlite3
import tomllib

import pytest

from evosearch import config
from evosearch.cli import doctor, main
from evosearch.store.store import Store


def test_a_backup_holds_the_same_campaigns(done, capsys):
    assert main(["db", "backup", "copy.db"]) == 0
    assert main(["--storage", "sqlite:///copy.db", "list", "--json"]) == 0
    out = capsys.readouterr().out
    assert [each["campaign"] for each in json.loads(out[out.index("[") :])] == [
        "bowl",
        "bowl-random",
    ]
    assert main(["db", "backup", "copy.db"]) == 5  # never over another file
    assert main(["db", "backup"]) == 0
    assert len(list((done / "runs").glob("evosearch-*.db"))) == 1


def test_check_finds_a_changed_score(done, capsys):
    assert main(["db", "check"]) == 0
    assert "sound" in capsys.readouterr().out
    with sqlite3.connect("runs/evosearch.db") as database:
        database.execute("UPDATE individual SET obj0 = 0.0 WHERE id = 20")
    database.close()
    assert main(["db", "check"]) == 5
    assert "damaged" in capsys.readouterr().err


def test_upgrade_makes_no_database(here):
    assert main(["db", "upgrade"]) == 5
    assert not (here / "runs").exists()


def test_upgrade_of_a_present_database_changes_nothing(done):
    assert main(["db", "upgrade"]) == 0


def test_a_campaign_file_has_every_option_and_can_be_read(here, capsys):
    assert main(["init", "campaign", "new.toml"]) == 0
    assert "evosearch run new.toml" in capsys.readouterr().out
    text = (here / "new.toml").read_text()
    made = config.load(here / "new.toml")
    assert made.campaign.name == "new"
    for section, options in made.document().items():
        assert f"[{section}]" in text
        for key in options:
            assert f"{key} = " in text or f"# {key}: not set" in text or f".{key}]" in text, key


def test_uncommented_defaults_are_the_defaults(here):
    assert main(["init", "campaign", "new.toml"]) == 0
    lines = (here / "new.toml").read_text().splitlines()
    text = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line
        for line in lines
    )
    assert tomllib.loads(text)["algorithm"]["migration"]
    (here / "all.toml").write_text(text)
    assert config.load(here / "all.toml").document() == config.load(here / "new.toml").document()


def test_a_file_is_never_overwritten(here, capsys):
    for kind in ("campaign", "evaluator", "search-space"):
        assert main(["init", kind]) == 0
        assert main(["init", kind]) == 4
    assert "exists already" in capsys.readouterr().err


def test_the_skeletons_run(here):
    assert main(["init", "evaluator"]) == 0
    assert main(["init", "search-space"]) == 0
    (here / "programs.toml").write_text(
        '[space]\nuse = "expressions"\nmax_operations = 3\n'
        '[evaluator]\nuse = "./evaluator.py:Evaluator"\npoints = 32\n'
        "[algorithm]\npopulation = 16\n[budget]\ngenerations = 1\n"
    )
    assert main(["run", "programs.toml"]) == 0
    (here / "shares.py").write_text(
        "def evaluate(v):\n    return {'error': (v['a'] - 0.5) ** 2}\n"
    )
    (here / "shares.toml").write_text(
        '[space]\nuse = "./search_space.py:Space"\n'
        '[evaluator]\nuse = "./shares.py:evaluate"\n'
        "[algorithm]\npopulation = 16\n[budget]\ngenerations = 2\n"
    )
    assert main(["run", "shares.toml"]) == 0
    with Store.open("sqlite:///runs/evosearch.db") as store:
        failed = store.rows("SELECT SUM(failed) FROM generation")[0][0]
    assert failed == 0


def test_a_campaign_file_for_another_space(here, capsys):
    arguments = ["--space", "hyperparameters", "--evaluator", "./bowl.py:evaluate"]
    assert main(["init", "campaign", "new.toml", *arguments]) == 0
    assert "genes =   # has no default" in (here / "new.toml").read_text()
    assert main(["init", "campaign", "other.toml", "--space", "expresions"]) == 2
    assert "'expressions'" in capsys.readouterr().err


def test_doctor_finds_this_installation_sound(here, capsys):
    assert main(["doctor", "--json"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert {"python", "packages", "evaluators", "jax", "sqlite", "database"} <= found.keys()
    assert all(each["status"] != "problem" for each in found.values())
    assert "cpu" in found["jax"]["detail"]


def test_doctor_sees_a_foreign_package_in_the_way(monkeypatch):
    owners = {"evaluators": ["other-thing"], "search_spaces": ["evosearch"]}
    monkeypatch.setattr(doctor.metadata, "packages_distributions", lambda: owners)
    first, second = doctor.clashes()
    assert (first.status, second.status) == ("problem", "ok")
    assert "other-thing" in first.detail


def test_doctor_tells_of_a_database_that_cannot_be_read(tmp_path):
    (tmp_path / "text.db").write_text("no database " * 99)
    assert doctor.database(f"sqlite:///{tmp_path}/text.db").status == "problem"
    assert doctor.database(f"sqlite:///{tmp_path}/none.db").status == "ok"


@pytest.mark.parametrize("command", [[], ["--help"], ["run", "--help"], ["db", "--help"]])
def test_help(command, capsys):
    assert main(command) in (0, 2)
    captured = capsys.readouterr()
    assert "Usage" in captured.out + captured.err
