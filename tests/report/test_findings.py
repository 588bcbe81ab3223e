"""An evaluator's own charts and tables become pictures and tables of the report."""

import numpy as np
from histories import facts, member

from evosearch.contracts import Chart, HeatMap, Panel, Panels, Rows, Series
from evosearch.report.facts import Companion
from evosearch.report.sections import findings

X = np.linspace(1.0, 2.0, 5)


def chart(**changes):
    lines = [Series("policy", X, X**2), Series("oracle", X, X)]
    return Chart("omegas", "omega by shift", "c", "omega", lines, "The policy grows.", **changes)


def test_lines_and_their_names_are_drawn():
    drawn = findings.picture(chart())
    assert drawn.name == "omegas"
    assert drawn.caption == "The policy grows."
    assert all(word in drawn.svg for word in ("policy", "oracle", "omega by shift"))
    assert drawn.png.startswith(b"\x89PNG")


def test_what_a_logarithmic_axis_cannot_show_is_left_out():
    lines = [Series("policy", X, np.array([0.0, -1.0, np.nan, 1.0, 10.0])), Series("none", X, -X)]
    drawn = findings.picture(Chart("a", "b", "c", "d", lines, "", log_y=True))
    assert "policy" in drawn.svg
    assert ">none<" not in drawn.svg


def test_numbers_of_a_table_are_shown_short_and_texts_as_they_are():
    cells = [["Young", 41.73333333], ["CG", 33.0]]
    rows = Rows("Totals", ["method", "iterations"], cells, "Mean.")
    table = findings.table(rows)
    assert [column.kind for column in table.columns] == ["text", "number"]
    assert table.rows == [["Young", "41.73"], ["CG", "33"]]
    assert table.caption == "Totals. Mean."


def test_the_evaluator_is_given_the_front():
    asked = []

    def found(genomes):
        asked.append(genomes)
        return [Rows("t", ["a"], [[1.0]])]

    given = facts(front=[member(7)], companion=Companion(findings=found), genomes={7: b"genome"})
    section = findings.section(given)
    assert asked == [[b"genome"]]
    assert section.title == "Findings"
    assert len(section.blocks) == 1


def test_every_form_of_finding_has_its_place():
    values = np.ones((1, 1))
    found = [
        chart(),
        Rows("t", ["a"], [[1.0]]),
        HeatMap("pairs", "Pairs", ["a"], ["b"], values, "Both."),
        Panels("columns", "Columns", ["this"], [Panel("a", ["x"], values)], "Bars."),
    ]
    companion = Companion(findings=lambda _: found)
    section = findings.section(facts(front=[member(7)], companion=companion, genomes={7: b""}))
    told = [getattr(block, "name", block.caption) for block in section.blocks]
    assert told == ["omegas", "t", "pairs", "columns"]


def test_a_failure_of_the_evaluator_is_told():
    def fails(genomes):
        raise OSError("queries.py is gone")

    given = facts(front=[member(7)], companion=Companion(findings=fails), genomes={7: b""})
    (note,) = findings.section(given).blocks
    assert "OSError: queries.py is gone" in note.text


def test_no_section_without_findings():
    assert findings.section(facts(front=[member(7)])) is None
