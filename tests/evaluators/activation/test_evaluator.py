"""The evaluator: equal functions score equally, alone or in a batch, and bad ones are told why."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from evaluators.activation.baselines import C0, X, crrelu, functions, plain, program
from evaluators.activation.confirmation import fresh_seeds
from evaluators.activation.evaluator import Activation
from evaluators.activation.learner import learns
from evaluators.activation.options import Course, Options, TaskOptions
from evosearch.contracts import Status
from evosearch.errors import ConfigError
from evosearch.seeding import key
from evosearch.testing import check_evaluator

SHORT = Course(steps=20, seeds=2, rates=(1.6e-2,))
FULL = Course(steps=40, seeds=4, rates=(8e-3, 1.6e-2))
DIGITS = TaskOptions(data="digits", batch=32)


def made(**others):
    chosen = {"tasks": (DIGITS,), "short": SHORT, "full": FULL, "confirmation_seeds": 4} | others
    return Activation(Options(**chosen), Path())


@pytest.fixture(scope="module")
def evaluator():
    return made()


@pytest.fixture(scope="module")
def prepared(evaluator):
    return evaluator.prepare(key(0, "prepare"))


def score(evaluator, genomes, prepared, fidelity="full"):
    return evaluator.score(genomes, prepared, fidelity=fidelity, key=key(0, "score"))


def test_it_keeps_its_promises(evaluator, prepared):
    check_evaluator(evaluator, functions(plain()), prepared)


def test_errors_are_shares_and_the_first_look_costs_less(evaluator, prepared):
    full, short = (score(evaluator, functions(plain()), prepared, f) for f in ("full", "short"))
    assert ((full.objectives[:, 0] > 0) & (full.objectives[:, 0] < 0.9)).all()
    assert (full.objectives[:, 0] < short.objectives[:, 0]).all()
    assert set(full.measures[:, 0]) <= set(FULL.rates)
    assert full.objectives[:, 1].tolist() == [1.0] * len(plain())


def test_equal_functions_score_equally_to_the_last_bit(prepared):
    swish = program([("swish", X)])
    others = [
        program([("sigmoid", X), ("mul", 0, X)]),
        program([("swish", X), ("neg", 0)]),
        program([("gate", X, X)]),
        program([("neg", X), ("exp", 0), ("add", 1, C0), ("div", X, 2)], [1.0]),
    ]
    alone = score(made(), swish, prepared).objectives[0, 0]
    for other in others:
        assert score(made(), other, prepared).objectives[0, 0] == alone
    together = score(made(), swish.concatenate(others), prepared)
    assert (together.objectives[:, 0] == alone).all()


def test_functions_that_cannot_be_trained_are_told_why(evaluator, prepared):
    bad = program([("log", X)]).concatenate(
        [program([("tanh", X)]), program([("exp", X)]), program([("sub", X, X)])]
    )
    scores = score(evaluator, bad, prepared)
    wrong = [Status.INVALID, Status.OK, Status.INVALID, Status.INVALID]
    assert scores.status.tolist() == wrong
    assert [scores.messages[row].split()[0] for row in (0, 2, 3)] == ["not", "larger", "constant"]


@pytest.mark.slow
def test_a_rate_at_which_training_diverges_is_never_the_best(prepared):
    ninth = [("cube", X), ("cube", 0), ("mul", 1, C0), ("add", X, 2), ("mul", 3, X - 1)]
    steep = program(ninth, [2.5e-7], inputs=2)
    both = steep.concatenate([program([("swish", X)], inputs=2)])

    def found(*rates):
        evaluator = made(parameters=1, full=Course(steps=20, seeds=2, rates=rates))
        return score(evaluator, both, prepared)

    lost = found(0.5)
    assert lost.status.tolist() == [Status.NONFINITE, Status.OK]
    assert lost.messages == {0: "training diverged at every rate"}
    saved = found(0.5, 1e-5)
    assert saved.status.tolist() == [Status.OK, Status.OK]
    assert saved.measures[0, 0] == 1e-5
    assert saved.objectives[0, 0] > 0.5


def test_validation_uses_the_sealed_data_and_fresh_seeds(evaluator, prepared):
    scores = evaluator.validate(functions(plain()), prepared)
    assert (scores.status == Status.OK).all()
    seen = score(evaluator, functions(plain()), prepared)
    assert not np.array_equal(scores.objectives[:, 0], seen.objectives[:, 0])
    fresh = fresh_seeds(key(0, "score"), 4, prepared["seeds"].tolist())
    assert not {*fresh} & {*prepared["seeds"].tolist()}


def test_seeds_and_checksums_are_prepared_not_the_data(evaluator, prepared):
    assert prepared["data"].shape == (1, 16)
    assert len({*prepared["seeds"].tolist()}) == len(prepared["seeds"])
    other = evaluator.prepare(key(1, "prepare"))
    assert not np.array_equal(other["seeds"], prepared["seeds"])
    assert np.array_equal(other["data"], prepared["data"])


def test_which_functions_learn():
    batch = crrelu().program.concatenate(
        [
            program([("swish", X)], inputs=2),
            program([("mul", X, C0)], [2.0], inputs=2),
            program([("mul", X, X - 1)], inputs=2),
        ]
    )
    assert learns(batch).tolist() == [True, False, False, True]


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["shared", "layer", "channel"])
def test_functions_with_and_without_parameters_in_one_batch(scope, prepared):
    evaluator = made(parameters=1, scope=scope)
    batch = program([("mul", X, X - 1), ("swish", 0)], inputs=2).concatenate(
        [program([("swish", X)], inputs=2)]
    )
    scores = score(evaluator, batch, prepared)
    assert (scores.status == Status.OK).all()
    plain_one = score(made(), program([("swish", X)]), prepared)
    assert scores.objectives[1, 0] == plain_one.objectives[0, 0]
    assert abs(scores.measures[0, 1] - scores.measures[1, 1]) > 1e-5  # alpha has moved
    assert evaluator.usage() == {
        "kind": "activation",
        "parameters": {"alpha": 1.0},
        "scope": scope,
    }


def test_several_tasks_are_several_errors():
    evaluator = made(tasks=(DIGITS, TaskOptions(data="digits", network="cnn", course=SHORT)))
    assert evaluator.fidelities == ("short", "full", "tasks")
    names = [objective.name for objective in evaluator.objectives]
    assert names == ["error_digits_mlp", "error_digits_cnn", "operations"]
    prepared = evaluator.prepare(key(0, "prepare"))
    swish = program([("swish", X)])
    full = score(evaluator, swish, prepared, "full").objectives[0]
    every = score(evaluator, swish, prepared, "tasks").objectives[0]
    assert np.isnan(full[1])
    assert np.isfinite(every).all()
    assert every[0] == full[0]


def test_a_task_of_ones_own(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from evaluators.activation.data import load\n"
        "from evaluators.activation.task import Task\n"
        "def halves(source):\n"
        "    return Task('halves', load('digits', source), 'mlp', batch=16)\n"
        "def nothing(source):\n"
        "    return None\n"
    )
    chosen = Options(tasks=("./mine.py:halves",), short=SHORT, full=FULL)
    evaluator = Activation(chosen, tmp_path)
    prepared = evaluator.prepare(key(0, "prepare"))
    assert score(evaluator, program([("swish", X)]), prepared, "short").status[0] == Status.OK
    for text, message in {
        "./mine.py:nothing": "expected a Task",
        "./mine.py:missing": "no function 'missing'",
        "./none.py:make": "cannot read",
        "mine": "expected",
    }.items():
        with pytest.raises(ConfigError, match=message):
            Activation(Options(tasks=(text,)), tmp_path).prepare(key(0, "prepare"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parameters": 1, "form": "table"}, "a table has no learnable parameters"),
        ({"tasks": [{"network": "rnn"}]}, "expected mlp"),
        ({"full": {"rates": [0.1, 0.1]}}, "different"),
        ({"epochs": 3}, "Extra inputs"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        Options(**options)


def test_two_tasks_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="different names"):
        made(tasks=(DIGITS, DIGITS))
