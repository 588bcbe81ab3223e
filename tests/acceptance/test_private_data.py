"""runs/acs10.toml as a user runs it: close to the private table, and its budget kept."""

import json

import pytest

from evosearch.cli import main

pytestmark = pytest.mark.acceptance
pytest.importorskip("opendp")


def said(capsys, *command):
    assert main(list(command)) == 0
    return json.loads(capsys.readouterr().out)


def test_ten_columns_of_the_survey(tmp_path, monkeypatch, capsys, request):
    runs = request.config.rootpath / "runs"
    monkeypatch.setenv("EVOSEARCH_STORAGE", f"sqlite:///{tmp_path}/acs.db")
    assert main(["run", str(runs / "acs10.toml")]) == 0
    capsys.readouterr()
    data = str(runs / "data" / "acs2019.csv.gz")
    metrics = said(capsys, "evaluate-against", "acs10", "best", data, "--json")["metrics"]
    assert metrics["avg_tvd_2"] < 0.0195  # means of five draws are 0.0172, their deviation 0.0004
    assert metrics["max_cell_2"] < 0.0120
    privacy = said(capsys, "status", "acs10", "--json")["privacy"]
    assert privacy["details"]["epsilon"] == 1.0
    quick = ["--set", "budget.generations=1", "--set", "evaluator.fit.hold=0"]
    assert main(["run", str(runs / "acs10.toml"), "--name", "twice", *quick]) == 0
    # three times rho of epsilon 1 is within rho of epsilon 2, a fourth time is not
    assert main(["run", str(runs / "acs10.toml"), "--name", "thrice", *quick]) == 0
    assert main(["run", str(runs / "acs10.toml"), "--name", "too-often", *quick]) == 4
    output = str(tmp_path / "out.csv")
    command = ["export", "acs10", "best", "--format", "csv", "--rows", "40000", "--output", output]
    assert main(command) == 0
