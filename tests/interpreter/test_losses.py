"""Every loss against NumPy in float64, with weights, over tiles and streams."""

import jax.numpy as jnp
import numpy as np
import pytest
from programs import program, random_programs

from evosearch import interpreter
from evosearch.errors import ConfigError
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ARITHMETIC
from evosearch.interpreter import run

RNG = np.random.default_rng(11)
X = RNG.uniform(0.5, 2.0, (2, 1500))
TARGET = X[0] * X[1] + 1
WEIGHTS = RNG.uniform(0.5, 2.0, 1500)
PROGRAMS = random_programs(RNG, 80, 9, ARITHMETIC, inputs=2)


def by_numpy(kind, x, y, w):
    with np.errstate(all="ignore"):
        error = evaluate(PROGRAMS, x) - y
        squares = (w * error**2).sum(axis=1)
        spread = (w * (y - np.average(y, weights=w)) ** 2).sum()
        return {
            "sum_squares": ((w * error) ** 2).sum(axis=1),
            "sum_abs": np.abs(w * error).sum(axis=1),
            "max_abs": np.abs(w * error).max(axis=1),
            "max_relative": np.abs(w * error / y).max(axis=1),
            "weighted_squares": squares,
            "r2": 1 - squares / spread,
        }[kind]


@pytest.mark.parametrize("kind", list(interpreter.LOSSES))
@pytest.mark.parametrize("weights", [WEIGHTS, None], ids=["weights", "none"])
def test_every_loss(kind, weights):
    got = interpreter.loss(PROGRAMS, X, TARGET, weights, kind)
    want = by_numpy(kind, X, TARGET, np.ones(1500) if weights is None else weights)
    np.testing.assert_allclose(got, want, rtol=1e-11)


def test_a_loss_of_the_users_own():
    huber = interpreter.Loss(
        lambda value, target, weight: (
            weight * jnp.where(jnp.abs(value - target) < 1, (value - target) ** 2, 1.0)
        )
    )
    error = evaluate(PROGRAMS, X) - TARGET
    with np.errstate(invalid="ignore", over="ignore"):
        want = (WEIGHTS * np.where(np.abs(error) < 1, error**2, 1.0)).sum(axis=1)
    got = interpreter.loss(PROGRAMS, X, TARGET, WEIGHTS, huber)
    np.testing.assert_allclose(got, want, rtol=1e-11)


def test_points_of_weight_zero_are_left_out():
    x = np.array([[0.0, 1.0, 2.0]])
    reciprocal = program([("div", "c0", "x")], [1.0])
    weights = np.array([0.0, 1.0, 1.0])
    got = interpreter.loss(reciprocal, x, np.zeros(3), weights, "max_abs")
    np.testing.assert_array_equal(got, [1.0])


def test_data_streamed_in_pieces_of_any_size(monkeypatch):
    whole = interpreter.loss(PROGRAMS, X, TARGET, WEIGHTS)
    values = interpreter.evaluate(PROGRAMS, X)
    monkeypatch.setattr(run, "STREAM_BYTES", 1 << 14)
    np.testing.assert_array_equal(interpreter.loss(PROGRAMS, X, TARGET, WEIGHTS), whole)
    np.testing.assert_array_equal(interpreter.evaluate(PROGRAMS, X), values)


def test_unknown_losses_and_data_that_do_not_fit():
    with pytest.raises(ConfigError, match="unknown loss 'mse': expected a Loss or one of sum_sq"):
        interpreter.loss(PROGRAMS, X, TARGET, WEIGHTS, "mse")
    with pytest.raises(ValueError, match="expected 2 inputs, received 1"):
        interpreter.loss(PROGRAMS, X[:1], TARGET)
    code = interpreter.encode(PROGRAMS, np.float32)
    with pytest.raises(ValueError, match="expected inputs of float32, received float64"):
        interpreter.loss(code, X, TARGET)
