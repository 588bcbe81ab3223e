"""Programs in exact arithmetic, and as they run in a format."""

import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program

from evaluators.approximation.precise import (
    error_as_run,
    evaluate,
    evaluate_with_derivatives,
    max_error,
    run,
    run_points,
)
from evaluators.approximation.targets import Interval, Measure, Target, named
from evosearch.genomes.primitives import CORE, Primitive
from evosearch.genomes.program import ProgramBatch

UNIT = Interval.parse("(0, 1]")


def written(lines: list[str], constants: list[float]) -> ProgramBatch:
    """One program from lines such as ``"div c0 n1"``."""
    return program([tuple(line.split()) for line in lines], constants)


def of_all_kinds(name: str, arity: int) -> ProgramBatch:
    """name(x * c0, x + c1, c2): every argument depends on a constant."""
    arguments = ["n0", "n1", "c2"][:arity]
    return written(["mul x c0", "add x c1", " ".join([name, *arguments])], [1.1, 0.4, 0.3])


@pytest.mark.parametrize("primitive", CORE.members, ids=lambda p: p.name)
def test_exact_values_agree_with_numpy(primitive: Primitive) -> None:
    batch = of_all_kinds(primitive.name, primitive.arity)
    x = np.array([0.2, 0.7, 0.9])
    got = evaluate(batch, 0, [mpf(v) for v in x.tolist()])
    assert np.allclose([float(v) for v in got], run(batch, 0, x, np.float64), rtol=1e-14)


@pytest.mark.parametrize("primitive", CORE.members, ids=lambda p: p.name)
def test_derivatives_agree_with_differences(primitive: Primitive) -> None:
    batch = of_all_kinds(primitive.name, primitive.arity)
    with mp.workdps(50):
        x, constants, step = (
            [mpf("0.2"), mpf("0.9")],
            [mpf(1.1), mpf(0.4), mpf(0.3)],
            mpf(10) ** -20,
        )
        values, jacobian = evaluate_with_derivatives(batch, 0, x, constants)
        assert values == evaluate(batch, 0, x, constants)
        for j in range(3):
            up, down = (
                [*constants[:j], constants[j] + s, *constants[j + 1 :]] for s in (step, -step)
            )
            ahead, behind = evaluate(batch, 0, x, up), evaluate(batch, 0, x, down)
            for row, a, b in zip(jacobian, ahead, behind, strict=True):
                assert abs(row[j] - (a - b) / (2 * step)) < mpf(10) ** -18


def test_a_constant_used_twice_counts_twice() -> None:
    batch = written(["add x c0", "mul n0 c0"], [2.0])
    _, jacobian = evaluate_with_derivatives(batch, 0, [mpf(3)])
    assert jacobian == [[7]]  # d/dc of (x + c) c


def test_infinities_follow_ieee_and_undefined_values_are_nan() -> None:
    fraction = written(["div c0 x", "add n0 x", "div c1 n1"], [1.0, 2.0])
    assert evaluate(fraction, 0, [mpf(0)]) == [0]
    root = written(["sub x c0", "sqrt n0"], [1.0])
    assert mp.isnan(evaluate(root, 0, [mpf(0)])[0])


def test_largest_error_of_a_line_is_found_with_its_place() -> None:
    chord = written(["add x c0"], [1.0])  # 1 + x - 2^x is largest where 2^x ln 2 = 1
    error, worst = max_error(chord, 0, None, named("exp2"), UNIT, Measure("absolute"))
    assert worst == pytest.approx(-np.log2(np.log(2.0)), abs=1e-6)
    assert error == pytest.approx(0.0860713320559342, rel=1e-13)


def test_an_open_end_counts_with_its_limit() -> None:
    offset = written(["add x c0"], [1e-25])
    interval = Interval.parse("(0, 0.5]")
    error, worst = max_error(offset, 0, None, named("sin"), interval, Measure())
    assert error > 1000
    assert worst < 1e-25


@pytest.mark.parametrize("gap", [1e-4, 1e-12])
def test_a_narrow_pole_is_found(gap: float) -> None:
    """x (1 + gap / (x - c)): the pole at c is nearly cancelled everywhere else."""
    batch = written(["sub x c0", "div c1 n0", "add n1 c2"], [0.61803, gap, 1.0])
    error, worst = max_error(batch, 0, None, named("exp2"), UNIT, Measure())
    assert error == np.inf
    assert worst == pytest.approx(0.61803)


def test_a_pole_inside_a_continued_fraction_is_none() -> None:
    batch = written(
        ["sub x c0", "div c1 n0", "add n0 n1", "div c2 n2", "add n3 c3"], [0.5, 9, 1, 1]
    )
    error, _ = max_error(batch, 0, None, named("exp2"), UNIT, Measure())
    assert error < 1


def test_an_undefined_program_has_an_infinite_error() -> None:
    batch = written(["sub x c0", "sqrt n0"], [0.5])
    assert max_error(batch, 0, None, named("exp2"), UNIT, Measure())[0] == np.inf
    assert error_as_run(batch, 0, named("exp2"), UNIT, Measure(), np.float64) == np.inf


def test_error_as_run_shows_the_rounding_of_the_format() -> None:
    """x / 3 * 3 is x: all its error is rounding."""
    third = written(["div x c0", "mul n0 c0"], [3.0])
    interval = Interval.parse("[1, 2]")
    identity = Target("x", "x", lambda x: x)
    assert max_error(third, 0, None, identity, interval, Measure())[0] < 1e-49
    for dtype in (np.float64, np.float32):
        measure = Measure("ulp", format=np.dtype(dtype).name)
        assert 0.5 <= error_as_run(third, 0, identity, interval, measure, dtype) <= 1.5


def test_constants_are_rounded_to_the_format() -> None:
    batch = written(["add x c0"], [0.1])
    with mp.workdps(50):
        constants = [mpf(1) / 10]
        x = np.array([0.0])
        assert run(batch, 0, x, np.float32, constants)[0] == np.float64(np.float32(0.1))
        assert run(batch, 0, x, np.float64, constants)[0] == 0.1


def test_run_points_are_numbers_of_the_format() -> None:
    points = run_points(UNIT, np.float32)
    assert np.array_equal(points, points.astype(np.float32).astype(np.float64))
    assert len(points) > 2000
    assert points[0] > 0
    assert points[-1] == 1
