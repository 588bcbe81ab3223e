"""The bench of activation functions: its space, what a kill leaves, strategies."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("benchmarks")

from benchmarks.tiny_actbench import __main__ as bench
from benchmarks.tiny_actbench import build, compare
from benchmarks.tiny_actbench.oracle import Oracle
from benchmarks.tiny_actbench.results import Results
from benchmarks.tiny_actbench.space import BINARY, SIZE, UNARY, Space, genes, numbers, text
from benchmarks.tiny_actbench.strategies import KNOWN, STRATEGIES
from benchmarks.tiny_actbench.table import Table
from evaluators.activation.filters import refusals
from evaluators.activation.table import KNOTS, knots
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import BY_NAME

X = np.linspace(-3, 3, 41)


@pytest.fixture(scope="module")
def space() -> Space:
    return Space.whole()


@pytest.fixture(scope="module")
def truth(space) -> Table:
    """Accuracy that falls with the distance of outputs from a behaviour in the middle."""
    features = space.features
    distance = np.sqrt(((features - features[500]) ** 2).mean(axis=1))
    rng = np.random.default_rng(0)
    best = 0.65 - 0.1 * distance / distance.max() + 0.001 * rng.standard_normal(len(distance))
    sweeps = best[:, None, None] + np.array([[-0.01], [0.0], [-0.02]])
    sweeps = sweeps + 0.004 * rng.standard_normal((len(best), 3, 8))
    results = dict(zip(space.representatives.tolist(), sweeps, strict=True))
    return Table.of(space, results, np.array([1e-3, 2e-3, 4e-3]), "made up")


def number(written: str) -> int:
    return next(each for each in range(SIZE) if text(each) == written)


def test_every_function_is_there_once():
    assert SIZE == 7 * 27 * 27 == len({text(each) for each in range(SIZE)})
    every = np.arange(SIZE)
    np.testing.assert_array_equal(numbers(genes(every)), every)


@pytest.mark.parametrize("name", BINARY)
def test_programs_compute_their_functions(space, name):
    simple = {"0": np.zeros_like, "1": np.ones_like, "x": lambda x: x}
    rng = np.random.default_rng(BINARY.index(name))
    for first, second in rng.integers(len(UNARY), size=(40, 2)).tolist():
        both = [UNARY[first], UNARY[second]]
        with np.errstate(all="ignore"):
            values = [
                simple[each](X) if each in simple else BY_NAME[each].compute(X) for each in both
            ]
            expected = BY_NAME[name].compute(*values)
            place = numbers(np.array([[BINARY.index(name), first, second]]))
            (found,) = evaluate(space.programs.take(place), X[None])
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mul(x, sigmoid(x))", "add(0, swish(x))"),
        ("sub(x, relu(x))", "min(0, x)"),
        ("sub(relu(x), x)", "min(0, x)"),  # the negative
        ("sub(tanh(x), 0)", "sub(0, tanh(x))"),
    ],
)
def test_functions_that_train_alike_are_one_behaviour(space, one, other):
    behaviours = space.behaviours[[number(one), number(other)]]
    assert behaviours[0] == behaviours[1] >= 0


def test_functions_that_train_differently_are_not(space):
    different = ["add(x, x)", "add(0, x)", "add(1, x)", "add(0, erf(x))", "add(0, tanh(x))"]
    behaviours = space.behaviours[[number(each) for each in different]]
    assert len(set(behaviours.tolist())) == len(different)


def test_what_is_not_worth_training_is_refused(space):
    refused = ["add(0, 1)", "div(x, 0)", "add(0, recip(x))", "add(0, exp(x))", "sub(x, x)"]
    assert (space.behaviours[[number(each) for each in refused]] == -1).all()
    known = [number(f"add(0, {each}(x))") for each in KNOWN]
    assert (space.behaviours[known] >= 0).all()


def test_what_is_refused_is_what_the_evaluator_refuses(space):
    refused = refusals(knots(space.programs), KNOTS[1] - KNOTS[0])
    np.testing.assert_array_equal(
        np.flatnonzero(~space.accepted), sorted(refused), err_msg="accepted by one alone"
    )


def test_representatives_are_of_their_behaviours(space):
    np.testing.assert_array_equal(
        space.behaviours[space.representatives], np.arange(len(space.representatives))
    )
    sizes = space.programs.sizes()
    for behaviour in range(0, len(space.representatives), 97):
        rows = np.flatnonzero(space.behaviours == behaviour)
        assert sizes[space.representatives[behaviour]] == sizes[rows].min()


class KilledError(Exception):
    pass


class Trainer:
    """Accuracies from a function's operations; killed after so many functions."""

    def __init__(self, lives: int) -> None:
        self.lives = lives
        self.trained = 0

    def run(self, programs, *, rates, seeds, steps, on):
        assert on == "selection"
        if self.trained == self.lives:
            raise KilledError
        self.trained += 1
        level = 0.5 + 0.01 * programs.sizes()[:, None, None]
        accuracy = level + np.zeros((len(programs), len(rates), len(seeds)))
        return SimpleNamespace(accuracy=accuracy, loss=1 - accuracy)


def test_a_killed_build_goes_on_where_it_was(space, tmp_path):
    results = Results(tmp_path / "results.jsonl")
    part = build.Part.parse("2/40")
    wanted = build.missing(space, results, "course", part)
    assert wanted == space.representatives[1::40].tolist()
    with pytest.raises(KilledError):
        build.build(space, results, Trainer(5), build.COURSE, "course", wanted)
    with results.path.open("ab") as file:
        file.write(b'{"function": 3, "course": "cou')  # a line that was cut off
    left = build.missing(space, results, "course", part)
    assert left == wanted[5:]
    trainer = Trainer(1_000)
    build.build(space, results, trainer, build.COURSE, "course", left)
    assert trainer.trained == len(left)
    assert build.missing(space, results, "course", part) == []
    assert build.missing(space, results, "another course", part) == wanted
    known = results.read("course")
    assert sorted(known) == sorted(wanted)
    sizes = space.programs.sizes()
    for function in wanted:
        assert known[function].shape == (3, 8)
        np.testing.assert_allclose(known[function], 0.5 + 0.01 * sizes[function])


@pytest.mark.parametrize("written", ["0/2", "3/2", "1"])
def test_parts_that_are_none_are_refused(written):
    with pytest.raises(ValueError, match=r"part|unpack"):
        build.Part.parse(written)


def test_parts_are_all_of_the_work(space, tmp_path):
    results = Results(tmp_path / "none.jsonl")
    parts = [build.missing(space, results, "course", build.Part(k, 3)) for k in (1, 2, 3)]
    assert sorted(each for part in parts for each in part) == sorted(
        space.representatives.tolist()
    )


def test_other_data_or_seeds_are_another_course():
    one = build.identity(build.COURSE, "a")
    assert one == build.identity(build.COURSE, "a") != build.identity(build.COURSE, "b")
    changed = build.Course(build.COURSE.rates, (1,), 600)
    assert one != build.identity(changed, "a")


def test_a_table_is_small_and_comes_back(truth, tmp_path):
    path = tmp_path / "table.npz"
    truth.accuracy[3] = np.nan
    truth.save(path)
    truth.accuracy[3] = truth.accuracy[4]
    assert path.stat().st_size < 200_000
    back = Table.load(path)
    assert np.isnan(back.best[3])
    known = np.arange(len(back.best)) != 3
    np.testing.assert_allclose(back.best[known], truth.best[known], atol=5.1e-5)
    np.testing.assert_allclose(back.errors[known], truth.errors[known], atol=5.1e-6)
    np.testing.assert_array_equal(back.behaviours, truth.behaviours)
    assert back.course == "made up"
    assert back.halves == truth.halves > 0.9


def test_only_new_behaviours_are_paid_for(truth, space):
    oracle = Oracle(truth, 3)
    twins = np.flatnonzero(space.behaviours == space.behaviours[number("add(0, swish(x))")])
    assert len(twins) > 10
    assert len(set(oracle.ask(twins).tolist())) == 1
    assert len(oracle.trace) == 1
    assert np.isnan(oracle.ask(np.flatnonzero(space.behaviours < 0)[:50])).all()
    assert len(oracle.trace) == 1
    found = oracle.ask(space.representatives[:5])
    assert oracle.spent
    assert np.isfinite(found).sum() == 2
    regret = oracle.regret()
    assert regret.shape == (3,)
    assert (np.diff(regret) <= 0).all()
    assert regret[-1] == pytest.approx(100 * (truth.best.max() - max(oracle.trace)))


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategies_spend_their_budget_and_repeat_themselves(name, truth, space):
    first, again, other = (
        compare.regrets(space, truth, [name], [seed], 120)[name] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    oracle = Oracle(truth, 120)
    STRATEGIES[name](space, oracle, np.random.default_rng(0))
    assert len(oracle.trace) == 120


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=[pytest.mark.slow] * (each == "ridge")) for each in STRATEGIES],
)
def test_a_strategy_ends_where_nothing_is_left(name, truth, space):
    """40 behaviours are known and 60 may be asked for."""
    few = np.where(np.arange(len(truth.best))[:, None] % 23 == 0, truth.accuracy, np.nan)
    known = Table(
        truth.behaviours, truth.representatives, few, truth.errors, truth.rates, 1.0, "few"
    )
    assert np.isfinite(known.best).sum() < 60
    oracle = Oracle(known, 60)
    STRATEGIES[name](space, oracle, np.random.default_rng(0))
    assert oracle.trace
    if name in ("random", "exhaustive", "neighbours", "ridge"):  # they leave nothing out
        assert oracle.regret()[-1] == pytest.approx(0.0, abs=1e-9)


def test_what_learns_from_outputs_beats_chance_where_they_tell(truth, space):
    names = ["random", "neighbours", "ridge", "ageing", "niches"]
    found = compare.regrets(space, truth, names, range(6), 100)
    means = {name: regret[:, -1].mean() for name, regret in found.items()}
    for name in names[1:]:
        assert means[name] < means["random"]


def test_random_draws_are_as_good_as_the_arithmetic_says(truth, space):
    """After 30 of N distinct behaviours: never better than the best, about that of a sample."""
    random = compare.regrets(space, truth, ["random"], range(40), 30)["random"]
    weights = np.bincount(space.behaviours[space.behaviours >= 0])
    rng = np.random.default_rng(0)
    share = weights / weights.sum()
    drawn = [
        truth.best[rng.choice(len(share), 30, replace=False, p=share)].max() for _ in range(400)
    ]
    expected = 100 * (truth.best.max() - np.mean(drawn))
    error = random[:, -1].std() / np.sqrt(40)
    assert abs(random[:, -1].mean() - expected) < 4 * error


def test_how_soon_the_best_are_found():
    regret = np.array([[1.0, 0.3, 0.1], [2.0, 0.9, 0.5]])
    assert compare.until_near(regret).tolist() == [2.0, np.inf]


def test_commands_print_a_table_or_say_what_is_missing(truth, tmp_path, capsys):
    path = tmp_path / "table.npz"
    files = ["--table", str(path), "--results", str(tmp_path / "results.jsonl")]
    assert bench.main([*files, "compare"]) == 1
    assert bench.main([*files, "pack"]) == 1
    assert "build" in capsys.readouterr().err
    truth.save(path)
    assert (
        bench.main([*files, "compare", "random", "ridge", "--seeds", "3", "--budget", "40"]) == 0
    )
    out = capsys.readouterr().out
    assert out.startswith("5,103 functions")
    rows = [line for line in out.splitlines() if line.startswith(("| random", "| ridge"))]
    assert len(rows) == 2
    assert all(row.count("|") == 5 for row in rows)


def test_results_are_packed(space, tmp_path, capsys):
    results = Results(tmp_path / "results.jsonl")
    build.build(space, results, Trainer(9), build.COURSE, "x", space.representatives[:4].tolist())
    files = ["--table", str(tmp_path / "t.npz"), "--results", str(results.path)]
    assert bench.main([*files, "pack"]) == 0
    assert capsys.readouterr().out.startswith(f"4 behaviours of {len(space.representatives)}")
    assert np.isfinite(Table.load(tmp_path / "t.npz").best).sum() == 4
