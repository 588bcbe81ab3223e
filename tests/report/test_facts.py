"""What is computed from a history, against counts by hand."""

from dataclasses import replace

import numpy as np
import pytest
from histories import ERROR, OPERATIONS, facts, history, member

from evosearch.contracts import Objective
from evosearch.report.companion import companion
from evosearch.report.facts import Run, exact
from evosearch.report.plane import Plane
from evosearch.report.sections import convergence, lineage, operators
from evosearch.report.sections.front import table
from evosearch.store.members import Edge


def test_operators_are_counted_in_every_chain_they_take_part_in():
    counts = operators.count(facts())
    births = {name: each.births for name, each in counts.items()}
    assert births == {"random": 3, "insert": 3, "rewire": 2, "graft": 1}
    assert counts["random"].scored == 2
    # 1, 2 became parents; 4 too; 7 and 8 ended on the front; 5 and 6 came to nothing
    assert {name: each.kept for name, each in counts.items()} == {
        "random": 2,
        "insert": 2,
        "rewire": 1,
        "graft": 0,
    }
    # 7 dominates 4; 4 and 8 are better but larger; 6 equals its parent
    assert {name: each.improved for name, each in counts.items()} == {
        "random": 0,
        "insert": 0,
        "rewire": 1,
        "graft": 0,
    }
    assert counts["random"].descended == 0


def test_who_was_on_the_front_after_its_generation():
    assert operators.on_front(facts()).tolist() == [
        *(True, True, False),
        *(True, False, False),
        *(True, True),
    ]


def test_improvement_follows_the_direction_of_an_objective():
    made = facts()
    objectives = (replace(ERROR, direction="maximize"), OPERATIONS)
    made = replace(made, record=replace(made.record, objectives=objectives))
    assert operators.count(made)["rewire"].improved == 0


def test_the_line_of_first_parents_and_its_gains():
    steps = lineage.line(facts(), member(8))
    assert [step.member.id for step in steps] == [1, 4, 8]
    assert np.isnan(steps[0].gain)
    assert [step.gain for step in steps[1:]] == pytest.approx([10.0, 100.0])
    detour = [member(8), member(5, parents=[4]), member(4), member(1)]
    edges = [Edge(8, 5, "a", 0), Edge(5, 4, "b", 0), Edge(4, 1, "c", 0)]
    *_, worse, last = lineage.line(facts(ancestors=detour, edges=edges), member(8))
    assert (worse.gain, worse.advance) == pytest.approx((0.1 / 0.6, 0.1 / 0.6))
    assert (last.gain, last.advance) == pytest.approx((600.0, 100.0))


def test_of_a_long_line_the_steps_that_changed_most_are_shown():
    made = facts()
    gains = [np.nan, *np.linspace(1.0, 5.0, 98), 1.0]
    steps = [lineage.Step(member(8), 1.0, 1.0, gain) for gain in gains]
    kept = lineage._notable(made, steps)
    assert kept[0] is steps[0]
    assert kept[-1] is steps[-1]
    assert {step.gain for step in kept[1:-1]} == set(gains[-23:-1])


def test_search_and_random_search_are_compared_at_equal_evaluations():
    made = facts()
    assert made.search.spent.tolist() == [1, 2, 3, 4, 5, 5, 6, 7]  # the reused one cost nothing
    assert made.equal_evaluations == 2
    assert made.random is not None
    [first, second, third] = convergence.against_random(made, made.random, [1, 2, 4]).rows
    assert first[1:3] == ["1", "2"]
    assert second[1:] == ["0.5", "0.2", "0.4×"]  # 0.01 came later than the second evaluation
    assert third[1:3] == ["0.5", "0.2"]


def test_the_running_best_of_a_level_ends_where_the_search_does():
    made = facts()
    line = convergence._line(made, made.search, 2.0)
    assert line.tolist() == [[1, 1.0], [2, 0.5], [4, 0.1], [6, 0.01], [7, 0.01]]


def test_the_best_baseline_that_is_no_larger():
    made = facts()
    assert np.isnan(made.baseline(1)[0])
    assert made.baseline(2) == (0.05, "polynomial, degree 1")
    assert made.baseline(3) == (0.04, "ratio, [1/1]")
    assert made.baseline(9) == (0.02, "polynomial, degree 2")


def test_what_a_member_is_worth():
    metrics = {"float64_error": 3.0, "levelled": 1.0, "max_relative_error": 2.0}
    polish = {"constants": ["1"], "metrics": metrics}
    validation = {"error": 4.0}
    assert exact(member(8), "error") == 0.001
    validated = replace(member(8), validation=validation, validation_status="ok")
    assert exact(validated, "error") == 4.0
    failed = replace(member(8), validation=validation, validation_status="nonfinite")
    assert exact(failed, "error") == 0.001
    assert exact(replace(validated, polish=polish), "error") == 2.0


def test_the_front_table_has_every_figure_and_the_gain_of_the_best_one():
    metrics = {"float32_error": 0.003, "max_relative_error": 0.0005}
    front = [replace(member(8), polish={"constants": [], "metrics": metrics}), member(1)]
    made = table(facts(front=front))
    headings = [column.heading for column in made.columns]
    assert headings == [
        *("id", "operations", "error", "max relative error", "float32 error"),
        *("best baseline", "gain", "expression"),
    ]
    assert made.rows[0] == ["1", "1", "1", "–", "–", "–", "–", "expression 1"]
    assert made.rows[1][3:7] == ["0.0005", "0.003", "0.02", "40×"]
    assert made.marked == 1


def test_a_plane_of_objectives_that_are_maximised():
    accuracy = Objective("accuracy", "maximize")
    speed = Objective("speed", "maximize")
    plane = Plane.of((accuracy, speed), history())
    assert not plane.log
    x, y = np.array([1.0, 2.0, 3.0, 2.0]), np.array([0.9, 0.8, 0.5, 0.1])
    assert [column.tolist() for column in plane.attained(x, y)] == [[1, 2, 3], [0.9, 0.8, 0.5]]
    assert plane.at_least_as_good(x, 2.0).tolist() == [False, True, True, True]
    assert plane.running_best(np.array([np.nan, 0.2, 0.1, 0.4])).tolist()[1:] == [0.2, 0.2, 0.4]
    assert plane.gain(0.9, 0.5) == pytest.approx(0.4)
    assert plane.steps == "steps-pre"


def test_one_objective_is_drawn_over_the_size():
    plane = Plane.of((ERROR,), history())
    assert plane.x.name == "size"
    assert plane.point(member(8)) == (4.0, 0.001)


@pytest.mark.parametrize(
    ("objective", "lowest", "log"),
    [
        (ERROR, 1e-3, True),
        (ERROR, 0.0, False),  # nothing that is 0 can be drawn so
        (Objective("loss"), 1e-3, False),
        (Objective("loss"), 1e-9, True),  # it spans too much
    ],
)
def test_what_is_drawn_logarithmically(objective, lowest, log):
    made = history()
    made.objectives[7, 0] = lowest
    assert Plane.of((objective, OPERATIONS), made).log is log


def test_equal_columns_for_a_run_without_individuals():
    empty = history([])
    run = Run.of("empty", empty, Plane.of((ERROR, OPERATIONS), empty))
    assert run.evaluations == 0.0
    assert operators.count(facts(search=run)) == {}


def test_a_plugin_that_a_database_names_by_file_is_not_loaded(tmp_path):
    (tmp_path / "trap.py").write_text("raise SystemExit('this ran')")
    config = {
        "space": {"use": "hyperparameters", "genes": {}},
        "evaluator": {"use": "./trap.py:evaluate"},
        "base": str(tmp_path),
    }
    found = companion(config, {})
    assert not found.baselines
    assert found.curves is None
    assert "--load-plugins" in found.missing


def test_an_evaluator_that_cannot_be_made_is_told_of():
    config = {"space": {"use": "nowhere"}, "evaluator": {"use": "nobody"}}
    assert "nowhere" in companion(config, {}).missing
