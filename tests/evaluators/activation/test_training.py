"""Tables and code train networks as a function that is compiled itself does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from evaluators.activation import trial
from evaluators.activation.baselines import X, program
from evaluators.activation.data import load
from evaluators.activation.task import Task
from evaluators.activation.trial import Trial
from evosearch import backend

DIRECT = {
    "swish": jax.nn.silu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
}
COURSE = {"rates": (8e-3, 1.6e-2), "seeds": range(4), "steps": 60, "on": "selection"}


@pytest.fixture(scope="module")
def task():
    return Task("digits_mlp", load("digits"), "mlp", 32)


def test_seeds_are_trained_by_themselves_and_again_alike(task):
    swish, tables = program([("swish", X)]), Trial(task, "table")
    course = COURSE | {"steps": 10}
    every = tables.run(swish, **course)
    again = tables.run(swish.concatenate([program([("tanh", X)])]), **course)
    assert np.array_equal(every.accuracy[0], again.accuracy[0])
    assert np.array_equal(every.loss[0], again.loss[0])
    assert len({*every.loss.ravel().tolist()}) == every.loss.size


@pytest.mark.slow
@pytest.mark.parametrize("name", DIRECT)
def test_both_forms_train_as_the_compiled_function_does(name, task, monkeypatch):
    one = program([(name, X)])
    found = {form: Trial(task, form).run(one, **COURSE) for form in ("table", "code")}
    monkeypatch.setattr(backend, "_compiled", {})
    monkeypatch.setattr(trial, "_table", lambda values, *_: DIRECT[name](values))
    direct = Trial(task, "table").run(one, **COURSE)
    for outcome in found.values():
        assert abs(outcome.accuracy.mean() - direct.accuracy.mean()) < 2e-3
        assert abs(outcome.loss.mean() - direct.loss.mean()) < 2e-3


@pytest.mark.slow
def test_parameters_move_from_where_they_start(task):
    gated = program([("mul", X, X - 1), ("swish", 0)], inputs=2)
    outcome = Trial(task, "code").run(gated, **COURSE)
    assert outcome.parameters.shape == (1, 2, 4, 3)
    assert (outcome.parameters != 1).all()
    assert np.abs(outcome.parameters - 1).max() < 0.2
