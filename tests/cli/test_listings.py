import json

import pytest

from evosearch.cli import main


def printed(capsys, *arguments):
    code = main(list(arguments))
    out = capsys.readouterr().out
    assert code == 0, out
    return out


def as_json(capsys, *arguments):
    return json.loads(printed(capsys, *arguments, "--json"))


MEMBER = {"id", "generation", "objectives", "validation", "size", "expression"}
STATUS = {"campaign", "state", "generation", "evaluations", "digest", "started", "seconds", "best"}


def test_status_has_the_keys_that_others_rely_on(done, capsys):
    found = as_json(capsys, "status", "bowl")
    assert found.keys() >= STATUS
    assert found["campaign"] == "bowl"
    assert found["generation"] == 5
    assert found["best"].keys() == {"error", "cost"}
    assert len(bytes.fromhex(found["digest"])) == 32
    text = printed(capsys, "status", "bowl")
    assert found["digest"] in text
    assert "finished" in text


def test_list_has_the_status_of_every_campaign(done, capsys):
    found = as_json(capsys, "list")
    assert [each["campaign"] for each in found] == ["bowl", "bowl-random"]
    assert all(each.keys() >= STATUS for each in found)
    assert "bowl-random" in printed(capsys, "list")


def test_an_empty_place_lists_no_campaigns(here, capsys):
    assert as_json(capsys, "list") == []
    assert "evosearch run" in printed(capsys, "list")
    assert not (here / "runs").exists()


def test_front(done, capsys):
    found = as_json(capsys, "front", "bowl")
    assert found.keys() == {"campaign", "objectives", "members"}
    assert found["objectives"] == [
        {"name": "error", "direction": "minimize"},
        {"name": "cost", "direction": "minimize"},
    ]
    assert found["members"]
    assert all(member.keys() == MEMBER for member in found["members"])
    table = printed(capsys, "front", "bowl").splitlines()
    assert table[0].split() == ["id", "generation", "size", "error", "cost", "expression"]
    assert len(table) == 1 + len(found["members"])
    costs = [float(line.split()[4]) for line in table[1:]]
    assert costs == sorted(costs)


def test_tables_are_cut_to_the_width_of_the_terminal(done, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "44")
    lines = printed(capsys, "front", "bowl").splitlines()
    assert max(map(len, lines)) == 44
    assert lines[1].endswith("…")


def test_show_tells_the_birth(done, capsys):
    best = as_json(capsys, "front", "bowl")["members"][0]
    shown = as_json(capsys, "show", "bowl", "best")
    assert {key: shown[key] for key in MEMBER} == best
    assert shown["birth"].keys() >= {"generation", "slot", "operator", "parents"}
    assert len(bytes.fromhex(shown["digest"])) == 16
    assert shown == as_json(capsys, "show", "bowl", str(best["id"]))
    text = printed(capsys, "show", "bowl", "best")
    assert shown["birth"]["operator"] in text
    assert shown["expression"] in text


def test_lineage_in_every_form(done, capsys):
    found = as_json(capsys, "lineage", "bowl", "best")
    assert found.keys() == {"nodes", "edges"}
    assert all(node.keys() == MEMBER for node in found["nodes"])
    assert all(e.keys() == {"child", "parent", "operator", "position"} for e in found["edges"])
    assert found == json.loads(printed(capsys, "lineage", "bowl", "best", "--format", "json"))
    best = found["nodes"][0]["id"]
    assert printed(capsys, "lineage", "bowl", "best").splitlines()[-1].startswith(str(best))
    assert printed(capsys, "lineage", "bowl", "best", "--format", "dot").startswith("digraph")
    assert "<graphml" in printed(capsys, "lineage", "bowl", "best", "--format", "graphml")
    assert len(as_json(capsys, "lineage", "bowl", "best", "--limit", "2")["nodes"]) == 2


def test_compare_puts_fronts_side_by_side(done, capsys):
    found = as_json(capsys, "compare", "bowl", "bowl-random")
    assert [each["campaign"] for each in found["campaigns"]] == ["bowl", "bowl-random"]
    [row] = found["sizes"]  # vectors are all of one size
    best = {each["campaign"]: each["members"][0]["objectives"] for each in found["campaigns"]}
    assert row == {"size": 3, "values": {name: each["error"] for name, each in best.items()}}
    assert "bowl-random" in printed(capsys, "compare", "bowl", "bowl-random")


def test_plugins_lists_entry_points(capsys):
    found = as_json(capsys, "plugins")
    assert {"search space", "evaluator", "exporter"} == {each["kind"] for each in found}
    assert "hyperparameters" in {each["name"] for each in found}


@pytest.mark.parametrize("id", ["0", "-1", "1e3", "99999", "9" * 30, "bset", "", "1; DROP TABLE"])
def test_ids_that_mean_nobody_are_usage_errors(done, capsys, id):
    assert main(["show", "bowl", "--", id]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["bwol", "x' OR '1'='1", "../../etc", "a\x1b[31mb", "\N{BOMB}"])
@pytest.mark.parametrize("command", ["status", "front", "report", "resume"])
def test_unknown_names_are_usage_errors(done, capsys, command, name):
    assert main([command, name]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: there is no campaign")
    assert "\x1b" not in error


def test_a_missing_or_strange_database_is_a_storage_fault(here, capsys):
    assert main(["front", "bowl"]) == 5
    (here / "text.db").write_text("no database " * 99)
    assert main(["--storage", "sqlite:///text.db", "front", "bowl"]) == 5
    assert main(["--storage", "mysql://x", "list"]) == 5
    assert "Traceback" not in capsys.readouterr().err
