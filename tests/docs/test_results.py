"""The results page: every row stands for a program document, and says what that claims."""

import math
from pathlib import Path

import pytest

pytest.importorskip("benchmarks")

from benchmarks.functions import page, programs
from benchmarks.functions.problems import Problem

FOLDER = Path(__file__).parents[2] / "docs" / "results"
RESULTS = programs.read(FOLDER / "programs")
EACH = pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.path.stem)


def tables(text: str) -> dict[str, list[list[str]]]:
    """Cells of the lines of all tables, by the heading that they stand under."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:].replace(" ", "_")
        elif line.startswith("| ") and not line.startswith("| -"):
            found.setdefault(heading, []).append([cell.strip() for cell in line.split("|")[1:-1]])
    return found


def test_page_is_made_of_the_documents() -> None:
    """After a change of either: python -m benchmarks functions --render."""
    assert (FOLDER / "functions.md").read_text(encoding="utf-8") == page.text(RESULTS, FOLDER)


@EACH
def test_row_agrees_with_the_claims(result: programs.Result) -> None:
    text = (FOLDER / "functions.md").read_text(encoding="utf-8")
    lines = tables(text)[result.problem]
    claims = result.document.claims
    [listed] = [cells for cells in lines if f"programs/{result.path.name})" in cells[0]]
    first = max(programs.FEWEST, claims["operations"])
    [compared] = [cells for cells in lines if cells[0] == str(first)]
    error = claims[result.about["metric"]]
    for cell in (listed[1], compared[1].split(" ")[0]):
        assert float(cell) == pytest.approx(error, rel=1e-3)
    if result.proved is None:
        assert listed[2] == "–"
    else:
        assert error * 0.999 <= result.proved <= float(listed[2]) <= error * 1.01
    assert result.operations == claims["operations"]
    assert result.path.stem == f"{result.problem}_{result.operations}ops"


@EACH
def test_programs_use_the_primitives_of_their_file(result: programs.Result) -> None:
    problem = Problem(result.problem)
    assert {node.op for node in result.document.nodes} <= set(problem.primitives)
    assert problem.file.is_file()
    assert problem.shown_file in result.about["command"]
    assert math.isfinite(result.error)


@pytest.mark.slow
@EACH
def test_program_passes_verify(result: programs.Result) -> None:
    if result.proved is not None:
        pytest.importorskip("flint")
    options = [] if result.proved is None else ["--rigorous"]
    outcome = programs.verify(Problem(result.problem), result.path, *options)
    assert outcome["status"] == "ok"
    assert result.about["metric"] in outcome["checks"]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({result.problem for result in RESULTS}))
def test_classical_errors_are_those_of_today(name: str) -> None:
    problem = Problem(name)
    for result in RESULTS:
        if result.problem == name:
            for beside in result.about["beside"]:
                fresh = programs.beside(problem, beside["operations"])
                assert (beside["classical"] is None) == (fresh["classical"] is None)
                if fresh["classical"] is not None:
                    assert beside["classical"]["error"] == pytest.approx(
                        fresh["classical"]["error"], rel=1e-3
                    )
                assert beside["published"] == fresh["published"]
