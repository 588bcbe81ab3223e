"""Targets, intervals and measures."""

from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from evaluators.approximation.targets import (
    NAMES,
    Interval,
    Measure,
    Target,
    find,
    from_csv,
    from_file,
    named,
)
from evosearch.errors import ConfigError

# name, x, value to 20 digits (DLMF and published tables)
KNOWN = [
    ("exp2", 0.5, "1.4142135623730950488"),
    ("exp", 1.0, "2.7182818284590452354"),
    ("log1p2", 1.0, "1"),
    ("erf", 1.0, "0.84270079294971486934"),
    ("erfc", 1.0, "0.15729920705028513066"),
    ("gamma", 0.5, "1.7724538509055160273"),
    ("rgamma1p", 0.5, "1.1283791670955125739"),
    ("airy", 0.0, "0.35502805388781723926"),
    ("besseli_half", 1.0, "0.93767488824548764672"),
    ("normal_cdf", 0.0, "0.5"),
    ("lambertw", 1.0, "0.56714329040978387300"),
    ("cbrt", -8.0, "-2"),
    ("softplus", 0.0, "0.69314718055994530942"),
]


@pytest.mark.parametrize(("name", "x", "value"), KNOWN)
def test_named_targets_have_their_textbook_values(name: str, x: float, value: str) -> None:
    high, low = named(name).extended(np.array([x]))
    with mp.workdps(30):
        assert abs(mpf(high[0]) + mpf(low[0]) - mpf(value)) < mpf(10) ** -19
    assert high[0] == float(value)


def test_airy7_is_airy_at_minus_seven_x() -> None:
    x = np.array([0.25, 1.0])
    assert np.array_equal(named("airy7").values(x), named("airy").values(-7 * x))


@pytest.mark.parametrize("name", NAMES)
def test_every_named_target_is_finite_inside_its_domain(name: str) -> None:
    assert np.isfinite(named(name).values(np.array([0.25, 0.75]))).all()


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'exp2'"):
        named("exp_2")


def test_undefined_point_tells_how_to_leave_it_out() -> None:
    for name, x in [("log2", 0.0), ("sqrt", -1.0), ("gamma", 0.0), ("rsqrt", 0.0)]:
        with pytest.raises(ConfigError, match="an open end"):
            named(name).values(np.array([x]))


def test_values_are_computed_once_per_array() -> None:
    calls = []
    target = Target("counted", "x", lambda x: calls.append(x) or x)
    x = np.array([1.0, 2.0])
    assert np.array_equal(target.values(x), target.values(x.copy()))
    assert len(calls) == 2


def write(folder: Path, text: str, name: str = "target.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_function_of_mpmath_keeps_its_digits(tmp_path: Path) -> None:
    write(tmp_path, "import mpmath\ndef f(x):\n    return mpmath.exp(x) + x\n")
    target = from_file("./target.py:f", tmp_path)
    assert target.digits == 50
    with mp.workdps(40):
        assert abs(target.exact(mpf(1)) - mp.e - 1) < mpf(10) ** -38


@pytest.mark.parametrize("body", ["math.exp(x)", "math.exp(x) * x", "np.exp(x)", "float(x) + x"])
def test_function_of_floats_is_trusted_to_15_digits(tmp_path: Path, body: str) -> None:
    write(tmp_path, f"import math\nimport numpy as np\ndef f(x):\n    return {body}\n")
    target = find("./target.py:f", tmp_path)
    assert target.digits == 15
    assert target.values(np.array([0.5]))[0] > 0.5


def test_file_mistakes_name_the_file(tmp_path: Path) -> None:
    write(tmp_path, "def f(x):\n    return x\n")
    write(tmp_path, "1 / 0\n", "broken.py")
    for text, said in [
        ("./none.py:f", "no file"),
        ("./target.py:g", "no function 'g'"),
        ("./broken.py:f", "ZeroDivisionError"),
    ]:
        with pytest.raises(ConfigError, match=said):
            from_file(text, tmp_path)


def test_table_is_known_at_its_points_only(tmp_path: Path) -> None:
    rows = "\n".join(f"{2.0**k},{k}" for k in (3, 1, 2, 0, 4, 5, 6, 7))
    target = from_csv(write(tmp_path, "Y,x\n" + rows, "table.csv"))
    assert target.points is not None
    assert target.points[0].tolist() == sorted(target.points[0])
    assert target.values(np.array([3.0, 7.0])).tolist() == [8.0, 128.0]
    with pytest.raises(ConfigError, match=r"without a row for x = 2\.5"):
        target.values(np.array([2.5]))
    with pytest.raises(ConfigError, match="only at its points"):
        target.exact(mpf(1))


GOOD = [f"{k},{k * k}" for k in range(8)]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["x,z", *GOOD], r"table.csv:1: no column 'y'"),
        ([*GOOD[:3], "3,four", *GOOD[4:]], r"table.csv:4: expected a number, found 'four'"),
        ([*GOOD, "9"], r"table.csv:9: expected a number in column 2, found none"),
        ([*GOOD, "9,inf"], r"table.csv:9: expected a finite number"),
        ([*GOOD, "1,5"], r"table.csv:9: x = 1.0 is already given in line 2"),
        (GOOD[:7], r"at least 8 rows, found 7"),
    ],
)
def test_table_mistakes_name_file_and_line(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        from_csv(write(tmp_path, "\n".join(lines), "table.csv"))


@pytest.mark.parametrize("text", ["(0, 1]", "[0, 1]", "[-1, 2.5)", "(1e-3, 4)"])
def test_interval_text_is_read_and_written(text: str) -> None:
    interval = Interval.parse(text)
    assert Interval.parse(str(interval)) == interval
    assert interval.open_low == text.startswith("(")
    assert interval.open_high == text.endswith(")")


def test_interval_list_is_closed() -> None:
    assert Interval.parse([0, 1]) == Interval(0.0, 1.0)


@pytest.mark.parametrize("wrong", ["0, 1", "[1, 0]", "[a, 1]", [0.0, 1.0, 2.0], "[0, inf]"])
def test_interval_mistakes_are_told(wrong: str | list[float]) -> None:
    with pytest.raises(ConfigError, match="expected an interval"):
        Interval.parse(wrong)


@given(
    st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.booleans(), st.booleans(), st.integers(8, 60)
)
def test_points_are_ascending_and_inside(
    low: float, width: float, open_low: bool, open_high: bool, n: int
) -> None:
    interval = Interval(low, low + width, open_low, open_high)
    rng = np.random.Generator(np.random.Philox(1))
    for points in (
        interval.chebyshev(n),
        interval.extremes(n),
        interval.near_ends(n),
        interval.validation(n, rng),
    ):
        assert len(points) == n
        assert (np.diff(points) >= 0).all()
        assert points[0] > low if open_low else points[0] >= low
        assert points[-1] < interval.high if open_high else points[-1] <= interval.high


def test_validation_reaches_towards_both_ends_and_differs_by_stream() -> None:
    interval = Interval.parse("(0, 1)")
    one, two = (
        interval.validation(400, np.random.Generator(np.random.Philox(seed))) for seed in (1, 2)
    )
    assert one[1] < 1e-12
    assert one[-2] > 1 - 1e-12
    assert len(np.intersect1d(one, two)) <= 2


def test_weights_of_each_kind() -> None:
    x, y = np.array([0.0, 1.0, 2.0]), np.array([0.75, 1.0, 3.0])
    assert np.array_equal(Measure("absolute").weights(x, y), np.ones(3))
    assert np.allclose(Measure("relative").weights(x, y), 1 / y)
    assert np.array_equal(Measure("ulp").weights(x, y), 1 / np.spacing(y))
    single = Measure("ulp", format="float32").weights(x, y)
    assert np.array_equal(single, 1 / np.spacing(y.astype(np.float32)).astype(np.float64))


@pytest.mark.parametrize("kind", ["relative", "absolute", "ulp"])
def test_weight_of_one_mpf_agrees_with_the_array(kind: str) -> None:
    y = np.array([-3.0, 1e-310, 0.7, 1.0, 2.0, 1e300])
    for format in ("float64", "float32"):
        measure = Measure(kind, format=format)
        single = [float(measure.weight(mpf(v))) for v in y.tolist()]
        with np.errstate(over="ignore"):
            assert np.allclose(measure.weights(np.arange(6.0), np.abs(y)), single)


def test_relative_error_refuses_a_zero_of_the_target() -> None:
    x = np.array([2.0, 0.5, 1.0])
    with pytest.raises(ConfigError, match=r"near x = 1.*write 'absolute'"):
        Measure().weights(x, x - 1)
    with pytest.raises(ConfigError, match="write 'absolute'"):
        Measure().weights(x, x - 0.9)


def test_error_is_the_norm_of_weighted_differences() -> None:
    weights, differences = np.array([1.0, 2.0]), np.array([[3.0, -2.0], [0.0, 1.0]])
    assert Measure().error(weights, differences).tolist() == [4.0, 2.0]
    rms = Measure(norm="rms").error(weights, differences)
    assert np.allclose(rms, [np.sqrt(12.5), np.sqrt(2.0)])
    assert Measure("ulp", "rms").name == "rms_ulp_error"


def test_all_measure_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Measure("percent", "mean", "float16")
    assert len(caught.value.mistakes) == 3


def test_float_is_mpmath_rounded_once() -> None:
    x = np.linspace(0.1, 0.9, 7)
    with mp.workdps(60):
        expected = [float(mpmath.gamma(mpf(v))) for v in x.tolist()]
    assert named("gamma").values(x).tolist() == expected
