"""Proved bounds: they hold where sampling looks, they are close, and they see what it misses."""

import sys

import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program

from evaluators.approximation import rigorous
from evaluators.approximation.polish import polish
from evaluators.approximation.precise import error_as_run, max_error
from evaluators.approximation.targets import Interval, Measure, Target, from_file, named
from evosearch.contracts import Proof
from evosearch.errors import UsageError
from evosearch.genomes.program import ProgramBatch

UNIT, RELATIVE = Interval.parse("(0, 1]"), Measure()


def written(lines: list[str], constants: list[float]) -> ProgramBatch:
    """One program from lines such as ``"div c0 n1"``."""
    return program([tuple(line.split()) for line in lines], constants)


LINE = written(["mul x c0", "add n0 c1"], [1.0, 0.95])
# c + a1 / (t + b + a2 / (t + ...)) with t = x - 1/2, which is zero in the middle
FRACTION = written(
    [
        *("sub x c0", "div c1 n0", "add n0 n1", "div c2 n2", "add n0 n3", "div c3 n4"),
        *("add n0 n5", "add n6 c4", "div c5 n7", "add n8 c6"),
    ],
    [0.5, 25.338, 62.079, 287.23, -28.854, -81.611, -1.4142],
)
CUBIC = written(["mul x x", "mul n0 c0", "add n1 c1", "mul n2 x"], [-0.16, 0.9999])


def proved(
    batch: ProgramBatch,
    target: str | Target = "exp2",
    interval: str = "(0, 1]",
    measure: Measure = RELATIVE,
    constants: tuple[str, ...] | None = None,
) -> Proof:
    """Proof of the program, by default with the constants that it has."""
    if constants is None:
        own = batch.constants[0, : batch.n_constants[0]].tolist()
        constants = tuple(mp.nstr(mpf(value), 60) for value in own)
    if isinstance(target, str):
        target = named(target)
    return rigorous.prove(batch, 0, constants, target, Interval.parse(interval), measure)


def exact_bounds(proof: Proof, kind: str = "relative") -> tuple[float, float]:
    """Bounds of the largest error in exact arithmetic."""
    assert f"max_{kind}_error" in proof.bounds, proof.unproved
    return proof.bounds[f"max_{kind}_error"]


@pytest.mark.parametrize(
    ("batch", "known"), [(LINE, 2.982e-2), (FRACTION, 1.109e-14)], ids=["line", "fraction"]
)
def test_polished_programs_are_proved_to_one_part_in_a_million(batch, known) -> None:
    polished = polish(batch, 0, named("exp2"), UNIT, RELATIVE)
    assert polished is not None
    proof = proved(batch, constants=polished.constants)
    low, high = exact_bounds(proof)
    assert low <= polished.metrics["max_relative_error"] * (1 + 1e-12)
    assert polished.metrics["max_relative_error"] <= high <= low * (1 + 2e-6)
    assert high == pytest.approx(known, rel=1e-3)
    assert proof.metrics["proved_gap"] == 0
    shown = proof.metrics["proved_max_relative_error"]
    assert high < shown < high * (1 + 2e-4)
    for name in ("float64_error", "float32_error"):
        worst = proof.bounds[f"proved_{name}"][1]
        assert polished.metrics[name] <= worst <= 30 * polished.metrics[name]


@pytest.mark.parametrize("kind", ["relative", "absolute", "ulp"])
@pytest.mark.parametrize(
    ("batch", "target", "interval"),
    [
        (CUBIC, "sin", "(0, 1]"),
        (CUBIC, "tanh", "(0, 0.7)"),
        (LINE, "exp2", "[-1.3, 2.7)"),
        (LINE, "exp2", "[1, 2]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_sampled_error_is_between_the_bounds(batch, target, interval, kind) -> None:
    measure = Measure(kind)
    proof = proved(batch, target, interval, measure)
    low, high = exact_bounds(proof, kind)
    sampled, _ = max_error(batch, 0, None, named(target), Interval.parse(interval), measure)
    assert high <= low * (1 + 2e-6)
    # an ulp error jumps where the target passes a power of two: samples miss the limit there
    assert low * (0.9 if kind == "ulp" else 1 - 2e-6) <= sampled <= high
    run = error_as_run(batch, 0, named(target), Interval.parse(interval), measure, np.float64)
    assert run <= proof.bounds["proved_float64_error"][1]


def test_a_resonance_between_the_samples_is_seen() -> None:
    """LINE + 1e-12 / (1e-12 + (x - 0.33331)^2): 1 at the top, and a millionth wide."""
    lines = ["mul x c0", "add n0 c1", "sub x c2", "mul n2 n2", "add n3 c3", "div c4 n4"]
    batch = written([*lines, "add n1 n5"], [1.0, 0.97, 0.33331, 1e-12, 1e-12])
    sampled, _ = max_error(batch, 0, None, named("exp2"), UNIT, RELATIVE)
    low, high = exact_bounds(proved(batch))
    assert sampled < 0.04
    assert 0.75 < low <= high < 0.85
    assert high <= low * (1 + 2e-6)


@pytest.mark.parametrize(
    ("target", "limit"), [("sin", 1.0), ("tanh", 1.0), ("log1p2", 1.4426950408889634)]
)
def test_a_zero_of_the_target_at_an_open_end_cancels(target: str, limit: float) -> None:
    """The program is c x: next to 0 the error is that of c against the target's slope there."""
    line = written(["mul x c0"], [limit * (1 + 2**-8)])
    proof = proved(line, target, f"(0, {2.0**-20}]")
    low, high = exact_bounds(proof)
    assert proof.metrics["proved_gap"] == 0
    assert low <= high <= low * (1 + 2e-6)
    assert high == pytest.approx(2**-8, rel=1e-3)


def test_a_program_that_misses_the_zero_is_bounded_up_to_a_gap() -> None:
    lines = ["mul x x", "mul n0 c0", "add n1 c1", "mul n2 x", "add n3 c2"]
    proof = proved(written(lines, [-0.16, 0.9999, 1e-40]), "sin")
    assert proof.bounds["proved_gap"] == (2.0**-50, 2.0**-50)
    assert "2^-50 of the width to 0" in proof.notes[0]
    assert proof.statement.endswith("; on [8.881784197001252e-16, 1.0] alone")
    assert exact_bounds(proof)[1] == pytest.approx(exact_bounds(proved(CUBIC, "sin"))[1], rel=1e-5)


def test_a_closed_end_beside_a_gap_is_included() -> None:
    root = written(["sqrt x", "add n0 c0"], [2.0**-10])
    proof = proved(root, "sqrt", "[0, 1]", Measure("absolute"))
    low, high = exact_bounds(proof, "absolute")
    assert low <= 2.0**-10 <= high <= low * (1 + 2e-6)
    assert proof.metrics["proved_gap"] > 0
    line = written(["mul x c0"], [1.25])
    assert exact_bounds(proved(line, "asin", "[-1, 1]", Measure("absolute")), "absolute")[
        1
    ] == pytest.approx(np.pi / 2 - 1.25, rel=1e-6)
    pole = written(["div c0 x"], [1.0])
    assert not proved(pole, "exp2", "[0, 1]").bounds


@pytest.mark.parametrize(
    ("lines", "constants", "reason"),
    [
        (["sub x c0", "div c1 n0"], [1 / 3, 1.0], "denominator may be zero near x = 0.3333"),
        (["sub x c0", "sqrt n0"], [0.5], "square root may be negative near x = "),
        (["sub x c0", "log n0"], [0.5], "logarithm may be zero or negative near x = "),
        (["mul x c0", "tan n0"], [2.0], "tangent may have a pole near x = 0.785398"),
        # inf * 0 at 0.5, where the limit is 1
        (["sub x c0", "div c1 n0", "mul n0 n1"], [0.5, 1.0], "may be zero near x = 0.5"),
    ],
)
def test_a_pole_is_refused_with_its_place(lines, constants, reason) -> None:
    proof = proved(written(lines, constants))
    assert not proof.bounds
    assert not proof.metrics
    assert reason in proof.unproved["max_relative_error"]


def test_a_pole_of_the_target_is_refused() -> None:
    proof = proved(written(["add x c0"], [1.0]), "gamma", "[-1.5, -0.5]", Measure("absolute"))
    assert "target may have a pole near x = -1" in proof.unproved["max_absolute_error"]


def test_kinks_and_jumps_are_bounded() -> None:
    kink = written(["max x c0", "mul n0 c1", "abs n1"], [1 / 3, 2.0])  # 2 max(x, 1/3)
    low, high = exact_bounds(proved(kink))
    assert low <= high <= low * (1 + 2e-6)
    assert high == pytest.approx(1 - 2 / 3 / 2 ** (1 / 3), rel=1e-5)
    step = 2.0**-10
    for lines, largest in (  # for x up to 2^-10 the first is 1, the second 0
        (["pdiv c0 x"], 1 / step / 2**step - 1),
        (["plog x", "add n0 c0"], abs(np.log(step) + 1) / 2**step + 1),
    ):
        low, high = exact_bounds(proved(written(lines, [1.0])))
        assert high == pytest.approx(largest, rel=1e-5)
        assert high <= low * (1 + 2e-6)


def test_a_program_that_is_the_target_is_told_from_it_no_further() -> None:
    low, high = exact_bounds(proved(written(["exp x"], []), "exp"))
    assert low == 0
    assert 0 < high < 1e-38


def test_what_cannot_be_said_of_a_format_is_told() -> None:
    proof = proved(written(["sin x", "mul n0 c0"], [1.001]), "sin")
    assert proof.unproved["proved_float64_error"] == (
        "how sin is rounded is not fixed by IEEE 754"
    )
    large = proved(written(["mul x c0", "mul n0 c1"], [1e60, 1e-60]), "sin")
    assert "proved_float64_error" in large.bounds
    assert "range of float32" in large.unproved["proved_float32_error"]
    product = proved(written(["mul x c0", "mul n0 n0", "mul n1 c1"], [1e25, 1e-30]), "sin")
    assert "overflow" in product.unproved["proved_float32_error"]


def test_the_statement_says_what_is_proved() -> None:
    proof = proved(LINE, measure=Measure("ulp", format="float32"))
    assert "ulp error of float32 of exp2 on (0, 1], by ball arithmetic" in proof.statement


def test_targets_of_a_user_have_no_proof(tmp_path) -> None:
    (tmp_path / "f.py").write_text("import mpmath\ndef exp2(x): return mpmath.power(2, x)\n")
    with pytest.raises(UsageError, match=r"expected one of exp2, .*received \./f.py:exp2"):
        proved(LINE, from_file("./f.py:exp2", tmp_path))


def test_without_flint_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(UsageError, match=r"evosearch\[rigor\]"):
        proved(LINE)
