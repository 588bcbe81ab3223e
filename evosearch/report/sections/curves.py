"""The error of front members over the interval."""

import numpy as np
from matplotlib.axes import Axes

from evosearch.report import drawing
from evosearch.report.content import Picture, Section
from evosearch.report.drawing import INK, SERIES, Label
from evosearch.report.facts import Facts
from evosearch.report.numbers import shown
from evosearch.report.plane import Floats
from evosearch.report.sections.summary import place
from evosearch.store.members import Member

_MOST = 4


def section(facts: Facts) -> Section | None:
    """One picture: absolute errors, logarithmic, so that a dip is a point of no error."""
    if facts.companion.curves is None or not facts.front:
        return None
    members = _some(sorted(facts.front, key=lambda member: facts.plane.point(member)[0]))
    x, errors = facts.companion.curves([facts.genomes[member.id] for member in members])
    errors = np.abs(errors)
    rows = [row for row in range(len(members)) if np.any(errors[row] > 0)]
    if not rows:
        return None
    members, errors = [members[row] for row in rows], errors[rows]
    return Section("Error over the interval", [_picture(facts, members, x, errors)])


def _some(members: list[Member]) -> list[Member]:
    """At most four, evenly spread, the ends among them."""
    places = np.unique(np.linspace(0, len(members) - 1, min(_MOST, len(members))).round())
    return [members[int(place)] for place in places]


def _picture(facts: Facts, members: list[Member], x: Floats, errors: Floats) -> Picture:
    finite = np.where(np.isfinite(errors) & (errors > 0), errors, np.nan)
    highest = np.nanmax(finite, axis=1)

    def paint(axes: Axes) -> None:
        # four decades below each curve's top: deeper dips say nothing
        drawn = np.where(finite < highest[:, None] * 1e-4, highest[:, None] * 1e-4, finite)
        drawing.axis(axes, "x", x, log=False)
        drawing.axis(axes, "y", drawn[np.isfinite(drawn)], log=True)
        labels = []
        for row, member in enumerate(members):
            axes.plot(x, drawn[row], color=SERIES[row], linewidth=1.4)
            labels.append(Label(float(highest[row]), place(facts, member), SERIES[row]))
        axes.set_title(f"absolute value of the {facts.plane.y.name} in float64", color=INK)
        axes.set_xlabel("x")
        axes.margins(x=0)
        drawing.label_ends(axes, labels)

    tops = "; ".join(
        f"{place(facts, member)}: {shown(float(top))} at x = {shown(float(x[np.nanargmax(row)]))}"
        for member, top, row in zip(members, highest, finite, strict=True)
    )
    return drawing.draw(
        paint,
        "curves",
        f"Largest error on {len(x):,} points, as run in float64: {tops}. "
        "Peaks of equal height mean that no constant can be moved without losing.",
        "error of front members over the interval",
    )
