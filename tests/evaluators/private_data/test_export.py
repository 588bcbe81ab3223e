"""The exporter csv: what is written is what was said, or nothing is written."""

import json

import numpy as np
import pytest

from evaluators.private_data import csv_file
from evaluators.private_data.domain import Domain
from evaluators.private_data.export.csv import Csv
from evaluators.private_data.usage import Usage
from evosearch.errors import ConfigError, ExportError
from evosearch.export import registry
from evosearch.export.file import export_table
from evosearch.export.table import TableDocument
from tests.export.programs import exponential

DOMAIN = Domain.from_json({"a": 3, "b": {"edges": [0, 1, 2.5]}, "c": {"values": ["x", "y"]}})
PRIVACY = {
    "dataset": "d",
    "neighbours": "add-remove",
    "mechanism": "m",
    "rho": 0.25,
    "exact": {"rho": "1/4"},
    "details": {"epsilon": 2.0, "delta": 1e-6},
    "digest": "00ff",
}


def document(rows=None, rules=("c == 'x' if a == 2",), seed=7, **metadata):
    rng = np.random.default_rng(1)
    codes = np.stack([rng.integers(0, size, 40) for size in DOMAIN.sizes], axis=1)
    usage = Usage.of(DOMAIN, rules).to_json()
    known = {"campaign": "k", "id": 3, "digest": "aa", "usage": usage, "privacy": PRIVACY}
    own = codes.astype(np.uint16)
    return TableDocument(DOMAIN.columns(), own, rows or len(own), seed, known | metadata)


def test_rows_that_break_a_constraint_are_replaced_and_counted(tmp_path):
    made = document()
    wrong = (made.codes[:, 0] == 2) & (made.codes[:, 2] == 1)
    assert wrong.any()
    result = export_table(made, Csv(), tmp_path / "t.csv")
    assert f"{wrong.sum()} rows of the table broke one and were replaced" in result.message
    found = csv_file.read(tmp_path / "t.csv", DOMAIN)
    assert (found[~wrong] == made.codes[~wrong]).all()
    assert not ((found[:, 0] == 2) & (found[:, 2] == 1)).any()
    told = json.loads((tmp_path / "t.privacy.json").read_text())
    assert told["replaced_rows"] == wrong.sum()
    assert told["constraints"] == ["c == 'x' if a == 2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.privacy.json"]


def test_without_constraints_rows_are_those_of_the_table(tmp_path):
    made = document(rules=())
    result = export_table(made, Csv(), tmp_path / "t.csv")
    assert result.message == "40 rows read back equal"
    assert (csv_file.read(tmp_path / "t.csv", DOMAIN) == made.codes).all()


def test_another_seed_draws_other_numbers_for_the_same_codes():
    texts = [Csv().write(document(rules=(), seed=seed)) for seed in (1, 2)]
    assert texts[0] != texts[1]


def test_a_file_that_reads_back_differently_gets_no_name(tmp_path, monkeypatch):
    class Careless(Csv):
        def write(self, document):
            return super().write(document).replace(",x\n", ",y\n", 1)

    class Wrong(Csv):
        def write(self, document):
            return super().write(document).replace(",x\n", ",z\n", 1)

    with pytest.raises(ExportError, match="rows read back differently"):
        export_table(document(), Careless(), tmp_path / "t.csv")
    with pytest.raises(ExportError, match=r"does not fit the domain: .*column 'c'"):
        export_table(document(), Wrong(), tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"privacy": None}, "no entry in the privacy ledger"),
        ({"usage": None}, 'usage of kind "private-table"'),
        ({"usage": {"kind": "relaxation"}}, 'usage of kind "private-table"'),
        ({"usage": {"kind": "private-table"}}, "expected a domain"),
        ({"usage": {"kind": "private-table", "domain": {"a": 3}}}, "other columns"),
    ],
)
def test_tables_of_which_too_little_is_known_are_refused(tmp_path, change, mistake):
    with pytest.raises(ExportError, match=mistake):
        export_table(document(**change), Csv(), tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_which_no_row_is_sound_is_refused():
    codes = np.tile(np.array([[2, 0, 1]], np.uint16), (5, 1))
    made = document()
    broken = TableDocument(made.columns, codes, 5, 1, made.metadata)
    with pytest.raises(ExportError, match="every row of the table breaks"):
        Csv().write(broken)


def test_programs_are_refused():
    with pytest.raises(ExportError, match="expected a table, received a program"):
        Csv().write(exponential())


def test_usage_is_what_it_was():
    usage = Usage.of(DOMAIN, ["a == 1"])
    again = Usage.from_json(json.loads(json.dumps(usage.to_json())))
    assert again.domain == DOMAIN
    assert again.to_json() == usage.to_json()
    with pytest.raises(ConfigError, match="constraint"):
        Usage.from_json(usage.to_json() | {"constraints": ["a = 1"]})


def test_it_is_found_among_exporters_of_tables():
    assert registry.find_table("csv").name == "csv"
