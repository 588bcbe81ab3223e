"""Pictures and tables of functions that were found."""

import numpy as np
import pytest

from evaluators.activation.baselines import X, functions, plain, program
from evaluators.activation.confirmation import Confirmed
from evaluators.activation.findings import accuracies, curves, winners_curse
from evosearch.contracts import Chart, Panels, Rows
from evosearch.genomes.evaluate import evaluate

LABELS = ["a", "b"]


@pytest.fixture
def found() -> Confirmed:
    rng = np.random.default_rng(0)
    test = np.array([[0.66], [0.60]]) + 0.01 * rng.standard_normal((2, 32))
    selection = np.stack([test + 0.005, test - 0.1], axis=1)
    return Confirmed((0.01, 0.02), selection, np.array([0, 0]), test)


def known(found: Confirmed) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    noise = 0.001 * rng.standard_normal((2, 32))
    return {"swish": found.test[0] + noise[0], "relu": found.test[0] - 0.03 + noise[1]}


def test_curves_are_the_functions_and_their_derivatives():
    chosen = [each for each in plain() if each.name in ("tanh", "relu")]
    batch, labels = functions(chosen), [each.label for each in chosen]
    values, slopes = curves(batch, labels)
    assert isinstance(values, Chart)
    assert isinstance(slopes, Chart)
    assert [each.name for each in values.series] == labels
    for row, line in enumerate(values.series):
        np.testing.assert_allclose(line.y, evaluate(batch, line.x[None])[row])
    drawn = {line.name: line for line in slopes.series}
    np.testing.assert_allclose(drawn["tanh"].y, 1 - np.tanh(drawn["tanh"].x) ** 2, atol=1e-4)
    np.testing.assert_allclose(drawn["ReLU"].y, drawn["ReLU"].x > 0, atol=1e-9)


def test_points_that_are_not_finite_are_left_out():
    values, _ = curves(program([("log", X)]), ["log"])
    assert isinstance(values, Chart)
    (line,) = values.series
    assert (line.x > 0).all()
    assert np.isfinite(line.y).all()


def test_accuracies_of_each_task_stand_beside_known_functions(found):
    tasks = {"first": found, "second": found}
    panels, *tables = accuracies(tasks, LABELS, {name: known(found) for name in tasks})
    assert isinstance(panels, Panels)
    assert [panel.title for panel in panels.panels] == ["first", "second"]
    (panel, _) = panels.panels
    assert list(panel.labels) == ["a", "b", "swish", "relu"]
    means, low, high = panel.values
    assert means[0] == pytest.approx(100 * found.test[0].mean())
    error = found.test[0].std(ddof=1) / np.sqrt(32)
    assert high[0] - low[0] == pytest.approx(400 * error)
    assert len(tables) == 2
    assert isinstance(tables[0], Rows)
    rows = {(row[0], row[1]): row[2:] for row in tables[0].rows}
    assert rows["a", "relu"][0] == pytest.approx(3.0, abs=0.1)
    assert rows["a", "relu"][3] < 1e-10
    assert rows["a", "swish"][3] > 0.01
    assert rows["b", "swish"][0] == pytest.approx(-6.0, abs=1.0)


def test_the_winners_curse_is_in_percent(found):
    table = winners_curse("first", np.array([0.68, 0.61]), found, LABELS)
    for row, searched in zip(table.rows, (68.0, 61.0), strict=True):
        _, search, fresh, sealed, _, lost = row
        assert search == pytest.approx(searched)
        assert fresh == pytest.approx(sealed + 0.5)
        assert lost == pytest.approx(search - fresh)
