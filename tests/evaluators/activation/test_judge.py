"""Functions beside known ones on two tasks whose truth is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from evaluators.activation.baselines import X, plain, program
from evaluators.activation.confirmation import Course
from evaluators.activation.judge import SHOWN, Judge
from evosearch.contracts import Chart, Panels, Rows
from evosearch.genomes.primitives import BY_CODE

COURSE = Course((0.01, 0.02), tuple(range(16)), 100)


class Made:
    """Accuracy by the name of a function's only operation."""

    def __init__(self, quality: dict[str, float], sealed: float) -> None:
        self.quality, self.sealed = quality, sealed

    def run(self, programs, *, rates, seeds, steps, on):
        names = [BY_CODE[int(op)].name for op in programs.ops[:, 0]]
        level = np.array([self.quality[name] for name in names])[:, None, None]
        noise = [np.random.default_rng(seed).standard_normal((len(names), 1)) for seed in seeds]
        scores = level + 0.01 * np.array(rates)[:, None] + 0.001 * np.stack(noise, axis=-1)
        scores = scores - (self.sealed if on == "test" else 0.0)
        return SimpleNamespace(accuracy=scores, loss=1 - scores)


@pytest.fixture
def judge() -> Judge:
    base = {each.name: 0.60 + 0.01 * place for place, each in enumerate(reversed(plain()))}
    first = Made({**base, "sin": 0.68}, 0.02)
    second = Made({**base, "sin": 0.55}, 0.0)
    trainers = {"one": first, "two": second}
    return Judge(trainers, dict.fromkeys(trainers, COURSE), plain())


def sines(n: int):
    return program([("sin", X)]).take(np.zeros(n, np.int64))


def test_metrics_are_of_all_tasks_and_known_functions(judge):
    metrics = judge.metrics(sines(1))
    assert metrics["accuracy"] == pytest.approx(0.66, abs=0.002)
    assert metrics["best_rate"] == 0.02
    assert metrics["swish_difference"] == pytest.approx(0.03, abs=0.002)
    assert metrics["swish_p"] < 1e-6
    assert metrics["two_accuracy"] == pytest.approx(0.55, abs=0.002)
    assert metrics["two_swish_difference"] == pytest.approx(-0.10, abs=0.002)
    assert {f"{each.name}_p" for each in plain()} <= metrics.keys()


def test_rows_are_of_each_task_and_known_function(judge):
    rows = judge.rows(sines(1))
    assert len(rows) == 2 * len(plain())
    found = {(row["task"], row["against"]): row["difference"] for row in rows}
    assert found["one", "swish"] > 0 > found["two", "swish"]


def test_known_functions_on_selection_data(judge):
    selected = judge.known_selected()
    assert list(selected) == ["one", "two"]
    assert np.argmax(selected["one"]) == 0  # Swish
    sealed = [row.mean() for row in judge.known_scores()["one"].values()]
    np.testing.assert_allclose(selected["one"] - sealed, 0.02, atol=1e-12)


def test_findings_show_a_few_functions(judge):
    labels = [f"f{k}" for k in range(8)]
    found = judge.findings(sines(8), labels, np.full(8, 0.7))
    assert [type(each) for each in found] == [Chart, Chart, Panels, Rows, Rows, Rows]
    assert [line.name for line in found[0].series] == labels[:SHOWN]
    assert found[-1].title == "one: the winner's curse"
    assert all(row[-1] > 0 for row in found[-1].rows)
