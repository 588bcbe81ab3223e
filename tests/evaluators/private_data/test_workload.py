"""The workload: which partitions there are, and in which cells they put a row."""

from itertools import combinations, product

import numpy as np
import pytest

from evaluators.private_data.domain import Domain
from evaluators.private_data.options import Workload
from evaluators.private_data.partition import Kind
from evaluators.private_data.workload import candidates
from evosearch.errors import ConfigError
from evosearch.seeding import key

DOMAIN = Domain.from_json(
    {
        "home": {"values": ["own", "rent"], "missing": "N"},
        "age": {"min": 0, "max": 80, "bins": 8, "integer": True},
        "pay": {"edges": [0, 1, 10, 100, 1000, 2000, 3000, 4000], "missing": ""},
        "one": 1,
        "kids": 3,
    }
)
KEY = key(0, "prepare")


def made(tmp_path=None, domain=DOMAIN, words=KEY, **options):
    options = {"marginals": (), **options}
    return candidates(Workload.model_validate(options), domain, words, tmp_path)


def every_row(domain=DOMAIN):
    return np.array(list(product(*map(range, domain.sizes))), np.uint16)


def refusal(tmp_path=None, **options):
    with pytest.raises(ConfigError) as caught:
        made(tmp_path, **options)
    return str(caught.value)


# --- Marginals and ranges ---------------------------------------------------------------------


def test_marginals_of_several_orders_in_order():
    found = made(marginals=(2, 1))
    pairs = list(combinations(DOMAIN.names, 2))
    assert [each.name for each in found] == [" x ".join(pair) for pair in pairs] + [*DOMAIN.names]
    assert [each.columns for each in found[:10]] == list(combinations(range(5), 2))
    rows = every_row()
    np.testing.assert_array_equal(found[1].cells(rows), rows[:, 0] * 8 + rows[:, 2])
    assert found[0].shape == (3, 8)


def test_ranges_merge_neighbouring_bins_and_leave_missing_alone():
    found = {each.name: each for each in made(ranges=3)}
    assert list(found) == [
        *("home x age/2", "home x pay/2"),
        *("age/2 x pay/2", "age/2 x one", "age/2 x kids"),
        *("pay/2 x one", "pay/2 x kids"),
    ]  # a quarter of 7 bins or of 8 is too few
    codes = every_row()
    home, age, pay = codes[:, 0], codes[:, 1], codes[:, 2]
    merged = np.where(pay == 0, 0, 1 + (pay - 1) // 2)
    np.testing.assert_array_equal(found["home x age/2"].cells(codes), home * 4 + age // 2)
    np.testing.assert_array_equal(found["age/2 x pay/2"].cells(codes), age // 2 * 5 + merged)
    assert found["age/2 x pay/2"].size == 20


def test_ranges_go_on_while_three_bins_remain():
    domain = Domain.from_json({"a": {"min": 0, "max": 1, "bins": 17}, "b": 2})
    assert [each.size for each in made(domain=domain, ranges=12)] == [2 * 9, 2 * 5, 2 * 3]


# --- Random queries ---------------------------------------------------------------------------


def test_prefixes_are_their_names():
    found = made(prefixes=200)
    codes = every_row()
    seen = set()
    for each in found:
        assert (each.kind, each.size) == (Kind.SIGN, 2)
        first, *numbers = each.name.split(" and ")
        column, text = first.split(" is ")
        place = DOMAIN.names.index(column)
        expected = codes[:, place] == DOMAIN.fields[place].labels().index(text)
        for part in numbers:
            name, threshold = part.split(" < ")
            coding = DOMAIN.fields[DOMAIN.names.index(name)].coding
            below = coding.edges.index(float(threshold))
            assert 0 < below < coding.size
            own = codes[:, DOMAIN.names.index(name)].astype(int) - (name == "pay")
            expected &= (own >= 0) & (own < below)
        np.testing.assert_array_equal(each.cells(codes), expected)
        seen |= {column, *numbers}
    assert {"home", "kids", "age < 10", "age < 70", "pay < 1", "pay < 3000"} <= seen
    assert "one" not in seen


def test_halfspaces_cut_standardised_numbers():
    found = made(halfspaces=400)
    codes = every_row()
    age = standardised(np.arange(0, 80, 10) + 5)
    pay = standardised([np.nan, 0.5, 5.5, 55, 550, 1500, 2500, 3500])
    slopes, offsets = [], []
    for each in found:
        category, *numeric = each.columns
        assert numeric == [1, 2]
        text = each.name.removeprefix(f"{DOMAIN.names[category]} is ").split(" and ")[0]
        known = (codes[:, category] == DOMAIN.fields[category].labels().index(text)) & (
            codes[:, 2] > 0
        )
        cells = each.cells(codes)
        assert not cells[~known].any()
        slope = [
            (steps[7] - steps[1]) / (x[7] - x[1])
            for steps, x in zip(each.steps[1:], (age, pay), strict=True)
        ]
        value = slope[0] * age[codes[:, 1]] + slope[1] * pay[codes[:, 2]] + each.steps[0].max()
        clear = known & (np.abs(value) > 16)  # of 65,536: rounding
        np.testing.assert_array_equal(cells[clear], value[clear] > 0)
        slopes.append(np.array(slope) / 2**16)
        offsets.append(-each.steps[0].max() / 2**16)
    assert np.std(slopes) == pytest.approx(np.sqrt(0.5), rel=0.1)
    assert np.std(offsets) == pytest.approx(1, rel=0.1)
    assert abs(np.mean(slopes)) < 0.1
    assert abs(np.mean(offsets)) < 0.2


def standardised(values):
    return (values - np.nanmean(values)) / np.nanstd(values)


def test_no_sum_of_a_halfspace_overflows():
    columns = {f"n{j}": {"edges": [*range(20), 1e6], "missing": ""} for j in range(40)}
    domain = Domain.from_json({"c": 2, **columns})
    for each in made(domain=domain, halfspaces=20):
        steps = [step.astype(object) for step in each.steps]
        assert sum(abs(step).max() for step in steps) < 2**31
        best = sum(step.max() for step in steps)
        for step in steps:  # one wrong category or one missing number outweighs the best of all
            assert best - step.max() + step.min() < 0
    many = {f"n{j}": {"edges": [*range(30), 1e9], "missing": ""} for j in range(600)}
    with pytest.raises(ConfigError, match="600 numeric columns are too many"):
        made(domain=Domain.from_json({"c": 2, **many}), halfspaces=5)


def test_random_queries_come_from_the_key_alone():
    names = [each.name for each in made(prefixes=30, halfspaces=30)]
    assert names == [each.name for each in made(prefixes=30, halfspaces=30)]
    assert names != [
        each.name for each in made(words=key(1, "prepare"), prefixes=30, halfspaces=30)
    ]


def test_random_queries_need_columns_of_their_kinds():
    values = Domain.from_json({"a": 2, "b": 3})
    numbers = Domain.from_json({"a": {"min": 0, "max": 1, "bins": 4}, "b": {"edges": [0, 1, 2]}})
    for domain, options in product((values, numbers), ({"prefixes": 1}, {"halfspaces": 1})):
        with pytest.raises(ConfigError, match="expected a column of values and"):
            made(domain=domain, **options)


# --- Queries of a user's ----------------------------------------------------------------------

QUERIES = """
import numpy as np

def cheap(age, pay):
    assert age.shape == pay.shape == (8, 8)
    return pay < age

QUERIES = {
    "cheap": (("age", "pay"), cheap),
    "kinds": (["kids", "home"], lambda kids, home: np.where(home == "N", 2, kids == "1")),
}
"""


def test_a_users_queries_are_tabulated(tmp_path):
    (tmp_path / "mine.py").write_text(QUERIES)
    cheap, kinds = made(tmp_path, queries="mine.py")
    assert (cheap.name, cheap.columns, cheap.size) == ("cheap", (1, 2), 2)
    codes = every_row()
    middles = np.array([np.nan, 0.5, 5.5, 55, 550, 1500, 2500, 3500])
    ages = np.arange(0, 80, 10) + 4.5  # the middle of 0 and 9
    ages[-1] = 75  # 80 belongs to the last bin
    np.testing.assert_array_equal(cheap.cells(codes), middles[codes[:, 2]] < ages[codes[:, 1]])
    expected = np.where(codes[:, 0] == 0, 2, codes[:, 4] == 1)
    assert (kinds.columns, kinds.size) == ((4, 0), 3)
    np.testing.assert_array_equal(kinds.cells(codes), expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected queries: QUERIES = "),
        ("QUERIES = {}", "expected queries: QUERIES = "),
        ("import nothing_of_that_name", "running q.py failed: ModuleNotFoundError"),
        ("QUERIES = {", "running q.py failed: SyntaxError"),
        ("QUERIES = {'a': 3}", "query 'a': expected columns and a function"),
        ("QUERIES = {'a': ('age', abs)}", "query 'a': expected columns and a function"),
        ("QUERIES = {'a': (('age',), 3)}", "query 'a': expected columns and a function"),
        ("QUERIES = {'a': ((), abs)}", "expected 1 to 4 different columns"),
        ("QUERIES = {'a': (('age', 'age'), abs)}", "expected 1 to 4 different columns"),
        ("QUERIES = {'a': (('aeg',), abs)}", "no column 'aeg': expected some of home, age"),
        ("QUERIES = {'a': (('age',), lambda x: x)}", "received float64, shaped \\(8,\\)"),
        ("QUERIES = {'a': (('age',), lambda x: True)}", "received bool, shaped \\(\\)"),
        ("QUERIES = {'a': (('age',), lambda x: x < -1)}", "False for every combination"),
        ("QUERIES = {'a': (('age',), lambda x: (x > 9) * 2)}", "2 different ones from 0 to 2"),
        ("QUERIES = {'a': (('age',), lambda x: (x > 9) - 1)}", "2 different ones from -1 to 0"),
        ("QUERIES = {'a': (('age',), lambda x: 1 / 0)}", "its function failed: ZeroDivisionError"),
        ("QUERIES = {'a': (('age',), lambda x: x.sort())}", "its function failed: ValueError"),
        ("QUERIES = {3: (('age',), lambda x: x > 9)}", "query 3: expected a text as its name"),
    ],
)
def test_queries_that_are_none_are_told(tmp_path, text, says):
    (tmp_path / "q.py").write_text(text)
    with pytest.raises(ConfigError, match=says):
        made(tmp_path, queries="q.py")


def test_every_mistake_of_a_file_is_told(tmp_path):
    (tmp_path / "q.py").write_text("QUERIES = {'a': 3, 'b': (('x',), abs)}")
    assert len(refusal(tmp_path, queries="q.py").splitlines()) == 2
    assert "cannot read" in refusal(tmp_path, queries="none.py")


def test_queries_of_too_many_combinations_are_refused(tmp_path):
    (tmp_path / "q.py").write_text("QUERIES = {'a': (('a', 'b'), lambda a, b: a == b)}")
    domain = Domain.from_json({"a": 1001, "b": 1000})
    with pytest.raises(ConfigError, match=r"at most 1,000,000 combinations .* received 1,001,000"):
        made(tmp_path, domain=domain, queries="q.py")


# --- Limits -----------------------------------------------------------------------------------


def test_all_kinds_come_in_a_fixed_order(tmp_path):
    (tmp_path / "mine.py").write_text(QUERIES)
    options = {"marginals": (1,), "ranges": 1, "prefixes": 2, "halfspaces": 3}
    found = made(tmp_path, **options, queries="mine.py")
    assert len(found) == 5 + 7 + 2 + 3 + 2
    assert [each.name for each in found][-2:] == ["cheap", "kinds"]
    assert [each.kind for each in found] == [0] * 12 + [2] * 5 + [1] * 2


def test_what_cannot_be_measured_is_told():
    assert "nothing is measured" in refusal()
    small = Domain.from_json({"a": 2, "b": 3})
    with pytest.raises(ConfigError, match="orders up to 2, the number of columns, received 3"):
        made(domain=small, marginals=(2, 3))
    wide = Domain.from_json({f"c{j}": 2 for j in range(300)})
    with pytest.raises(ConfigError, match=r"at most 20,000 .* received 44,850"):
        made(domain=wide, marginals=(2,))
    with pytest.raises(ConfigError, match=r"at most 20,000 .* received 20,001"):
        made(prefixes=20_001)
    large = Domain.from_json({"a": 60_000, "b": 65_000, "c": 65_536, "d": 65_536})
    cells = 60_000 * 65_000 * 65_536**2
    with pytest.raises(ConfigError, match=f"at most 50,000,000 cells, received {cells:,}"):
        made(domain=large, marginals=(4,))
    ranged = Domain.from_json({"a": {"min": 0, "max": 1, "bins": 4_000}, "b": 35_000})
    with pytest.raises(ConfigError, match="at most 50,000,000 cells, received 70,000,000"):
        made(domain=ranged, ranges=1)
