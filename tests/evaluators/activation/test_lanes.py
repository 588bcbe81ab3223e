"""A network is trained by itself: to the last bit whatever the other lanes, and on however many
cores, so that a campaign goes on alike on another share of the machine."""

import numpy as np
import pytest

from evaluators.activation.baselines import X, program
from evaluators.activation.data import load
from evaluators.activation.task import Task
from evaluators.activation.trial import Trial
from evosearch import backend

RATES, SEEDS = (8e-3, 1.6e-2), (3, 4, 5, 6)


@pytest.fixture(scope="module")
def task():
    return Task("digits_mlp", load("digits"), "mlp", 32)


def run(task, rates=RATES, seeds=SEEDS):
    swish = program([("swish", X)])
    return Trial(task, "table").run(swish, rates=rates, seeds=seeds, steps=25, on="selection")


@pytest.mark.slow
def test_other_rates_and_seeds_do_not_touch_a_lane(task):
    every = run(task)
    assert np.array_equal(run(task, rates=RATES[1:]).loss[:, 0], every.loss[:, 1])
    assert np.array_equal(run(task, seeds=SEEDS[2:]).loss, every.loss[:, :, 2:])
    assert np.array_equal(run(task, seeds=SEEDS[::-1]).loss, every.loss[:, :, ::-1])


@pytest.mark.slow
def test_the_number_of_cores_does_not_touch_a_lane(task, monkeypatch):
    every = run(task)
    monkeypatch.setattr(backend, "cores", lambda: 1)
    assert np.array_equal(run(task).loss, every.loss)
