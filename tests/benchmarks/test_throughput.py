"""The throughput benchmark at a tiny size: what it tells, and that it notices wrong results."""

import json
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("benchmarks")

from benchmarks.throughput import __main__ as command
from benchmarks.throughput import engines, limit, measure, report
from benchmarks.throughput.case import CHECKED, Case
from benchmarks.throughput.correctness import check
from benchmarks.throughput.workloads import ALL, W1, W2, W3, functions

TINY = {each.name: replace(each, programs=60, points=48) for each in ALL}
PEER_OF = {"pyoperon_1": "pyoperon", "pyoperon_2": "pyoperon", "deap": "deap"}
PEER_OF |= {"gplearn": "gplearn", "numpy": "numpy"}
RATIOS = {f"ratio_{name}": name for name in PEER_OF}


@pytest.fixture(autouse=True)
def _one_variant(monkeypatch):
    """The C program compiled in one way only."""
    monkeypatch.setattr(limit, "VARIANTS", ((),))


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.of(TINY["W2"])


@pytest.fixture(scope="module")
def document() -> dict:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limit, "VARIANTS", ((),))
        return measure.measure(list(TINY.values()), rounds=2)


@pytest.mark.parametrize("name", TINY)
def test_document_has_every_figure(document, name):
    found = json.loads(json.dumps(document))[name]
    assert found["dtype"] == TINY[name].dtype
    assert found["gpops"] > 0
    for key, peer in RATIOS.items():
        if find_spec(PEER_OF[peer]):
            assert found[key] > 0, found["skipped"]
        else:
            assert found[key] is None
            assert "not installed" in found["skipped"][peer]
    if found["limit_share"] is None:
        assert found["limit_reason"]
    else:
        assert found["limit_share"] == pytest.approx(found["gpops"] / found["limit_gpops"])


@pytest.mark.parametrize("name", TINY)
def test_every_engine_computes_the_programs(document, name):
    errors = document[name]["errors"]
    assert {"ours_1", "ours_1_encoding", "numpy", "deap"} <= set(errors)
    for engine, found in errors.items():
        assert found["ok"] is (None if engine == "gplearn" else True), (engine, found)
        assert found["compared"] > 20


def test_document_says_where_it_was_measured(document):
    assert {"processor", "cores", "versions", "one_native_loop"} <= set(document["machine"])
    assert "two_cores_W2" in document


def test_report_has_every_workload(document):
    shown = report.text(document)
    assert all(name in shown for name in TINY)
    assert "WRONG" not in shown


@pytest.mark.parametrize(
    "spoil",
    [
        lambda losses: losses * 1.01,
        lambda losses: np.where(np.arange(CHECKED) == 0, np.nan, losses),
        lambda losses: np.nan_to_num(losses, nan=1.0),
        lambda losses: losses[::-1],
    ],
    ids=["all a little off", "one is NaN", "none is NaN", "other programs"],
)
def test_wrong_losses_are_noticed(case, spoil):
    right = engines.per_program(case)
    assert check(case, right)["ok"] is True
    wrong = replace(right, losses=lambda n: spoil(right.losses(n)))
    assert check(case, wrong)["ok"] is False


def test_peer_with_another_function_gets_no_ratio(case, monkeypatch):
    def minimum(made: Case) -> engines.Engine:
        with monkeypatch.context() as patch:
            patch.setitem(engines.UFUNCS, "max", np.minimum)
            return engines.per_program(made)

    found = measure.measured(case, 1, {"numpy": minimum})
    assert found["ratio_numpy"] is None
    assert "computes something else" in found["skipped"]["numpy"]


def test_missing_peer_is_skipped(case):
    def missing(_: Case) -> engines.Engine:
        raise ImportError("No module named 'peer'")

    found = measure.measured(case, 1, {"deap": missing})
    assert found["ratio_deap"] is None
    assert found["skipped"]["deap"] == "not installed: No module named 'peer'"


def test_command_fails_when_our_results_are_wrong(monkeypatch, capsys):
    monkeypatch.setattr(command, "ALL", [TINY["W1"]])
    monkeypatch.setattr(command, "measure", partial(measure.measure, peers={}))
    monkeypatch.setattr(command.jax.config, "update", lambda *_: None)
    assert command.main(["--json", "--rounds", "1"]) == 0
    loss = engines.interpreter.loss
    monkeypatch.setattr(engines.interpreter, "loss", lambda *a, **k: 2 * loss(*a, **k))
    assert command.main(["--json", "--rounds", "1"]) == 1
    assert "wrong results: W1 ours_1" in capsys.readouterr().err


def test_workloads_are_the_same_everywhere():
    trees = W1.trees(1_000)
    assert sum(map(functions, trees)) == 15_301
    assert sum(map(functions, W2.trees(200))) == sum(map(functions, W3.trees(200)))
    x, y = W2.data()
    assert x.shape == (5, 10_000)
    assert float(x[0, 0]) == pytest.approx(1.1155224)
    assert y[0] == pytest.approx(2 * np.sin(x[0, 0]) + x[4, 0])


def test_without_a_compiler_there_is_no_limit(monkeypatch):
    monkeypatch.setattr(limit, "_compiler", lambda: None)
    found = limit.limit.__wrapped__()
    assert found.gpops("float32", {"add": 1.0}) is None
    assert "no C compiler" in found.reason


def test_limit_takes_the_functions_of_the_workload():
    speeds = {
        ("float", name): limit.Speed("plain", ns, 0.0) for name, ns in (("add", 1), ("div", 3))
    }
    found = limit.Limit(speeds, "cc")
    assert found.gpops("float32", {"add": 0.5, "div": 0.5}) == pytest.approx(0.5)
