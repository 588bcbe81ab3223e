"""The command that makes the results page: rows, outcomes, and whole runs at tiny sizes."""

import contextlib
import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("benchmarks")

from benchmarks import __main__ as all_of_them
from benchmarks.functions import __main__ as functions
from benchmarks.functions import campaigns, page, programs
from benchmarks.functions.problems import NAMES, Problem
from evosearch.export.document import Node, ProgramDocument

TINY = ("budget.evaluations=200", "algorithm.population=64", "space.max_operations=4")


def beside(operations: int, classical: float | None, published: float | None = None) -> Any:
    known = None
    if classical is not None:
        known = {"family": "F", "label": "[1/1]", "operations": operations, "error": classical}
    return {"operations": operations, "classical": known, "published": published}


def document(operations: int, error: float, known: list[Any]) -> ProgramDocument:
    """x + 1 + 1 + ... that claims something about 2^x."""
    nodes = [Node("mul", ("x", "x"))]
    nodes += [Node("mul", (f"n{k}", "x")) for k in range(operations - 1)]
    about = {"problem": "sin", "command": "evosearch run runs/sin.toml --seed 1", "seed": 1}
    about |= {
        "evaluations": 1234,
        "generation": 3,
        "seconds": 61.0,
        "metric": "max_relative_error",
    }
    claims = {"max_relative_error": error, "operations": operations}
    metadata = {"claims": claims, "result": {**about, "beside": known}}
    return ProgramDocument(("x",), (), tuple(nodes), (f"n{operations - 1}",), metadata)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "programs").mkdir()
    two = document(2, 1e-2, [beside(2, 2e-2), beside(3, 1.005e-2)])
    four = document(4, 1e-4, [beside(4, 1e-5, 2e-4), beside(5, None)])
    for name, made in (("sin_2ops", two), ("sin_4ops", four)):
        (tmp_path / "programs" / f"{name}.json").write_text(made.to_json(), encoding="utf-8")
    (tmp_path / "programs" / "other.json").write_text("{}", encoding="utf-8")
    return tmp_path


def test_rows_cover_the_counts_up_to_the_next_program(folder: Path) -> None:
    rows = page.Row.all(programs.read(folder / "programs"))
    assert [row.operations for row in rows] == [2, 3, 4, 5]
    assert [row.outcome for row in rows] == ["win", "equal", "loss", "win"]
    assert rows[0].gain == pytest.approx(2)


def test_page_tells_wins_and_losses(folder: Path) -> None:
    text = page.text(programs.read(folder / "programs"), folder)
    assert "2 wins, 1 equal, 1 losses" in text
    assert "| 3          | 1.000e-02 (2 ops) | 1.005e-02 |" in text
    assert "[sin_4ops](programs/sin_4ops.json)" in text
    assert "1 min 1 s" in text


def test_published_errors_are_held_against_the_program_of_that_count(folder: Path) -> None:
    rows = page.Row.all(programs.read(folder / "programs"))
    assert page.against_published(rows) == "2x at 4 ops"
    assert page.largest_gain(rows) == "2x at 2 ops"


def test_best_members_improve_on_all_smaller_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    def member(operations: int, error: float, polished: bool = True) -> Any:
        polish = {"metrics": {"max_relative_error": error, "float64_error": 1.0}}
        objectives = {"error": 1.0, "operations": float(operations)}
        return SimpleNamespace(polish=polish if polished else None, objectives=objectives)

    fronts = {
        "sin-seed1": [member(0, 9.0), member(2, 1e-2), member(3, 0.99999e-2), member(4, 1e-4)],
        "sin-seed2": [member(2, 9e-3), member(4, 1e-3), member(5, 2e-4), member(6, 0, False)],
    }
    monkeypatch.setattr(programs.Store, "open", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(programs.queries, "front", lambda _, name: fronts[name])
    found = programs.best(Problem("sin"), [1, 2], "")
    assert [(each.operations, each.seed, each.error) for each in found] == [
        (2, 2, 9e-3),
        (4, 1, 1e-4),
    ]


def test_bounds_are_rounded_up() -> None:
    assert page.bound(1.2341e-5) == "1.235e-05"
    assert page.bound(9.9999e-5) == "1.000e-04"
    assert page.bound(1.25e-3) == "1.250e-03"


def test_page_without_programs_says_so(tmp_path: Path) -> None:
    assert page.NOTHING in page.text([], tmp_path)


def test_render_makes_the_page_from_documents_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "command", lambda *_: pytest.fail("something was run"))
    assert functions.main(["--render", "--output", str(folder)]) == 0
    made = (folder / "functions.md").read_text(encoding="utf-8")
    assert made == page.text(programs.read(folder / "programs"), folder)


def test_it_takes_arguments_of_its_own_and_runs_only_when_named(folder: Path) -> None:
    assert "functions" not in all_of_them.names()
    assert all_of_them.main(["functions", "--render", "--output", str(folder)]) == 0
    with pytest.raises(SystemExit):
        all_of_them.main(["functions", "nothing"])


@pytest.mark.parametrize("name", [problem.name for problem in Problem.all()])
def test_every_file_is_a_problem_of_its_own(name: str) -> None:
    problem = Problem(name)
    assert problem.most >= 12
    assert problem.target.function is not None
    assert problem.interval.width > 0
    assert problem.config.evaluator.use == "approximation"


def test_published_values_are_of_problems() -> None:
    assert {"exp2_full", "airy", "bessel"} <= set(NAMES)
    assert Problem("airy").published[19] == pytest.approx(6.3e-5, rel=1e-2)


@pytest.mark.slow
def test_campaigns_run_once_go_on_and_are_recorded(tmp_path: Path, capsys: Any) -> None:
    url = f"sqlite:///{tmp_path}/functions.db"
    changes = [part for text in TINY for part in ("--set", text)]
    arguments = ["sin", "--storage", url, "--output", str(tmp_path), *changes]
    assert functions.main(arguments) == 0
    results = programs.read(tmp_path / "programs")
    counts = [each["operations"] for r in results for each in r.about["beside"]]
    assert counts == [2, 3, 4]
    assert all(r.about["beside"][0]["operations"] == max(2, r.operations) for r in results)
    problem = Problem("sin", TINY)
    for result in results:
        assert programs.verify(problem, result.path)["status"] == "ok"
        if importlib.util.find_spec("flint"):
            assert result.proved is not None
            assert result.error <= result.proved < 1.01 * result.error
    before = campaigns.known(problem, 1, url)
    assert functions.main(arguments) == 0
    assert campaigns.known(problem, 1, url) == before  # finished: nothing is run
    assert functions.main([*arguments, "--set", "budget.evaluations=400"]) == 0
    after = campaigns.known(problem, 1, url)
    assert before is not None
    assert after is not None
    assert after["evaluations"] >= 400 > before["evaluations"]
    with pytest.raises(SystemExit, match=r"another runs/sin\.toml"):
        functions.main([*arguments, "--set", "space.max_operations=3"])


@pytest.mark.slow
def test_a_claim_that_does_not_hold_stops_the_command(tmp_path: Path) -> None:
    path = tmp_path / "sin_3ops.json"
    path.write_text(document(3, 1e-9, [beside(3, 1e-3)]).to_json(), encoding="utf-8")
    with pytest.raises(campaigns.StoppedError):
        programs.verify(Problem("sin"), path)
    with pytest.raises(campaigns.StoppedError):
        programs.proved(Problem("sin"), path)
