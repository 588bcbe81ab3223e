"""The evaluator of activation functions against its reference and its peer, at a tiny size."""

import numpy as np
import pytest

pytest.importorskip("benchmarks")

from benchmarks.activation import direct
from benchmarks.activation.reference import REFERENCE, deviations, means
from evaluators.activation.baselines import crrelu, plain
from evaluators.activation.data import Data
from evaluators.activation.task import Task
from evaluators.activation.trial import Trial
from evosearch.genomes.evaluate import evaluate

KNOWN = [*plain(), crrelu()]


def test_every_known_function_has_a_reference():
    assert {each.name for each in KNOWN} == set(REFERENCE)
    assert all(len(rates) == 3 for rates in REFERENCE.values())


def test_deviations_are_differences_in_standard_errors():
    accuracy = np.array([[0.60, 0.62], [0.50, 0.54]])
    found = means(accuracy)
    np.testing.assert_allclose(found, [[61.0, 1.0], [52.0, 2.0]])
    apart = deviations(found, ((61.0, 0.5), (49.5, 1.5)))
    np.testing.assert_allclose(apart, [0.0, 1.0])


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_the_peer_computes_the_same_functions(known):
    x = np.linspace(-5, 5, 41)
    inputs = np.stack([x, *(np.full_like(x, value) for value in known.initial)])
    found = direct.function(known.program)(*inputs.astype(np.float32))
    np.testing.assert_allclose(found, evaluate(known.program, inputs)[0], rtol=2e-5, atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("known", [plain()[0], crrelu()], ids=lambda known: known.name)
def test_the_peer_trains_the_same_networks(known):
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((3, 6)).astype(np.float32)
    targets = rng.integers(0, 3, 300).astype(np.int32)
    inputs = centres[targets] + 0.7 * rng.standard_normal((300, 6)).astype(np.float32)
    part = slice(0, 100)
    rest = (inputs[100:], targets[100:], inputs[part], targets[part])
    data = Data("small", inputs[part], targets[part], *rest, classes=3)
    trial = Trial(Task("small", data, "mlp", 20), "code")
    course = {"rates": (0.01,), "seeds": (5, 6), "steps": 30}
    accuracy, loss, seconds = direct.run(trial, known.program, **course, initial=known.initial)
    initial = known.initial or None
    ours = trial.run(known.program, **course, on="selection", initial=initial)
    np.testing.assert_allclose(loss, ours.loss[0], rtol=1e-3)
    np.testing.assert_allclose(accuracy, ours.accuracy[0], atol=0.011)
    assert accuracy.mean() > 0.6
    assert seconds > 0
