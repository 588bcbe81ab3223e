"""Constants finished in high precision, against known minimax errors of 2^x on (0, 1]."""

import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program

from evaluators.approximation.polish import polish
from evaluators.approximation.precise import max_error
from evaluators.approximation.targets import Interval, Measure, Target, from_csv, named
from evosearch.genomes.program import ProgramBatch

EXP2, UNIT, RELATIVE = named("exp2"), Interval.parse("(0, 1]"), Measure()


def written(lines: list[str], constants: list[float]) -> ProgramBatch:
    """One program from lines such as ``"div c0 n1"``."""
    return program([tuple(line.split()) for line in lines], constants)


LINE = written(["mul x c0", "add n0 c1"], [1.0, 0.95])
RATIO = written(["sub c0 x", "div c1 n0", "sub n1 c2"], [3.5, 8.0, 1.4])
# c + a1 / (t + b + a2 / (t + ...)) with t = x - 1/2: 2n + 2 operations
FRACTION_2 = written(
    ["sub x c0", "div c1 n0", "add n0 n1", "add n2 c2", "div c3 n3", "add n4 c4"],
    [0.5, 25.0, -8.6, -24.5, -1.414],
)
# c + a1 / (x + b + a2 / x): 5 operations, a [2/2] with one constant less
FRACTION_5_OPS = written(
    ["div c0 x", "add x n0", "add n1 c1", "div c2 n2", "add n3 c3"],
    [24.9766, -8.6562, 17.3123, 1.0],
)
FRACTION_4 = written(
    [
        *("sub x c0", "div c1 n0", "add n0 n1", "div c2 n2", "add n0 n3", "div c3 n4"),
        *("add n0 n5", "add n6 c4", "div c5 n7", "add n8 c6"),
    ],
    [0.5, 25.338, 62.079, 287.23, -28.854, -81.611, -1.4142],
)


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        (LINE, 2.982e-2),
        (RATIO, 8.672e-4),
        (FRACTION_5_OPS, 4.341e-6),
        (FRACTION_2, 4.340e-7),
        (FRACTION_4, 1.109e-14),
    ],
    ids=["line", "ratio", "5 operations", "fraction 2", "fraction 4"],
)
def test_known_minimax_errors_are_reached(batch: ProgramBatch, error: float) -> None:
    polished = polish(batch, 0, EXP2, UNIT, RELATIVE)
    assert polished is not None
    assert polished.metrics["max_relative_error"] == pytest.approx(error, rel=1e-3)
    assert polished.metrics["levelled"] == pytest.approx(1.0, abs=1e-9)
    assert polished.metrics["float64_error"] == pytest.approx(error, rel=0.05)
    assert polished.metrics["float32_error"] > error


def test_constants_are_written_to_as_many_digits_and_achieve_what_is_said() -> None:
    polished = polish(RATIO, 0, EXP2, UNIT, RELATIVE)
    assert polished is not None
    with mp.workdps(60):
        constants = [mpf(text) for text in polished.constants]
        assert all(len(text.replace(".", "").lstrip("-0")) == 50 for text in polished.constants)
        error, _ = max_error(RATIO, 0, constants, EXP2, UNIT, RELATIVE, 60)
    assert error == pytest.approx(polished.metrics["max_relative_error"], rel=1e-14)


def test_relative_and_absolute_optimum_of_one_structure_differ() -> None:
    polished = polish(FRACTION_5_OPS, 0, EXP2, UNIT, Measure("absolute"))
    assert polished is not None
    assert polished.metrics["max_absolute_error"] == pytest.approx(6.33859e-6, rel=1e-5)


def test_absolute_error_of_a_line_is_chebyshevs() -> None:
    """The best line for x^2 on [-1, 1] is 1/2, with error 1/2 (T_2 / 2)."""
    square = Target("square", "x^2", lambda x: x * x)
    polished = polish(LINE, 0, square, Interval(-1.0, 1.0), Measure("absolute"))
    assert polished is not None
    assert polished.metrics["max_absolute_error"] == pytest.approx(0.5, rel=1e-12)
    assert [float(c) for c in polished.constants] == pytest.approx([0.0, 0.5], abs=1e-9)


def test_redundant_constants_do_no_harm() -> None:
    """(x c0 + c1) c2 / c3: four constants, a line."""
    batch = written(["mul x c0", "add n0 c1", "mul n1 c2", "div n2 c3"], [1.0, 0.95, 1.3, 1.3])
    polished = polish(batch, 0, EXP2, UNIT, RELATIVE)
    assert polished is not None
    assert polished.metrics["max_relative_error"] == pytest.approx(2.98212e-2, rel=1e-4)


def test_a_dead_constant_does_no_harm() -> None:
    batch = written(["mul x c0", "add n0 c1", "min n1 c2"], [1.0, 0.95, 50.0])
    polished = polish(batch, 0, EXP2, UNIT, RELATIVE)
    assert polished is not None
    assert polished.metrics["max_relative_error"] == pytest.approx(2.98212e-2, rel=1e-4)
    assert float(polished.constants[2]) == 50.0


@pytest.mark.parametrize("seed", range(4))
def test_far_starts_never_end_worse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = RATIO.constants * (1 + 0.3 * rng.standard_normal(3))
    batch = RATIO.with_constants(start)
    before, _ = max_error(batch, 0, None, EXP2, UNIT, RELATIVE)
    polished = polish(batch, 0, EXP2, UNIT, RELATIVE)
    assert (polished is None) == np.isinf(before)
    assert polished is None or polished.metrics["max_relative_error"] <= before


def test_without_constants_there_is_nothing_to_change() -> None:
    batch = written(["mul x x", "add n0 x"], [])
    polished = polish(batch, 0, EXP2, UNIT, RELATIVE)
    assert polished is not None
    assert polished.constants == ()
    assert polished.metrics["max_relative_error"] == pytest.approx(1.0)


def test_no_polish_where_it_has_no_meaning(tmp_path) -> None:
    pole = written(["sub x c0", "div c1 n0"], [0.3, 1.0])
    assert polish(pole, 0, EXP2, UNIT, RELATIVE) is None
    assert polish(LINE, 0, EXP2, UNIT, Measure(norm="rms")) is None
    (tmp_path / "t.csv").write_text("\n".join(f"{k},{k}" for k in range(9)))
    assert polish(LINE, 0, from_csv(tmp_path / "t.csv"), UNIT, RELATIVE) is None
