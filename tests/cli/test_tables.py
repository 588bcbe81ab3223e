"""Tables at the command line: exported as CSV with their privacy, compared with private data."""

import csv
import json
from hashlib import blake2b

import pytest
from small_tables import write_campaign

from evaluators.private_data import csv_file
from evaluators.private_data.constraints import broken, parse
from evaluators.private_data.domain import Domain
from evosearch.cli import main

DOMAIN = Domain.from_json(
    {
        "kids": {"values": [0, 1, 2], "missing": "N"},
        "people": {"values": [2, 3]},
        "pay": {"edges": [0, 10, 20.5, 30]},
    }
)


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(write_campaign(tmp_path))]) == 0
    return tmp_path


def exported(*more):
    return main(["export", "small", "best", "--format", "csv", "--load-plugins", *more])


def test_what_is_said_at_the_end_can_be_done(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(write_campaign(tmp_path))]) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if "export:" in each]
    assert line.endswith("export small best --format csv")


def test_a_table_is_written_with_what_its_privacy_is(small, capsys):
    assert exported("--output", "out/t.csv") == 0
    assert "30 rows read back equal, 1 constraints hold" in capsys.readouterr().out
    path = small / "out" / "t.csv"
    codes = csv_file.read(path, DOMAIN)
    assert codes.shape == (30, 3)
    assert broken(parse(["kids < people"], DOMAIN), codes).tolist() == [0]
    told = json.loads((small / "out" / "t.privacy.json").read_text())
    assert told["epsilon"] == 1.0
    assert told["delta"] == 1e-9
    assert told["details"] == {"cells": 3}
    assert told["neighbours"] == "replace-one"
    assert told["dataset"] == "people"
    assert told["exact_rho"] == "1/70"
    assert told["file"]["rows"] == 30
    assert told["file"]["blake2b"] == blake2b(path.read_bytes(), digest_size=16).hexdigest()
    assert "post-processing" in told["statement"]
    capsys.readouterr()
    main(["status", "small", "--json"])
    assert told["ledger"] == json.loads(capsys.readouterr().out)["privacy"]["digest"]


def test_the_same_command_writes_the_same_file_and_more_rows_repeat_the_table(small, capsys):
    assert exported("--output", "a.csv") == 0
    assert exported("--output", "b.csv") == 0
    assert (small / "a.csv").read_bytes() == (small / "b.csv").read_bytes()
    assert exported("--output", "c.csv", "--rows", "75") == 0
    assert exported("--output", "d.csv", "--rows", "7") == 0
    own, more, few = (
        list(map(tuple, csv_file.read(small / f"{name}.csv", DOMAIN).tolist())) for name in "acd"
    )
    assert [len(own), len(more), len(few)] == [30, 75, 7]
    for row in set(own):
        assert 2 * own.count(row) <= more.count(row) <= 3 * own.count(row)
        assert few.count(row) <= own.count(row)
    assert set(more) <= set(own)


def test_what_does_not_fit_is_refused(small, done, capsys):
    write_campaign(small)
    assert main(["run", "small.toml", "--name", "other"]) == 0
    assert main(["export", "other", "best", "--format", "json"]) == 2
    assert "writes no tables: expected csv" in capsys.readouterr().err
    assert main(["export", "other", "best", "--format", "csv"]) == 1
    assert 'expected a table with usage of kind "private-table"' in capsys.readouterr().err
    assert main(["export", "bowl", "best", "--format", "json", "--rows", "3"]) == 2
    assert "--rows is for tables" in capsys.readouterr().err
    assert main(["evaluate-against", "bowl", "best", "data.csv"]) == 2
    assert "compares nothing with private data" in capsys.readouterr().err
    packed = ["--format", "csv", "--load-plugins", "--output", "x.csv.gz"]
    assert main(["export", "other", "best", *packed]) == 1
    assert "ends in .csv" in capsys.readouterr().err
    assert not (small / "x.csv.gz").exists()
    assert not (small / "x.csv.privacy.json").exists()


def test_a_table_is_compared_with_private_data_and_nothing_is_charged(small, capsys):
    database = small / "runs" / "evosearch.db"
    capsys.readouterr()
    before = database.read_bytes()
    assert main(["evaluate-against", "small", "best", "data.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["campaign"] == "small"
    assert found["private"] is False
    assert "no ledger is charged" in found["note"]
    assert set(found["metrics"]) == {
        "avg_tvd_1",
        "avg_tvd_2",
        "max_tvd_2",
        "mean_cell_2",
        "max_cell_2",
    }
    assert main(["evaluate-against", "small", str(found["id"]), "data.csv"]) == 0
    out = capsys.readouterr().out
    assert "avg_tvd_2" in out
    assert "not private" in out
    assert database.read_bytes() == before


def test_private_cells_stay_out_of_what_is_said(small, capsys):
    (small / "data.csv").write_text("kids,people,pay\n0,2,s3cret\n")
    assert main(["evaluate-against", "small", "best", "data.csv"]) == 2
    said = capsys.readouterr().err
    assert "data.csv, line 2, column 'pay': expected a number" in said
    assert "s3cret" not in said


def test_a_domain_is_drafted_with_a_warning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [
        [f"name {k}", str(k % 3), "" if k % 7 == 0 else str(k), "ab"[k % 2], f"{k / 8}"]
        for k in range(1100)
    ]
    with (tmp_path / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["who", "few", "many", "word", "real"], *rows])
    assert main(["init", "--domain", "people.csv"]) == 0
    said = capsys.readouterr()
    assert "wrote people.domain.json" in said.out
    assert "as private as the table" in said.err
    assert "left out, with too many different texts: who" in said.err
    drafted = json.loads((tmp_path / "people.domain.json").read_text())
    assert drafted == {
        "few": 3,
        "many": {"min": 1, "max": 1098, "bins": 20, "integer": True, "missing": ""},
        "word": {"values": ["a", "b"]},
        "real": {"min": 0.0, "max": 137.375, "bins": 20},
    }
    domain = Domain.load(tmp_path / "people.domain.json")
    assert csv_file.read(tmp_path / "people.csv", domain).shape == (1100, 4)
    assert main(["init", "--domain", "people.csv"]) == 4
    assert main(["init", "--domain", "people.csv", "--output", "other.json"]) == 0
    assert main(["init", "evaluator", "--domain", "people.csv"]) == 2
    assert main(["init", "--output", "other.toml"]) == 2
    assert main(["init", "--domain", "none.csv"]) == 2


def test_a_draft_that_fails_tells_no_cell(tmp_path, monkeypatch, capsys):
    """The first line may be a row, and ends of bins are cells."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("Sekrit\x01,1\nother,2\n")
    assert main(["init", "--domain", "rows.csv"]) == 2
    said = capsys.readouterr().err
    assert "line 1: expected names" in said
    assert "Sekrit" not in said
    close = "".join(f"{123456789012345 + k},x\n" for k in range(40))
    (tmp_path / "close.csv").write_text(f"pay,word\n{close}")
    assert main(["init", "--domain", "close.csv"]) == 0
    assert "left out, with too many different texts: pay" in capsys.readouterr().err
    assert json.loads((tmp_path / "close.domain.json").read_text()) == {"word": {"values": ["x"]}}
