"""Classical approximations against published minimax errors of 2^x on [0, 1], and textbooks."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

from evaluators.approximation.baselines import baselines, best_at
from evaluators.approximation.rational import Ratio, Variable, continued_fraction
from evaluators.approximation.scan import Scan
from evaluators.approximation.targets import Interval, Measure, Target, from_csv, named
from evosearch.contracts import Baseline

EXP2, UNIT, RELATIVE = named("exp2"), Interval.parse("[0, 1]"), Measure()

# type [m/n] and the relative minimax error of 2^x on [0, 1], by Remez in 70 digits
MINIMAX = [
    *((1, 0, 2.982e-2), (2, 0, 1.725e-3), (5, 0, 7.494e-8), (8, 0, 7.744e-13)),
    *((1, 1, 8.672e-4), (0, 2, 1.725e-3), (2, 1, 2.503e-5), (3, 1, 6.504e-7)),
    *((3, 2, 7.520e-9), (1, 4, 1.502e-8), (3, 3, 9.310e-11), (6, 2, 2.771e-14), (4, 4, 1.109e-14)),
]


def unit_scan() -> Scan:
    return Scan.of(EXP2, UNIT, RELATIVE, 129)


@pytest.mark.parametrize(("m", "n", "error"), MINIMAX)
def test_minimax_errors_of_exp2(m: int, n: int, error: float) -> None:
    with mp.workdps(40):
        fit = Ratio(Variable(UNIT), m, n).minimax(unit_scan(), {})
    assert fit is not None
    assert float(fit.error) == pytest.approx(error, rel=1e-3)


# operations and the best error: continued fractions, and with at least one squaring
FRACTIONS = {3: 8.67e-4, 5: 2.50e-5, 6: 4.34e-7, 8: 9.31e-11, 9: 9.31e-11}
SQUARINGS = {3: 1.50e-2, 4: 2.17e-4, 5: 5.42e-5, 7: 2.71e-8, 8: 1.70e-9, 9: 1.45e-12}
POLYNOMIALS = {2: 2.98e-2, 4: 1.72e-3, 6: 7.48e-5, 8: 2.59e-6}
RATIOS = {4: 8.67e-4, 6: 2.50e-5, 8: 4.34e-7}


@pytest.fixture(scope="module")
def exp2_baselines() -> list[Baseline]:
    return baselines(EXP2, UNIT, RELATIVE, 9)


@pytest.mark.parametrize(
    ("word", "squared", "table"),
    [
        ("fraction", False, FRACTIONS),
        ("fraction", True, SQUARINGS),
        ("polynomial", False, POLYNOMIALS),
        ("ratio", False, RATIOS),
    ],
)
def test_best_of_each_family_at_each_operation_count(
    exp2_baselines: list[Baseline], word: str, squared: bool, table: dict[int, float]
) -> None:
    family = [
        b
        for b in exp2_baselines
        if word in b.family and ("squarings" in b.family) == squared and "Taylor" not in b.family
    ]
    for ops, error in table.items():
        assert best_at(family, ops) == pytest.approx(error, rel=6e-3)


def test_result_is_in_order_within_the_budget_and_without_repetition(
    exp2_baselines: list[Baseline],
) -> None:
    keys = [(b.objectives["operations"], b.objectives["error"]) for b in exp2_baselines]
    assert keys == sorted(keys)
    assert max(ops for ops, _ in keys) == 9
    families = [(b.family, b.objectives["operations"]) for b in exp2_baselines]
    assert len(set(families)) == len(families)


def test_derivative_approximants_are_worse_than_minimax(exp2_baselines: list[Baseline]) -> None:
    at_8 = {
        b.family: b.objectives["error"] for b in exp2_baselines if b.objectives["operations"] == 8
    }
    # Taylor about 1/2, degree 4: the remainder (ln 2 / 2)^5 / 5! sqrt(2), and a little more
    assert at_8["Taylor polynomial"] == pytest.approx(5.57e-5, rel=1e-2)
    assert at_8["Horner polynomial"] < at_8["Taylor polynomial"]
    assert at_8["Horner ratio"] < at_8["Padé approximant"] < 1e-5


def test_best_at_is_infinite_where_there_is_nothing(exp2_baselines: list[Baseline]) -> None:
    assert best_at(exp2_baselines, 1) == math.inf
    assert best_at(exp2_baselines, 2.5) == pytest.approx(2.982e-2, rel=1e-3)


def test_only_allowed_operations_are_used() -> None:
    found = baselines(EXP2, UNIT, RELATIVE, 4, primitives=["add", "mul"])
    assert {b.family.split(" and ")[0] for b in found} == {
        "Horner polynomial",
        "Taylor polynomial",
    }
    assert baselines(EXP2, UNIT, RELATIVE, 6, primitives=["add", "div"]) == []
    fused = baselines(EXP2, UNIT, RELATIVE, 3, primitives=["add", "mul", "fma"])
    assert best_at(fused, 3) == pytest.approx(7.478e-5, rel=1e-3)  # degree 3, three fused


def test_odd_functions_are_approximated_in_the_square() -> None:
    interval = Interval.parse("(0, 1.5707963267948966]")
    found = baselines(named("sin"), interval, RELATIVE, 6, primitives=["add", "mul"])
    # x (c0 + c1 x^2 + c2 x^4): Hastings' sheet 14 has a relative error of 1.1e-4
    assert best_at(found, 6) == pytest.approx(1.08e-4, rel=1e-2)


def test_even_functions_are_approximated_on_both_sides() -> None:
    found = baselines(named("cos"), Interval(-1.0, 1.0), Measure("absolute"), 3)
    # c0 + c1 x^2: by hand, the chord of cos(sqrt(u)) moved to the middle
    u = np.linspace(0, 1, 20001)
    chord = 1 + u * (np.cos(1) - 1) - np.cos(np.sqrt(u))
    assert best_at(found, 3) == pytest.approx(np.abs(chord).max() / 2, rel=1e-6)


def test_a_zero_at_the_end_is_kept_under_a_relative_error() -> None:
    found = baselines(named("log1p2"), Interval.parse("(0, 1]"), RELATIVE, 1)
    # c x: log2(1 + x) / x falls from 1 / ln 2 to 1
    assert best_at(found, 1) == pytest.approx((1 - math.log(2)) / (1 + math.log(2)), rel=1e-6)


def test_oscillating_targets_have_their_polynomials() -> None:
    """Minimax errors fall with the degree, and no degree is missing."""
    target, measure = named("airy7"), Measure("absolute")
    with mp.workdps(40):
        scan = Scan.of(target, UNIT, measure, 129)
        fits = [Ratio(Variable(UNIT), degree, 0).minimax(scan, {}) for degree in range(1, 6)]
        errors = [float(fit.error) for fit in fits if fit is not None]
    assert len(errors) == 5
    assert errors == sorted(errors, reverse=True)


def test_squaring_helps_no_target_with_negative_values() -> None:
    found = baselines(named("log"), Interval.parse("[0.5, 2]"), Measure("absolute"), 4)
    assert found
    assert not any("squarings" in b.family for b in found)


def test_tables_have_no_baselines(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("\n".join(f"{k},{k}" for k in range(9)))
    assert baselines(from_csv(tmp_path / "t.csv"), UNIT, RELATIVE, 6) == []


def test_objectives_are_named_as_asked() -> None:
    found = baselines(EXP2, UNIT, RELATIVE, 2, objectives=("loss", "cost"))
    assert set(found[0].objectives) == {"loss", "cost"}
    assert best_at(found, 2, objectives=("loss", "cost")) < 0.03


def test_continued_fraction_is_the_ratio() -> None:
    """(1 + 2s + 3s^2) / (2 + s + s^2) = 3 - (s + 5) / (s^2 + s + 2)."""
    with mp.workdps(30):
        pairs = continued_fraction([mpf(1), mpf(2), mpf(3)], [mpf(2), mpf(1), mpf(1)])
        assert pairs is not None
        s = mpf("0.3")
        tail = mpf(0)
        for a, b in reversed(pairs):
            tail = a / (s + b + tail)
        assert abs(3 + tail - (1 + 2 * s + 3 * s * s) / (2 + s + s * s)) < mpf(10) ** -28


def test_a_ratio_of_lower_type_has_no_such_fraction() -> None:
    assert continued_fraction([mpf(1), mpf(1), mpf(0)], [mpf(1), mpf(0), mpf(1)]) is not None
    assert continued_fraction([mpf(1), mpf(0)], [mpf(2), mpf(0), mpf(1)]) is None


def test_constant_targets_of_the_identity_are_exact_and_left_out() -> None:
    """An error of zero says nothing to a search."""
    line = Target("line", "2 x + 1", lambda x: 2 * x + 1)
    found = baselines(line, UNIT, RELATIVE, 2)
    assert all(b.objectives["error"] > 1e-30 for b in found)
