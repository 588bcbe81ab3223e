"""What the evaluator itself shows of the front: its own pictures and tables."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from evosearch.contracts import Chart, Finding, HeatMap, Panels, Rows
from evosearch.report import drawing, heat_map, panels
from evosearch.report.content import Block, Column, Note, Picture, Section, Table
from evosearch.report.drawing import DASHES, INK, PLAIN, SEARCH, SERIES, Label
from evosearch.report.facts import Facts
from evosearch.report.numbers import shown
from evosearch.report.plane import Floats


def section(facts: Facts) -> Section | None:
    """Pictures and tables in the evaluator's order; a chart's first line is the search's."""
    if facts.companion.findings is None or not facts.front:
        return None
    try:
        found = facts.companion.findings([facts.genomes[member.id] for member in facts.front])
    except Exception as error:  # foreign code; a report does without it
        return Section("Findings", [Note(f"Left out: {type(error).__name__}: {error}")])
    return Section("Findings", [block(each) for each in found]) if found else None


def block(finding: Finding) -> Block:
    """A finding as part of a report."""
    match finding:
        case Chart():
            return picture(finding)
        case HeatMap():
            return heat_map.picture(finding)
        case Panels():
            return panels.picture(finding)
        case Rows():
            return table(finding)


def table(rows: Rows) -> Table:
    """Texts as they are, numbers to four digits."""
    cells = [[each if isinstance(each, str) else shown(each) for each in row] for row in rows.rows]
    texts = [any(isinstance(row[k], str) for row in rows.rows) for k in range(len(rows.columns))]
    columns = [
        Column(heading, "text" if text else "number")
        for heading, text in zip(rows.columns, texts, strict=True)
    ]
    caption = f"{rows.title}. {rows.caption}" if rows.caption else rows.title
    return Table(columns, cells, caption)


def picture(chart: Chart) -> Picture:
    """Lines with their names at the right end."""

    def paint(axes: Axes) -> None:
        _scale(axes, chart)
        labels = [_line(axes, chart, number) for number in range(len(chart.series))]
        axes.set_title(chart.title, color=INK)
        axes.set_xlabel(chart.x)
        axes.set_ylabel(chart.y)
        axes.margins(x=0)
        drawing.label_ends(axes, [label for label in labels if label is not None])

    return drawing.draw(paint, chart.name, chart.caption, chart.title)


def _scale(axes: Axes, chart: Chart) -> None:
    known = [_drawn(chart, number) for number in range(len(chart.series))]
    drawing.axis(axes, "x", np.concatenate([x for x, _ in known]), log=chart.log_x)
    drawing.axis(axes, "y", np.concatenate([y for _, y in known]), log=chart.log_y)


def _drawn(chart: Chart, number: int) -> tuple[Floats, Floats]:
    """The points of a line that its axes can show."""
    each = chart.series[number]
    x, y = np.asarray(each.x, np.float64), np.asarray(each.y, np.float64)
    seen = drawing.finite(x, log=chart.log_x) & drawing.finite(y, log=chart.log_y)
    return x[seen], y[seen]


def _line(axes: Axes, chart: Chart, number: int) -> Label | None:
    x, y = _drawn(chart, number)
    if not len(x):
        return None
    colour = SEARCH if number == 0 else [*SERIES, PLAIN][min(number - 1, len(SERIES))]
    style: dict[str, Any] = {"linestyle": DASHES[max(number - 1, 0) % len(DASHES)]}
    if chart.marks:
        style = {"linestyle": "", "marker": "o", "markersize": 3}
    width = 2.2 if number == 0 else 1.4
    axes.plot(x, y, color=colour, linewidth=width, zorder=4 if number == 0 else 3, **style)
    return Label(float(y[-1]), chart.series[number].name, colour)
