"""The float32 benchmark at tiny sizes: what it compiles and says; nothing here is timed."""

import shutil

import numpy as np
import pytest

pytest.importorskip("benchmarks")
pytest.importorskip("scipy")

from benchmarks.float32 import __main__ as command
from benchmarks.float32 import baselines, contest, contraction, report, whole_line, workloads
from benchmarks.float32.baselines import PROBLEMS
from benchmarks.float32.costs import _start, fitted
from benchmarks.float32.forms import forms
from benchmarks.float32.native import ITERATIONS, POINTS, CFunction, Native, inside
from benchmarks.float32.protocol import FEWEST, Times, timed
from evaluators.approximation.float32 import arithmetic
from evaluators.approximation.float32.costs import CostTable, cost
from evosearch.export.document import ProgramDocument

EXP2, SIN, LOG2, TANH = PROBLEMS
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler called cc")


def test_xla_fuses_a_product_with_its_only_sum_and_nothing_else():
    """What docs/float32-speed.md says of this jaxlib; a new one may change it."""
    found = contraction.report()
    assert found == {
        "a * b + c, not compiled": "kept",
        "a * b + c": "fused",
        "a = a * b + c, in a loop": "fused",
        "c = a * b + c, in a loop, whose product stays the same": "kept",
        "a * b - c": "fused",
        "c - a * b": "fused",
        "a * b + c * d": "first fused",
        "p = a * b; (p + c) * (p - c)": "kept",
        "p = a * b; p + c and p * d returned": "fused",
    }
    assert contraction.report(wide=True) == found


def test_meanings_of_a_case_differ():
    rng = np.random.default_rng(0)
    numbers = [rng.normal(size=contraction.NUMBERS).astype(np.float32) for _ in range(4)]
    for case in contraction.cases():
        values = [meaning(*numbers) for meaning in case.meanings.values()]
        for k, one in enumerate(values):
            assert all(np.mean(one != other) > 0.1 for other in values[:k])


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("degree 6, Horner", ["fma"] * 6),
        ("degree 6, Estrin", ["fma"] * 3 + ["mul"] + ["fma", "mul", "fma", "fma"]),
    ],
)
def test_forms_of_a_polynomial(name, nodes):
    program = forms("exp2")[name]
    constants = tuple(str(c) for c in (7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0))
    document = ProgramDocument.from_program(program, 0, constants)
    assert sorted(node.op for node in document.nodes) == sorted(nodes)
    x = np.array([0.5, 2.0], np.float32)
    powers = constants[::-1] if name.endswith("Horner") else constants
    expected = np.polynomial.polynomial.polyval(x, [float(c) for c in powers])
    assert arithmetic.evaluate(document.to_program(), x)[0] == pytest.approx(expected)


def test_other_forms_vanish_where_they_must():
    x = np.array([0.0, 0.5], np.float32)
    for problem in (SIN, LOG2, TANH):
        for program in forms(problem.name).values():
            ones = program.with_constants(np.ones_like(program.constants))
            values = arithmetic.evaluate(ones, x)[0]
            assert values[0] == 0
            assert values[1] > 0.5


def test_rival_is_one_of_the_forms():
    assert all(problem.rival in forms(problem.name) for problem in PROBLEMS)


@pytest.fixture(scope="module")
def small():
    """Degree 6 fitted in no time: a placeholder for a program that a campaign finds."""
    sizes = {"SEARCH": 512, "WIDE": 4096, "CHECK": 8192}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sizes.items():
            patch.setattr(baselines, name, value)
        baselines.fitted.cache_clear()
        yield baselines.fitted(EXP2, "degree 6, Horner", 1)
    baselines.fitted.cache_clear()


def test_fitted_coefficients_are_float32_and_better_than_rounded_ones(small):
    document, error = small
    program = document.to_program()
    constants = program.constants[0]
    assert np.array_equal(constants, constants.astype(np.float32))
    start = forms("exp2")["degree 6, Horner"]
    rounded = start.with_constants(baselines._least_squares(EXP2, start))
    x = baselines.points(EXP2, 8192)
    plain = arithmetic.evaluate(rounded, x)[0]
    assert error < 1.2
    assert error < baselines.error_of(EXP2, plain, x)


def test_unfused_programs_have_a_product_and_a_sum_instead(small):
    document = baselines.unfused(small[0])
    assert [node.op for node in document.nodes] == ["mul", "add"] * 6
    x = np.linspace(0, 1, 100)
    fused, plain = (
        arithmetic.in_float64(d.to_program(), 0, d.to_program().constants, x)[0]
        for d in (small[0], document)
    )
    assert plain == pytest.approx(fused, rel=1e-14)


@pytest.mark.slow
def test_degree_six_is_as_good_as_the_literature_has_it():
    document, error = baselines.fitted(EXP2, "degree 6, Horner")
    assert document.operations == 6
    assert error < 0.9  # Sollya's with fused operations: 0.885


@needs_cc
def test_functions_in_c_compute_what_the_programs_do(small):
    document, _ = small
    line = contest.LINES["exp2"]
    programs = [contest.Contestant("kernel", document), contest.Contestant("l", document, line)]
    native = Native([*(each.in_c() for each in programs), CFunction.of("half", "x / 2")])
    x = baselines.points(EXP2, 5000)
    for k, each in enumerate(programs):
        assert np.array_equal(native.values(k, x), each.expected(x))
    assert np.array_equal(native.values(2, x), x / 2)
    evenly = np.linspace(0, 1, POINTS, dtype=np.float32)
    assert native.nanoseconds(0, evenly) > 0
    with pytest.raises(ValueError, match="expected 10000 float32"):
        native.nanoseconds(0, evenly[:10])


def test_values_stay_a_tenth_away_from_the_ends():
    low, high = inside(np.linspace(0, 1, 11, dtype=np.float32))
    assert (low, high) == (np.float32(0.1), np.float32(0.9))
    assert ITERATIONS == 100


def test_contestants_take_turns_and_the_shortest_counts():
    order, now = [], iter(range(10**6))

    def run(name, times):
        def once():
            order.append(name)
            return next(times)

        return once

    slow, fast = (iter([9.0, *(base + k % 3 for k in range(1000))]) for base in (4.0, 2.0))
    times = timed({"slow": run("slow", slow), "fast": run("fast", fast)}, 5, lambda: next(now))
    assert order[:4] == ["slow", "fast", "slow", "fast"]
    assert len(times["slow"].rounds) == FEWEST + 4  # readings of the clock below 5
    assert (times["slow"].best, times["fast"].best) == (4.0, 2.0)
    assert times["fast"].ratio(times["slow"]) == 2.0
    assert times["fast"].ratio_by_round(times["slow"]) == pytest.approx(5 / 3)
    assert times["fast"].spread == 0.0


def test_a_fit_of_the_cost_model_finds_the_table_that_made_the_times():
    table = CostTable.load()
    programs = workloads.random_programs(np.random.default_rng(0), 6)
    assert set(programs.lengths.tolist()) == set(workloads.LENGTHS)
    slopes = {(op,): 8.0 for op in ("add", "sub", "mul", "fma")} | {
        ("div",): 34.0,
        ("sqrt",): 62.0,
    }
    slopes |= {("max", "min"): 8.0, ("max", "add"): 8.0, ("max", "mul"): 4.5}
    for op, busy in (("sub", "add"), ("fma", "mul")):
        slopes |= {(op, other): 8.0 if other == busy else 4.5 for other in ("add", "mul")}
    slopes |= {(op, other): 17.0 for op in ("div", "sqrt") for other in ("add", "mul")}
    latencies = {op: row.latency for op, row in table.operations.items()}
    start = _start(slopes, latencies)
    assert {op: row.unit for op, row in start.operations.items()} == {
        op: row.unit for op, row in table.operations.items()
    }
    found = cost(programs, fitted(start, slopes, programs, cost(programs, table)))
    assert found == pytest.approx(cost(programs, table), rel=0.01)


def result(small):
    document, error = small
    placeholder = contest.Contestant("placeholder", document)
    rival = contest.Contestant(EXP2.rival, document)
    library, nothing = contest.Contestant("C: exp2f(x), -O3"), contest.Contestant(contest.NOTHING)
    every = [placeholder, rival, library, nothing]
    for each, best in zip(every, (0.04, 0.05, 1.0, 0.01), strict=True):
        each.times["C"] = Times(np.array([best, 2 * best]))
        each.errors = {"C": error} if each is not nothing else {}
    for each in every[:2]:
        for engine in contest.ENGINES[1:]:
            each.times[engine] = Times(np.array([0.1, 0.1]))
    rival.exact["JAX"] = False
    return contest.Contest(EXP2, every, [placeholder], ["_ZGVdN8v_exp2f"])


def test_report_tells_ratios_to_the_first_and_what_was_beaten(small):
    text = report.text(result(small))
    assert "| C: exp2f(x), -O3" in text
    assert "25.00" in text
    assert "- degree 6, Horner takes 1.25 in C, 1.00 in JAX, 1.00 in JAX, 512 bits" in text
    assert "- C: exp2f(x), -O3 takes 25.00 in C times as long" in text
    assert "degree 6, Horner: other bits than one rounding" in text
    assert "`_ZGVdN8v_exp2f`" in text
    assert "around nothing takes" not in text


def test_programs_are_found_by_file_name(small, tmp_path):
    document, _ = small
    (tmp_path / "exp2_float32.json").write_text(document.to_json())
    (tmp_path / "exp2_float32_short.json").write_text(document.to_json())
    (tmp_path / "sin_float32.json").write_text(document.to_json())
    assert [name for name, _ in command.kernels(EXP2, tmp_path)] == [
        "exp2_float32",
        "exp2_float32_short",
    ]
    assert command.kernels(TANH, tmp_path) == []


def test_unknown_names_are_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["cosine"])
    assert "unknown: cosine; expected exp2, sin, log2, tanh" in capsys.readouterr().err


@needs_cc
def test_whole_line_is_the_same_in_c_and_jax(small, tmp_path, capsys):
    path = tmp_path / "placeholder.json"
    path.write_text(small[0].to_json())
    assert command.main(["whole-line", str(path), "--step", "65537"]) == 0
    assert capsys.readouterr().out.startswith("65,536 float32 inputs: largest error ")


@pytest.mark.slow
@needs_cc
def test_whole_line_at_every_float32(small):
    found = whole_line.exhaustive(small[0])
    assert found.inputs == 2**32
    assert found.right
    assert found.error < 1.6
