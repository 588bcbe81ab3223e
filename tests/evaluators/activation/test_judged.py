"""The evaluator's judgement of found functions: metrics, rows, baselines and findings agree."""

from pathlib import Path

import numpy as np
import pytest

from evaluators.activation.baselines import X, crrelu, plain, program
from evaluators.activation.evaluator import Activation
from evaluators.activation.options import Options
from evosearch.contracts import Chart, Panels, Rows
from evosearch.seeding import key

COURSE = {"steps": 20, "seeds": 2, "rates": [0.01, 0.02]}


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory) -> Activation:
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, 400)
    inputs = rng.standard_normal((3, 6))[targets] + 0.7 * rng.standard_normal((400, 6))
    np.savez(folder / "small.npz", inputs=inputs, targets=targets)
    options = {
        "tasks": [{"data": "small.npz", "network": "mlp", "batch": 20}],
        "short": COURSE,
        "full": COURSE,
        "confirmation_seeds": 4,
    }
    return Activation(Options.model_validate(options), Path(folder))


@pytest.mark.slow
def test_a_function_is_judged_beside_known_ones(evaluator):
    found = program([("sin", X)])
    prepared = evaluator.prepare(key(1, "prepare"))
    metrics = evaluator.metrics(found, [])
    validated = evaluator.validate(found, prepared)
    assert metrics["accuracy"] == pytest.approx(1 - validated.objectives[0, 0])
    rows = {row["against"]: row["difference"] for row in evaluator.rows(found)}
    assert rows.keys() == {each.name for each in [*plain(), crrelu()]}
    assert rows["swish"] == metrics["swish_difference"]
    swish = evaluator.metrics(program([("swish", X)]), [])
    assert swish["swish_difference"] == 0.0
    assert swish["relu_difference"] == pytest.approx(
        metrics["relu_difference"] - metrics["swish_difference"]
    )
    baselines = {each.label: each.objectives for each in evaluator.baselines()}
    assert baselines["Swish"]["operations"] == 1
    assert 0 <= baselines["Swish"]["error"] < 0.5
    charts = evaluator.findings(found, prepared)
    assert [type(each) for each in charts] == [Chart, Chart, Panels, Rows, Rows]
    assert charts[0].series[0].name == "sin(x)"
    searched = evaluator.score(found, prepared, fidelity="full", key=key(1, "score"))
    assert charts[-1].rows[0][1] == pytest.approx(100 * (1 - searched.objectives[0, 0]))
