"""How good the best was after how many evaluations, beside random search."""

import math

import numpy as np
from matplotlib.axes import Axes

from evosearch.report import drawing
from evosearch.report.content import Block, Column, Picture, Section, Table
from evosearch.report.drawing import SERIES, Label
from evosearch.report.facts import Facts, Run
from evosearch.report.numbers import counted, ratio, shown
from evosearch.report.plane import Floats

_MOST = 5


def section(facts: Facts) -> Section | None:
    """Picture, and a table against random search where there is one."""
    levels = front_levels(facts)
    picture = _picture(facts, levels)
    if picture is None:
        return None
    blocks: list[Block] = [picture]
    if facts.random is not None:
        blocks.append(against_random(facts, facts.random, levels))
    return Section("Convergence", blocks)


def front_levels(facts: Facts) -> list[float]:
    """Where results are compared: the front's own x, or one level that everything passes."""
    found = facts.plane.levels(np.array([facts.plane.point(member)[0] for member in facts.front]))
    return found or [math.inf if facts.plane.x.direction == "minimize" else -math.inf]


def against_random(facts: Facts, random: Run, levels: list[float]) -> Table:
    """The best of both at each level, with as many evaluations."""
    plane, spent = facts.plane, facts.equal_evaluations
    ours, theirs = facts.search.within(spent), random.within(spent)
    rows = []
    for level in levels:
        best, other = ours.best(plane, level), theirs.best(plane, level)
        gain = plane.gain(best, other)
        times = ratio(gain) if plane.log else shown(gain)
        rows.append([_at_most(facts, level), shown(best), shown(other), times])
    return Table(
        [
            Column(plane.x.name),
            Column(f"{plane.y.name}, this search", "number"),
            Column(f"{plane.y.name}, random search", "number"),
            Column("gain", "number"),
        ],
        rows,
        f"Search against random search ({random.name}) with "
        f"{counted(int(spent), 'evaluation')} each: same space, same evaluator, same refinement. "
        f"{plane.y.name.capitalize()}: as searched.",
    )


def _at_most(facts: Facts, level: float) -> str:
    if not math.isfinite(level):
        return "any"
    return ("at most " if facts.plane.x.direction == "minimize" else "at least ") + shown(level)


def _picture(facts: Facts, levels: list[float]) -> Picture | None:
    chosen = _some(levels)
    lines = [_line(facts, facts.search, level) for level in chosen]
    rival = facts.random
    others = [_line(facts, rival, level) for level in chosen] if rival is not None else []
    if not any(len(line) for line in lines):
        return None

    def paint(axes: Axes) -> None:
        every = np.concatenate([line for line in [*lines, *others] if len(line)])
        drawing.axis(axes, "x", every[:, 0], log=True)
        drawing.axis(axes, "y", every[:, 1], log=facts.plane.log)
        labels = []
        for colour, level, line in zip(SERIES, chosen, lines, strict=False):
            if len(line):
                axes.plot(*line.T, drawstyle="steps-post", color=colour)
                labels.append(Label(float(line[-1, 1]), _name(facts, level), colour))
        for colour, line in zip(SERIES, others, strict=False):
            if len(line):
                axes.plot(*line.T, drawstyle="steps-post", color=colour, ls=(0, (2, 1.6)), lw=1.2)
        axes.set_title(f"best {facts.plane.y.name} so far")
        axes.set_xlabel("evaluations")
        axes.margins(x=0.01)
        drawing.label_ends(axes, labels)

    ends = [
        f"{_name(facts, level)}: {shown(float(line[-1, 1]))} since evaluation "
        f"{shown(float(line[-2, 0] if len(line) > 1 else line[0, 0]))}"
        for level, line in zip(chosen, lines, strict=True)
        if len(line)
    ]
    dashed = " Dashed: random search." if others else ""
    return drawing.draw(
        paint,
        "convergence",
        "; ".join(ends) + "." + dashed,
        f"best {facts.plane.y.name} over evaluations",
    )


def _some(levels: list[float]) -> list[float]:
    places = np.unique(np.linspace(0, len(levels) - 1, min(_MOST, len(levels))).round())
    return [levels[int(place)] for place in places]


def _name(facts: Facts, level: float) -> str:
    if not math.isfinite(level):
        return "best"
    name = facts.plane.x.name
    return f"{shown(level)} {name}" if name.endswith("s") else f"{name} {shown(level)}"


def _line(facts: Facts, run: Run, level: float) -> Floats:
    """(evaluations, best so far) at each improvement, and at the end."""
    plane = facts.plane
    y = np.where(plane.at_least_as_good(run.x, level), run.y, np.nan)
    best = plane.running_best(y)
    changed = np.flatnonzero(np.append(np.isfinite(best[:1]), best[1:] != best[:-1]))
    rows = [row for row in [*changed.tolist(), len(best) - 1] if np.isfinite(best[row])]
    points = np.stack([np.maximum(run.spent[rows], 1.0), best[rows]], axis=1)
    return points[drawing.finite(points[:, 1], log=plane.log)]
