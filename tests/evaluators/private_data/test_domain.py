"""Domains: texts become codes by public rules, and codes become texts that are the same codes."""

import json

import numpy as np
import pytest

from evaluators.private_data.domain import Domain
from evosearch.errors import ConfigError
from evosearch.genomes.table import Column

EVERY = {
    "plain": 3,
    "color": {"values": ["red", "blue"], "missing": "", "labels": ["?", "Red", "Blue"]},
    "year": {"values": [1999, 2001]},
    "age": {"min": 0, "max": 100, "bins": 4, "integer": True},
    "pay": {"edges": [-100, 0, 5000, 10000], "integer": True, "closed": "right", "missing": "N"},
    "rate": {"edges": [0, 0.1, 0.25, 1]},
    "tiny": {"edges": [0.5, 0.5001, 0.75], "closed": "right"},
}


def domain(data=EVERY):
    return Domain.from_json(data)


def codes(field, *texts):
    return [field.code(text) for text in texts]


def test_fields_have_sizes_and_columns_of_tables():
    assert domain().sizes == (3, 3, 2, 4, 4, 3, 2)
    assert domain().columns()[1] == Column("color", 3)


def test_known_texts_are_codes_and_others_are_not():
    plain, color, year, *_ = domain().fields
    assert codes(plain, "0", "2", "3", "-1", "01", "1.0", "") == [0, 2] + 5 * [None]
    assert codes(color, "", "red", "blue", "Red", " red") == [0, 1, 2, None, None]
    assert codes(year, "1999", "2001", "2000") == [0, 1, None]


def test_numbers_are_clipped_and_edges_belong_to_one_bin():
    _, _, _, age, pay, rate, _ = domain().fields
    assert codes(age, "-5", "0", "24", "25", "99", "100", "1e9") == [0, 0, 0, 1, 3, 3, 3]
    assert codes(age, "12.5", "nan", "inf", "", " 1", "1_0", "0x1", "12.0") == [None] * 7 + [0]
    assert codes(pay, "N", "-500", "0.0", "1", "5000", "5001", "99999") == [0, 1, 1, 2, 2, 3, 3]
    assert codes(rate, "0.1", "0.0999", "0.25", "-3", "7", "1") == [1, 0, 2, 0, 2, 2]


@pytest.mark.parametrize("name", EVERY)
def test_texts_drawn_for_codes_have_those_codes(name):
    (field,) = domain().take([name]).fields
    wanted = np.repeat(np.arange(field.size, dtype=np.uint16), 500)
    cells = field.cells(wanted, np.random.default_rng(1))
    assert codes(field, *cells) == wanted.tolist()
    assert codes(field, *field.cells(wanted, np.random.default_rng(2))) == wanted.tolist()


def test_drawn_numbers_fill_their_bins():
    _, _, _, age, pay, rate, _ = domain().fields
    rng = np.random.default_rng(1)
    assert set(age.cells(np.full(2000, 1, np.uint16), rng)) == {str(n) for n in range(25, 50)}
    assert set(age.cells(np.full(3000, 3, np.uint16), rng)) == {str(n) for n in range(75, 101)}
    ints = [int(text) for text in pay.cells(np.full(3000, 2, np.uint16), rng)]
    assert 1 <= min(ints) < 50
    assert 4950 < max(ints) <= 5000
    reals = [float(text) for text in rate.cells(np.full(3000, 1, np.uint16), rng)]
    assert 0.1 <= min(reals) < 0.102
    assert 0.247 < max(reals) < 0.25
    assert {len(text) for text in rate.cells(np.full(50, 1, np.uint16), rng)} == {len("0.123")}


def test_positions_are_scaled_middles_for_numbers_alone():
    plain, color, _, age, pay, *_ = domain().fields
    assert plain.positions() is None
    assert color.positions() is None
    np.testing.assert_allclose(age.positions(), [0.125, 0.375, 0.625, 0.875])
    np.testing.assert_allclose(pay.positions(), [np.nan, 50 / 10100, 2600 / 10100, 7600 / 10100])


def test_labels_are_for_people():
    plain, color, _, age, pay, rate, tiny = domain().fields
    assert plain.labels() == ("0", "1", "2")
    assert color.labels() == ("?", "Red", "Blue")
    assert age.labels() == ("0 to 24", "25 to 49", "50 to 74", "75 to 100")
    assert pay.labels() == ("missing", "-100 to 0", "1 to 5000", "5001 to 10000")
    assert rate.labels() == ("[0, 0.1)", "[0.1, 0.25)", "[0.25, 1]")
    assert tiny.labels() == ("[0.5, 0.5001]", "(0.5001, 0.75]")


def test_json_gives_the_same_domain():
    again = json.loads(json.dumps(domain().to_json()))
    assert Domain.from_json(again) == domain()
    assert again["plain"] == 3


def test_taken_columns_keep_the_order_asked_for():
    assert domain().take(["rate", "plain"]).names == ("rate", "plain")
    with pytest.raises(ConfigError, match=r"expected some of plain, .*received weight"):
        domain().take(["weight", "age"])
    with pytest.raises(ConfigError, match="twice"):
        domain().take(["age", "age"])


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        (0, "1 to 65536 codes"),
        (70000, "1 to 65536 codes"),
        (True, "write a number of codes"),
        ([1, 2], "write a number of codes"),
        ({}, "write a number of codes"),
        ({"values": []}, "one value or more"),
        ({"values": ["a", "a"]}, "twice"),
        ({"values": ["1", 1]}, "twice"),
        ({"values": [1.5]}, "texts or whole numbers"),
        ({"values": "ab"}, "texts or whole numbers"),
        ({"values": ["a"], "missing": "a"}, '"missing" is a value too'),
        ({"values": ["a"], "missing": 3}, '"missing": expected a text'),
        ({"values": ["a"], "labels": ["A", "B"]}, "expected 1 labels"),
        ({"values": ["a"], "colour": 1}, 'unknown "colour": expected labels, missing, values'),
        ({"min": 0, "max": 9, "bins": 0}, '"bins": expected a whole number'),
        ({"min": 9, "max": 0, "bins": 3}, "min < max"),
        ({"bins": 3}, "min < max"),
        ({"min": 0, "max": 9, "bins": 20, "integer": True}, "no whole number from 0.45 to 0.9"),
        ({"edges": [0, 1], "missing": "0.5"}, '"missing" is a value too'),
        ({"edges": [0]}, "2 to 65537 ascending numbers"),
        ({"edges": [0, 1, 1]}, "ascending edges"),
        ({"edges": [0, float("nan")]}, "ascending numbers"),
        ({"edges": [0, 10**400]}, "ascending numbers"),
        ({"edges": [0, 1], "closed": "both"}, '"left" or "right"'),
        ({"edges": [0, 1], "integer": 1}, "true or false"),
    ],
)
def test_mistakes_are_told(entry, mistake):
    with pytest.raises(ConfigError, match="column 'x'") as found:
        Domain.from_json({"x": entry})
    assert mistake in str(found.value)


def test_all_mistakes_are_told_at_once(tmp_path):
    path = tmp_path / "bad.json"
    path.write_text('{"a": 0, "b": {"values": [], "missing": 1, "x": 2}, "c": 2}')
    with pytest.raises(ConfigError) as found:
        Domain.load(path)
    assert [text.split(":")[1] for text in found.value.mistakes] == [" column 'a'"] + [
        " column 'b'"
    ] * 3


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1, "a": 2}', "{}", '{"a\\n": 2}', "[" * 9999]
)
def test_files_that_are_no_domain_are_refused(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.json"):
        Domain.load(path)
    with pytest.raises(ConfigError, match="cannot read"):
        Domain.load(tmp_path / "none.json")
