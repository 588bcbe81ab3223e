"""A network trained with plain loops, in float64 and one parameter after another, is the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from evaluators.activation.baselines import X, program
from evaluators.activation.data import load
from evaluators.activation.task import Task
from evaluators.activation.trial import Trial

ALPHA = X - 1
STEPS, RATE, SEEDS = 30, 8e-3, (5, 6)
LAYERS = (0, 2, 4)  # places of the matrices whose layer has an activation
SCOPES = {"shared": (1, 1, 1), "layer": (1, 1, 1), "channel": (64, 64, 64)}
# swish(alpha x) * alpha, so that alpha has something to learn
PARAMETRIC = program([("mul", X, ALPHA), ("swish", 0), ("mul", 1, ALPHA)], inputs=2)


@pytest.fixture(scope="module")
def task():
    return Task("digits_mlp", load("digits"), "mlp", 32)


def outputs(weights, own, values):
    """``own[k]`` is a number, or one for each channel of layer k."""
    values = values.reshape(len(values), -1)
    for k, place in enumerate(LAYERS):
        values = values @ weights[place] + weights[place + 1]
        values = own[k] ** 2 * values * jax.nn.sigmoid(own[k] * values)
    return values @ weights[6] + weights[7]


def losses(weights, own, values, classes):
    found = outputs(weights, own, values)
    return jax.nn.logsumexp(found, axis=1) - found[jnp.arange(len(classes)), classes]


@jax.jit
def slopes(every, values, classes):
    def cost(every):
        return losses(every["weights"], every["own"], values, classes).mean()

    return jax.grad(cost)(every)


def rate_at(step):
    """A tenth of the steps to warm up, then a cosine to 0."""
    warm = 0.1 * STEPS
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + np.cos(np.pi * (step - warm) / (STEPS - warm)))


def trained(start, shared, widths, batches, data):
    """Weights and function parameters after AdamW, with one entry for each array."""
    own = [np.ones(widths[0])] if shared else [np.ones(n) for n in widths]
    arrays = [*start, *own]
    speed = [1.0] * len(start) + [0.1] * len(own)
    decay = [0.01 if each.ndim == 2 else 0.0 for each in start] + [0.0] * len(own)
    first, second = ([np.zeros_like(each) for each in arrays] for _ in range(2))
    for step, batch in enumerate(batches):
        every = named(arrays, shared)
        values = data.train_inputs[batch].astype(np.float64)
        found = slopes(every, values, data.train_targets[batch])
        last = found["own"]
        gradients = [*found["weights"], *([sum(last)] if shared else last)]
        for k, gradient in enumerate(map(np.asarray, gradients)):
            first[k] = 0.9 * first[k] + 0.1 * gradient
            second[k] = 0.99 * second[k] + 0.01 * gradient**2
            mean, size = first[k] / (1 - 0.9 ** (step + 1)), second[k] / (1 - 0.99 ** (step + 1))
            move = mean / (np.sqrt(size) + 1e-8) + decay[k] * arrays[k]
            arrays[k] = arrays[k] - RATE * speed[k] * rate_at(step) * move
    return named(arrays, shared), np.concatenate(arrays[len(start) :])


def named(arrays, shared):
    weights, own = arrays[:8], arrays[8:]
    return {"weights": weights, "own": own * 3 if shared else own}


@pytest.mark.slow
@pytest.mark.parametrize("scope", SCOPES)
def test_a_parametric_function_is_trained_as_by_plain_loops(scope, task):
    course = {"rates": (RATE,), "seeds": SEEDS, "steps": STEPS, "on": "selection"}
    trial = Trial(task, "code", scope)
    outcome = trial.run(PARAMETRIC, **course)
    starts, batches = trial._starts(SEEDS), trial._picks(SEEDS, STEPS)
    places = np.cumsum([np.prod(shape) for shape in task.network.shapes])
    for seed in range(len(SEEDS)):
        flat = np.split(starts[seed].astype(np.float64), places[:-1])
        start = [a.reshape(s) for a, s in zip(flat, task.network.shapes, strict=True)]
        every, own = trained(start, scope == "shared", SCOPES[scope], batches[:, seed], task.data)
        inputs = task.data.selection_inputs.astype(np.float64)
        targets = task.data.selection_targets
        expected = losses(every["weights"], every["own"], inputs, targets).mean()
        right = outputs(every["weights"], every["own"], inputs).argmax(axis=1) == targets
        assert outcome.loss[0, 0, seed] == pytest.approx(float(expected), abs=1e-4)
        assert outcome.accuracy[0, 0, seed] == pytest.approx(float(right.mean()), abs=2.1e-3)
        np.testing.assert_allclose(outcome.parameters[0, 0, seed], own, atol=1e-5)
        assert np.abs(own - 1).max() > 2e-4  # ten times the rate would be seen
