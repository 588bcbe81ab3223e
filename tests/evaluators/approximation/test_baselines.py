"""Classical approximations against published minimax errors of 2^x on [0, 1], and textbooks."""

import math
from itertools import pairwise

import numpy as np
import pytest
from mpmath import mp, mpf

from evaluators.approximation.baselines import baselines, best, best_at
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
FRACTIONS = {3: 8.67e-4, 5: 2.50e-5, 6: 4.34e-7, 7: 4.34e-7, 8: 9.31e-11}
SQUARINGS = {4: 2.17e-4, 5: 5.42e-5, 7: 2.71e-8, 8: 1.70e-9}
LARGE = {9: 1.45e-12, 10: 1.109e-14, 11: 4.33e-17, 12: 1.69e-19}  # of all
POLYNOMIALS = {2: 2.98e-2, 4: 1.72e-3, 6: 7.48e-5, 8: 2.59e-6}
RATIOS = {4: 8.67e-4, 6: 2.50e-5, 8: 4.34e-7}


@pytest.fixture(scope="module")
def exp2_baselines() -> list[Baseline]:
    return baselines(EXP2, UNIT, RELATIVE, 8)


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
        b for b in exp2_baselines if word in b.family and ("squarings" in b.family) == squared
    ]
    for ops, error in table.items():
        assert best_at(family, ops) == pytest.approx(error, rel=6e-3)


@pytest.mark.slow
def test_best_of_all_at_large_operation_counts() -> None:
    found = baselines(EXP2, UNIT, RELATIVE, 12)
    for ops, error in LARGE.items():
        assert best_at(found, ops) == pytest.approx(error, rel=6e-3)


def test_result_is_in_order_within_the_budget_and_without_repetition(
    exp2_baselines: list[Baseline],
) -> None:
    keys = [(b.objectives["operations"], b.objectives["error"]) for b in exp2_baselines]
    assert keys == sorted(keys)
    assert max(ops for ops, _ in keys) == 8
    families = [(b.family, b.objectives["operations"]) for b in exp2_baselines]
    assert len(set(families)) == len(families)


def test_best_at_is_infinite_where_there_is_nothing(exp2_baselines: list[Baseline]) -> None:
    assert best_at(exp2_baselines, 1) == math.inf
    assert best(exp2_baselines, 1) is None
    assert best_at(exp2_baselines, 2.5) == pytest.approx(2.982e-2, rel=1e-3)
    at_8 = best(exp2_baselines, 8)
    assert at_8 is not None
    assert (at_8.family, at_8.label) == ("symmetric continued fraction", "[3/3]")


def test_only_allowed_operations_are_used() -> None:
    found = baselines(EXP2, UNIT, RELATIVE, 4, primitives=["add", "mul"])
    assert {b.family.split(" and ")[0] for b in found} == {"Horner polynomial"}
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


@pytest.mark.parametrize(("m", "n"), [(5, 0), (2, 2), (3, 3), (4, 2)])
def test_fits_of_an_oscillating_target_alternate(m: int, n: int) -> None:
    """Chebyshev's criterion: m + n + 2 errors of one size and alternating signs are the best.

    Interpolants of these types have poles, except for the polynomial.
    """
    x = np.linspace(0, 1, 4001)
    target = named("airy7")
    with mp.workdps(40):
        ratio = Ratio(Variable(UNIT), m, n)
        fit = ratio.minimax(Scan.of(target, UNIT, Measure("absolute"), 97), {})
        assert fit is not None
        p, q, _ = ratio.parts(fit.parameters)
    s = 2 * x - 1
    values = np.polyval([float(c) for c in p[::-1]], s) / np.polyval(
        [float(c) for c in q[::-1]], s
    )
    errors = values - target.values(x)
    large = errors[np.abs(errors) > 0.999 * float(fit.error)]
    assert np.abs(errors).max() <= 1.001 * float(fit.error)
    assert 1 + np.sum(np.diff(np.sign(large)) != 0) >= m + n + 2


def test_no_degree_is_missing() -> None:
    found = baselines(named("airy7"), UNIT, Measure("absolute"), 6)
    at = [best_at(found, ops) for ops in (2, 3, 4, 5, 6)]
    assert at == sorted(at, reverse=True)
    assert len(set(at)) == len(at)


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


def test_a_theorem_brings_the_argument_down() -> None:
    """cos x = 2 cos^2(x/2) - 1, where [1/1] in x^2 has a 16th of the error and one part less."""
    interval = Interval.parse("[0, 1.5]")
    found = baselines(named("cos"), interval, Measure("absolute"), 6)
    halved = [b for b in found if "halved argument" in b.family]
    assert best_at(halved, 6) < best_at(found, 4) / 8
    other = baselines(named("sigmoid"), interval, Measure("absolute"), 3)
    assert not any("argument" in b.family for b in other)


def test_logarithms_are_odd_in_a_quotient() -> None:
    found = baselines(named("log1p"), Interval.parse("(0, 1]"), RELATIVE, 5)
    known = best(found, 5)
    assert known is not None
    assert known.family == "continued fraction in (x/(x + 2))^2"
    direct = [b for b in found if "x/(x" not in b.family]
    assert best_at(found, 5) < best_at(direct, 5) / 1.5
    # ln(1 + x) ~ 6 u / (3 - u^2), Padé's, is worse than the best of its kind
    x = np.linspace(1e-9, 1, 2001)
    u = x / (x + 2)
    pade = np.abs(6 * u / (3 - u * u) / np.log1p(x) - 1).max()
    assert best_at(found, 5) < pade


def test_an_odd_function_may_have_a_constant_beside_it() -> None:
    found = baselines(named("normal_cdf"), Interval.parse("[0, 3]"), RELATIVE, 4)
    odd = [b for b in found if b.label.startswith("constant plus x times")]
    plain = [b for b in found if "x^2" not in b.family]
    assert best_at(odd, 4) < best_at(plain, 4) / 2


def test_short_fractions_do_without_an_operation() -> None:
    """x times [0/2] as a / (x + b + c / x), and [0/1] in x^2 as a / (x + b / x)."""
    found = baselines(named("tanh"), Interval.parse("(0, 2]"), RELATIVE, 5)
    assert [b.label for b in (best(found, 3), best(found, 4)) if b] == [
        "x times [0/1]",
        "x times [0/2]",
    ]
    x = np.linspace(1e-6, 2, 2001)
    short = np.abs(3.65292 / (x + 3.72221 / x) / np.tanh(x) - 1).max()
    assert best_at(found, 3) == pytest.approx(short, rel=1e-3)
    # A / (v + C / v) with v = x + b / x: by a theorem, the fraction's last division left out
    halved = [b for b in found if b.family.endswith("halved argument")]
    assert best_at(halved, 5) < best_at(found, 3) / 10


def test_roots_are_kept_where_square_roots_are_allowed() -> None:
    bessel, interval = named("besseli_half"), Interval.parse("(0, 1]")
    found = baselines(bessel, interval, RELATIVE, 5)
    # sqrt(x) (c0 + c1 x^2) and sinh(x) / x
    assert best_at(found, 5) == pytest.approx(9.947e-4, rel=1e-3)
    # the square root of a / (x + b / x)
    assert best_at(found, 4) == pytest.approx(3.884e-3, rel=5e-3)
    rational = baselines(bessel, interval, RELATIVE, 5, primitives=["add", "mul", "div"])
    assert best_at(rational, 5) > 0.1


@pytest.mark.parametrize(("m", "n"), [(2, 2), (1, 2), (4, 2), (1, 4)])
def test_continued_fraction_is_the_ratio(m: int, n: int) -> None:
    """Up to a polynomial that is added, or for q/p where q has the higher degree."""
    p, q = [mpf(k * k + 1) for k in range(m + 1)], [mpf(3 * k + 2) for k in range(n + 1)]
    with mp.workdps(40):
        pairs = continued_fraction(p, q)
        assert pairs is not None
        assert len(pairs) == min(m, n) if m != n - 1 else n

        def rest(s: mpf) -> mpf:
            tail = mpf(0)
            for a, b in reversed(pairs):
                tail = a / (s + b + tail)
            ratio = mp.polyval(p[::-1], s) / mp.polyval(q[::-1], s)
            return (1 / ratio if n > m + 1 else ratio) - tail

        degree = n - m if n > m + 1 else m - n
        grid = [mpf(k) / 7 for k in range(degree + 2)]
        scale = max(abs(rest(s)) for s in grid)
        differences = [rest(s) for s in grid]
        for _ in range(degree + 1):
            differences = [b - a for a, b in pairwise(differences)]
        assert abs(differences[0]) <= mpf(10) ** -30 * scale


def test_a_ratio_of_lower_type_has_no_such_fraction() -> None:
    assert continued_fraction([mpf(1), mpf(1), mpf(0)], [mpf(1), mpf(0), mpf(1)]) is not None
    assert continued_fraction([mpf(1), mpf(0)], [mpf(2), mpf(0), mpf(1)]) is None


def test_constant_targets_of_the_identity_are_exact_and_left_out() -> None:
    """An error of zero says nothing to a search."""
    line = Target("line", "2 x + 1", lambda x: 2 * x + 1)
    found = baselines(line, UNIT, RELATIVE, 2)
    assert all(b.objectives["error"] > 1e-30 for b in found)
