"""What a report shows of a table: right by hand on a small one, and by noise on a large one."""

from itertools import combinations
from math import pi, sqrt

import numpy as np
import pytest

from evaluators.private_data.answers import Answers
from evaluators.private_data.domain import Domain
from evaluators.private_data.findings import findings
from evaluators.private_data.marginal import marginals
from evaluators.private_data.partition import Partition
from evosearch.contracts import HeatMap, Panels, Rows

DOMAIN = Domain.from_json({"a": 2, "b": {"values": ["x", "y", "z"]}, "c": {"edges": [0, 1, 2]}})
TABLE = np.array([[0, 0, 0], [0, 1, 1], [1, 2, 1], [1, 2, 1]], np.uint16)


def grid(*columns, domain=DOMAIN):
    merged = [np.arange(domain.sizes[column]) for column in columns]
    return Partition.grid(" x ".join(domain.names[column] for column in columns), columns, merged)


def answers(*known):
    """Of (partition, counts, deviation)."""
    partitions, counts, deviations = zip(*known, strict=True)
    flat = [np.ravel(each).astype(np.float64) for each in counts]
    return Answers(partitions, np.concatenate(flat), np.array(deviations, np.float64))


def table_of(found, title):
    (rows,) = [each for each in found if isinstance(each, Rows) and each.title == title]
    return {row[0]: row[1:] for row in rows.rows}


def errors(*known, table=TABLE, rows=8.0):
    return table_of(findings(table, answers(*known), DOMAIN, rows), "Errors over marginals")


def test_errors_by_hand():
    # 8 private rows; the table's 4 stand for 2 each: 4 with a = 0, 4 with a = 1
    found = errors((grid(0), [6, 2], 1.0), (grid(1), [2, 2, 4], 2.0))
    floors = [2 * 1 / (8 * sqrt(2 * pi)), 3 * 2 / (8 * sqrt(2 * pi))]
    number, average, floor, worst, floor_there, deviations = found["1-way marginals"]
    assert number == 2
    assert average == pytest.approx((0.25 + 0) / 2)
    assert floor == pytest.approx(np.mean(floors))
    assert worst == pytest.approx(0.25)
    assert floor_there == pytest.approx(floors[0])
    assert deviations == pytest.approx(sqrt((2**2 + 2**2) / 5))
    for order in (2, 3):
        number, *others = found[f"{order}-way marginals (not measured)"]
        assert number == 0
        assert np.isnan(others).all()


def test_marginals_are_sums_weighed_by_precision():
    pair = [[1, 2, 3], [4, 5, 6]]  # b's sums: 5, 7, 9, each of variance 2 * 3^2
    known = answers((grid(1), [8, 7, 6], 2.0), (grid(0, 1), pair, 3.0))
    a, b = marginals(known, DOMAIN.sizes, 1)
    assert a.columns == (0,)
    assert a.counts == pytest.approx([6, 15])
    assert a.deviation == pytest.approx(sqrt(3) * 3)
    weights = np.array([1 / 4, 1 / 18])
    assert b.counts == pytest.approx((weights @ [[8, 7, 6], [5, 7, 9]]) / weights.sum())
    assert b.deviation == pytest.approx(weights.sum() ** -0.5)
    (both,) = marginals(known, DOMAIN.sizes, 2)
    assert both.columns == (0, 1)
    assert both.counts == pytest.approx(np.array(pair))
    assert both.deviation == pytest.approx(3.0)


def test_columns_of_a_grid_may_be_in_any_order_and_merged():
    counts = np.arange(12.0).reshape(3, 2, 2)
    turned = answers((grid(1, 2, 0), counts, 1.0))
    pairs = {each.columns: each.counts for each in marginals(turned, DOMAIN.sizes, 2)}
    assert pairs[0, 1].tolist() == counts.sum(axis=1).T.tolist()
    assert pairs[1, 2].tolist() == counts.sum(axis=2).tolist()
    (whole,) = marginals(turned, DOMAIN.sizes, 3)
    assert whole.counts.tolist() == counts.transpose(2, 0, 1).tolist()
    joined = Partition.grid("b/2 x a", (1, 0), [np.array([0, 0, 1]), np.arange(2)])
    (only,) = marginals(answers((joined, [[1, 2], [3, 4]], 1.0)), DOMAIN.sizes, 1)
    assert (only.columns, only.counts.tolist()) == ((0,), [4, 6])


def test_everything_else_that_was_measured_is_compared_by_kind():
    joined = Partition.grid("a x b/2", (0, 1), [np.arange(2), np.array([0, 0, 1])])
    query = Partition.tabulated("q", (0, 1), [[0, 1, 1], [1, 1, 0]])
    half = Partition.sign("h", (1, 2), [np.array([-1, 0, 1]), np.array([0, 0])])
    known = (
        (grid(0, 1, 2), np.full((2, 3, 2), 8 / 12), 4.0),
        (joined, [[4, 0], [0, 4]], 1.0),  # exactly the table's
        (query, [6, 2], 2.0),  # exactly
        (half, [4, 4], 2.0),  # the table has 2 and 6
    )
    found = errors(*known)
    assert list(found)[2:] == [
        "3-way marginals",
        "prefixes and halfspaces",
        "queries",
        "ranges",
    ]
    assert [found[kind][1] for kind in ("queries", "ranges")] == [0, 0]
    assert found["prefixes and halfspaces"][1] == pytest.approx(0.25)
    assert found["prefixes and halfspaces"][5] == pytest.approx(1.0)
    assert found["3-way marginals"][0] == 1
    budget = table_of(findings(TABLE, answers(*known), DOMAIN, 8.0), "Budget")
    assert budget["ranges"] == [1, 4, 1, 1, f"{100 / (1 + 1 / 4 + 1 / 4 + 1 / 16):.3g} %"]
    assert budget["3-way marginals"][:4] == [1, 12, 4, 4]


def large(rows=4000, columns=5, deviation=30.0):
    """A domain, a private table whose first columns depend on each other, answers to pairs."""
    rng = np.random.default_rng(3)
    domain = Domain.from_json({f"column {at}": 4 + at for at in range(columns)})
    codes = np.stack([rng.integers(0, size, rows) for size in domain.sizes], axis=1)
    codes[:, 1] = (codes[:, 0] + rng.integers(0, 2, rows)) % 4
    table = codes.astype(np.uint16)
    pairs = [grid(*pair, domain=domain) for pair in combinations(range(columns), 2)]
    noisy = [
        (pair, pair.counts(table) + rng.normal(0, deviation, pair.size), deviation)
        for pair in pairs
    ]
    return domain, table, answers(*noisy)


def test_the_private_table_itself_is_as_far_as_noise_alone():
    domain, table, known = large()
    found = table_of(findings(table, known, domain, 4000.0), "Errors over marginals")
    for order, number in ((1, 5), (2, 10)):
        row = found[f"{order}-way marginals"]
        assert row[0] == number
        assert row[1] == pytest.approx(row[2], rel=0.15)
        assert row[5] == pytest.approx(1, abs=0.15)


def test_the_heat_map_shows_the_pair_that_is_missed():
    domain, table, known = large()
    rng = np.random.default_rng(4)
    apart = np.stack([rng.permutation(column) for column in table.T], axis=1)  # single columns fit
    (found,) = [
        each for each in findings(apart, known, domain, 4000.0) if isinstance(each, HeatMap)
    ]
    assert list(found.rows) == list(domain.names[1:])
    assert list(found.columns) == list(domain.names[:-1])
    values = np.asarray(found.values)
    assert np.isnan(values[np.triu_indices(4, 1)]).all()
    assert values[0, 0] > 2
    assert np.nanmax(values[1:]) < 1.5
    assert "column 0 and column 1" in found.caption


def test_no_pairs_no_heat_map():
    found = findings(TABLE, answers((grid(0), [4, 4], 1.0)), DOMAIN, 8.0)
    assert not [each for each in found if isinstance(each, HeatMap)]


def test_histograms_have_the_shares_of_both():
    known = answers((grid(0), [6, 2], 1.0), (grid(1), [-1, 3, 6], 1.0))
    (shown,) = [each for each in findings(TABLE, known, DOMAIN, 8.0) if isinstance(each, Panels)]
    a, b, c = shown.panels
    assert a.values.tolist() == [[0.5, 0.5], [0.75, 0.25]]
    assert (b.title, list(b.labels)) == ("b", ["x", "y", "z"])
    assert b.values.tolist() == [[0.25, 0.25, 0.5], [-0.125, 0.375, 0.75]]
    assert list(c.labels) == ["[0, 1)", "[1, 2]"]
    assert np.isnan(c.values[1]).all()
    assert shown.caption.endswith("No answer tells c.")


def test_columns_with_many_codes_are_summed_and_many_columns_are_divided():
    domain = Domain.from_json({"wide": 100, **{f"column {at}": 2 for at in range(30)}})
    table = np.zeros((100, 31), np.uint16)
    table[:, 0] = np.arange(100)
    wide = grid(0, domain=domain)
    found = findings(table, answers((wide, np.ones(100), 1.0)), domain, 100.0)
    first, second = [each for each in found if isinstance(each, Panels)]
    assert (len(first.panels), len(second.panels)) == (24, 7)
    assert first.name != second.name
    panel = first.panels[0]
    assert (len(panel.labels), panel.labels[1], panel.labels[-1]) == (34, "3 … 5", "99")
    assert panel.values[0] == pytest.approx(np.append(np.full(33, 0.03), 0.01))
    assert panel.values[1] == pytest.approx(panel.values[0])
