"""Constraints: what they forbid, against the meaning of the words on all values of the bins."""

import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from evaluators.private_data import csv_file
from evaluators.private_data.constraints import broken, parse
from evaluators.private_data.domain import Domain
from evosearch.errors import ConfigError

DATA = Path(__file__).parents[3] / "runs" / "data"
DOMAIN = Domain.from_json(
    {
        "kids": {"values": [0, 1, 2, 3], "missing": "N"},
        "people": {"values": [2, 3, 4]},
        "home": {"values": ["own", "rent"], "missing": ""},
        "age": {"edges": [0, 5, 15, 100], "integer": True},
        "pay": {"edges": [0, 10, 20.5, 30], "missing": "N"},
        "loss": {"edges": [0, 10, 30], "closed": "right"},
        "code": 3,
        "a-b c": 2,
    }
)


def forbidden(text):
    """Codes that a rule forbids, as sets of texts or first values of bins."""
    (one,) = parse([text], DOMAIN)
    labels = [DOMAIN.fields[column].labels() for column in one.columns]
    return {
        tuple(names[k] for names, k in zip(labels, place, strict=True))
        for place in np.argwhere(one.forbidden).tolist()
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kids < people", {("2", "2"), ("3", "2"), ("3", "3")}),
        ("people > kids", {("2", "2"), ("3", "2"), ("3", "3")}),
        ("missing(kids)", {("0",), ("1",), ("2",), ("3",)}),
        ("not missing(kids)", {("missing",)}),
        ("kids == 0", {("1",), ("2",), ("3",)}),
        ("kids != 1.0", {("1",)}),
        ("kids in (0, 2, 3)", {("1",)}),
        ("kids not in (0, 3)", {("0",), ("3",)}),
        ("not kids >= 1 or people == 4", {(k, p) for k in "123" for p in "23"}),
        (
            "kids == 0 and people <= 3",
            {(k, p) for k in "0123" for p in "234"} - {("0", "2"), ("0", "3")}
            | {("missing", "4")},
        ),
        ("home == 'own' if kids > 2", {("3", "rent")}),
        ('home != "rent"', {("rent",)}),
        ("age < 5", {("5 to 14",), ("15 to 100",)}),
        ("age <= 4", {("5 to 14",), ("15 to 100",)}),
        ("age < 4", {("5 to 14",), ("15 to 100",)}),
        ("age >= 5", {("0 to 4",)}),
        ("age > 4", {("0 to 4",)}),
        ("age != 7 if age <= 100 and age < 5 or age in (1, 2)", None),
        ("pay < 10", {("[10, 20.5)",), ("[20.5, 30]",)}),
        ("pay >= 10", {("[0, 10)",)}),
        ("pay <= 10", {("[20.5, 30]",)}),
        ("pay == 20.5", {("[0, 10)",), ("[10, 20.5)",)}),
        ("loss > 10", {("[0, 10]",)}),
        ("loss <= 10", {("(10, 30]",)}),
        (
            "pay <= loss",
            {("[10, 20.5)", "[0, 10]"), ("[20.5, 30]", "[0, 10]")} - {("[10, 20.5)", "[0, 10]")},
        ),
        ("loss < pay", {("[0, 10)", "(10, 30]")}),
        ("`a-b c` == 1", {("0",)}),
        ("(`a-b c` == 1) if (code == 2)", {("2", "0")}),
        ("code == 0 or (code == 1 and (code != 2))", {("2",)}),
    ],
)
def test_a_rule_forbids_what_its_words_say(text, expected):
    if expected is None:
        with pytest.raises(ConfigError, match="breaks it for sure"):
            parse([text], DOMAIN)
    else:
        assert forbidden(text) == expected


def _inside(low, high, low_open, high_open):
    """Whole numbers, the ends where they belong to it, and what is next to them."""
    near = [low + 1e-9, high - 1e-9, *range(int(np.ceil(low)), int(high) + 1), low, high]
    return [x for x in near if not ((low_open and x == low) or (high_open and x == high))]


def values(field):
    """For each code some numbers or texts that it can stand for, None for missing."""
    spans = field.spans()
    if spans is None:
        found = [[text] for text in field.coding.texts]
    elif hasattr(field.coding, "texts"):
        found = [[float(text)] for text in field.coding.texts]
    elif field.coding.integer:
        found = [
            list(range(int(low), int(high) + 1))
            for low, high in zip(spans.low, spans.high, strict=True)
        ]
    else:
        found = [
            _inside(low, high, below, above)
            for low, high, below, above in zip(
                spans.low, spans.high, spans.low_open, spans.high_open, strict=True
            )
        ]
    return [[None]] * field.shift + found


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_comparisons_forbid_exactly_what_every_pair_of_values_breaks(sign):
    columns = [field for field in DOMAIN.fields if field.spans() is not None]
    tried = 0
    for one, other in product(columns, columns):
        if one is other:
            continue
        ordered = sorted((one, other), key=DOMAIN.fields.index)
        name = {field.name: f"`{field.name}`" for field in (one, other)}
        expected = {
            (j, k)
            for j, a in enumerate(values(ordered[0]))
            for k, b in enumerate(values(ordered[1]))
            if None not in (a[0], b[0])
            and not any(
                eval(
                    f"x {sign} y", {}, {"x": x, "y": y} if ordered[0] is one else {"x": y, "y": x}
                )
                for x, y in product(a, b)
            )
        }
        if len(expected) in (0, one.size * other.size):
            continue
        (made,) = parse([f"{name[one.name]} {sign} {name[other.name]}"], DOMAIN)
        assert set(map(tuple, np.argwhere(made.forbidden).tolist())) == expected
        tried += 1
    assert tried > 5


def test_nothing_is_forbidden_that_some_values_satisfy():
    """Random rules over whole-number columns, with Python's own logic as the judge."""
    rng = random.Random(1)
    names = ("kids", "people", "age", "code")
    fields = {field.name: field for field in DOMAIN.fields}

    def comparison():
        right = rng.choice([*names, *"012345"])
        return f"{rng.choice(names)} {rng.choice(('<', '<=', '>', '>=', '==', '!='))} {right}"

    def made(depth):
        if depth == 0:
            return comparison()
        word = rng.choice(("and", "or", "not"))
        if word == "not":
            return f"not ({made(depth - 1)})"
        return f"({made(depth - 1)}) {word} ({made(depth - 1)})"

    found = 0
    for _ in range(300):
        text = made(rng.randrange(3))
        try:
            (one,) = parse([text], DOMAIN)
        except ConfigError:
            continue
        found += 1
        code = compile(text, "rule", "eval")
        named = [DOMAIN.fields[column].name for column in one.columns]
        choices = [values(fields[name]) for name in named]
        for place in np.argwhere(one.forbidden).tolist()[:40]:
            for row in product(*(c[k] for c, k in zip(choices, place, strict=True))):
                if None not in row:
                    assert not eval(code, {}, dict(zip(named, row, strict=True))), text
    assert found > 100


def test_rows_that_break_rules_are_counted():
    rules = parse(["kids < people", "home == 'own' if code == 2"], DOMAIN)
    rows = np.zeros((4, 8), np.uint16)
    rows[:3, 0] = [3, 4, 0]  # 2, 3, missing of people 2
    rows[1:, 6] = 2
    rows[1, 2], rows[2, 2] = 2, 1
    assert broken(rules, rows).tolist() == [2, 1]
    assert broken((), rows).tolist() == []


@pytest.mark.parametrize(("table", "domain"), [("acs2019", "acs20"), ("acs_tx2019", "acs20_tx")])
def test_known_relations_hold_in_the_real_tables(table, domain):
    schema = Domain.load(DATA / f"{domain}.json")
    rules = parse(
        [
            "NOC < NPF",
            "OWN_RENT == 0 if HOUSING_TYPE in (2, 3)",
            "OWN_RENT in (1, 2) if HOUSING_TYPE == 1",
            "missing(PINCP) if AGEP < 15",
            "not missing(PINCP) if AGEP >= 15",
            "missing(MSP) if AGEP < 15",
            "missing(DVET) if AGEP < 15",
            "missing(INDP_CAT) if AGEP < 15",
            "missing(PINCP) if missing(PINCP_DECILE)",
        ],
        schema,
    )
    codes = csv_file.read(DATA / f"{table}.csv.gz", schema)
    assert broken(rules, codes).tolist() == [0] * len(rules)
    rng = np.random.default_rng(1)
    mixed = np.stack([rng.permutation(column) for column in codes.T], axis=1)
    assert (broken(rules, mixed) > 0).all()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "character 1: expected a column, a number or a quoted text, received the end"),
        ("kids", "expected < <= > >= == != in or not in, received the end"),
        ("kids <", "character 7: expected a column"),
        ("kids < people people", "character 15: expected and, or, if or the end"),
        ("kids = 1", "character 6: expected a column, number, quoted text, comparison"),
        ("kids < 1 if", "received the end"),
        ("(kids < 1", "expected ')', received the end"),
        ("kids in 1", "character 9: expected '(', received '1'"),
        ("kids in ()", "expected a column, a number or a quoted text, received ')'"),
        ("kids in (people)", "received 'people'"),
        ("missing(1)", "expected a column"),
        ("missing(people)", 'no "missing" text'),
        ("kid < 3", "no column 'kid'"),
        ("1 < 2", "1 to 3 columns, received 0"),
        ("kids < people and age < 5 and code == 1", "received 4: write several rules"),
        ("home < 'rent'", "texts have no order"),
        ("home == 3", "cannot be compared with 3"),
        ("home == 'flat'", "'flat' is no value of column 'home': expected one of"),
        ("kids == 'N'", "write missing(kids)"),
        ("age == '5'", "cannot be compared with '5'"),
        ("people < 0 and people > 0", "no row can satisfy it"),
        ("kids < 9", "breaks it for sure"),
        ("age < 4 if age < 5 and age >= 5 and age > 50", "breaks it for sure"),
        ("not " * 40 + "kids < 1", "nested more than 30 deep"),
        ("(" * 600 + "kids < 1", "nested more than 30 deep"),
        ("kids < 1 " * 200, "at most 1000 characters"),
        ("kids < __import__('os')", "expected and, or, if or the end"),
    ],
)
def test_mistakes_are_told(text, mistake):
    with pytest.raises(ConfigError) as found:
        parse([text], DOMAIN)
    assert mistake in str(found.value)


def test_mistakes_of_all_rules_are_told_at_once_and_big_ones_refused():
    with pytest.raises(ConfigError) as found:
        parse(["kids <", "kids < people", "kid < 1"], DOMAIN)
    assert len(found.value.mistakes) == 2
    wide = Domain.from_json({"a": 1000, "b": 1001, "c": 2})
    with pytest.raises(ConfigError, match="1001000 combinations"):
        parse(["a < b"], wide)
