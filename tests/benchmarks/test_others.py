"""The other benchmarks at tiny sizes, and the command that runs them all."""

import numpy as np
import pytest

pytest.importorskip("benchmarks")

from benchmarks import __main__ as all_of_them
from benchmarks import first_generation, scale
from benchmarks.generation import __main__ as generation
from benchmarks.generation import course, operon, ours, trees
from benchmarks.tables import number, table

CHILDREN = 48


@pytest.fixture
def _small(monkeypatch):
    for module in (ours, operon, trees):
        monkeypatch.setattr(module, "POPULATION", CHILDREN)


def test_names_are_benchmarks():
    names = all_of_them.names()
    assert names[:4] == ["throughput", "generation", "first_generation", "scale"]
    assert not {"tables", "__main__"} & set(names)


def test_tables_go_between_the_comments_that_name_them():
    page = (
        "a\n<!-- made by python -m benchmarks.scale -->\n\nold\n\n<!-- end -->\nb\n<!-- end -->\n"
    )
    assert all_of_them.written(page, "scale", "| new \\1 |") == page.replace("old", "| new \\1 |")
    assert all_of_them.written(page, "throughput", "| new |") == page


def test_unknown_benchmark_is_refused():
    with pytest.raises(SystemExit):
        all_of_them.main(["nothing"])


@pytest.mark.parametrize("most", [1e6, 1e9])
def test_cells_keep_their_bound(most):
    cells = scale.cells(most)
    assert {points for _, _, points, _ in cells} >= {10, 10**6}
    assert {programs for _, programs, _, _ in cells} >= {100, 10**4}
    assert {length for *_, length in cells} >= {5, 500}
    for _, programs, points, length in cells:
        assert programs * points * length <= max(most, points * length, programs * length)
        assert points >= 1


def test_cell_tells_cost_and_memory(monkeypatch):
    monkeypatch.setattr(scale, "SECONDS", 0.0)
    cell = scale.cell(20, 32, 5)
    assert cell["ns"] * 1e-9 * 20 * 32 * cell["length"] == pytest.approx(cell["seconds"])
    assert cell["peak_mb"] > 0
    marked = scale.text([{"axis": "points", **cell, "ratio": 3.0}])
    assert "dispatch" in marked


def test_first_generation_scores_what_was_written(tmp_path):
    file = tmp_path / "first.npz"
    first_generation._write(file)
    found = first_generation.process(file)
    assert found["times"] == sorted(found["times"])
    assert len(found["times"]) == len(first_generation.SPANS)


@pytest.mark.usefixtures("_small")
def test_our_search_counts_what_it_scored():
    found = ours.ours(2)
    assert len(found.seconds) == len(found.evaluations) == len(found.functions)
    assert all(0 < n <= CHILDREN for n in found.evaluations)
    assert 0 < found.document()["profile"]["score"] < 1
    assert np.isfinite(found.best)


@pytest.mark.usefixtures("_small")
def test_search_of_pyoperon_runs_every_generation():
    pytest.importorskip("pyoperon")
    found = operon.pyoperon(2, 1)
    assert len(found.seconds) == len(found.evaluations) == len(found.functions) == 2
    assert np.isfinite(found.best)


@pytest.mark.usefixtures("_small")
def test_search_of_deap_runs_every_generation():
    found = trees.deap(2)
    assert len(found.seconds) == len(found.evaluations) == len(found.functions) == 2
    assert all(0 < n <= CHILDREN for n in found.evaluations)
    assert np.isfinite(found.best)


def test_rates_of_a_search():
    found = course.Course([1.0, 3.0], [10, 30], [5.0, 5.0], 0.5, {"score": 2.0}).document()
    assert found["gpops"] == pytest.approx(40 * 5 * 10_000 / 4 / 1e9)
    assert found["evaluations_per_second"] == 10
    assert found["profile"] == {"score": 0.5}


def test_missing_search_has_no_ratio(monkeypatch):
    one = course.Course([1.0], [10], [5.0], 0.5, {"score": 0.5}).document()

    def alone(name: str, generations: int) -> dict:
        if name.startswith("pyoperon"):
            raise generation.subprocess.CalledProcessError(1, "python", stderr="No module\n")
        return one

    monkeypatch.setattr(generation, "_alone", alone)
    found = generation.measure(1, 2)
    assert found["ratio_pyoperon_1"] is None
    assert found["ratio_deap"] == 1
    assert "left out: No module" in generation.text(found)


def test_numbers_as_people_write_them():
    assert [number(v) for v in (0.01234, 12.34, 1234.5, 2e7, None, 0)] == [
        "0.0123",
        "12.3",
        "1,230",
        "2e+07",
        "–",
        "0",
    ]
    assert table(["a", "b"], [["x", "1"]]).splitlines()[1] == "| --- | --: |"
