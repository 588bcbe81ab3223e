"""Who the ancestors of the chosen member are, and what each step gained."""

import math
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes

from evosearch import lineage
from evosearch.report import drawing
from evosearch.report.content import Block, Code, Column, Paragraph, Picture, Section, Table
from evosearch.report.drawing import INK, SEARCH
from evosearch.report.facts import Facts
from evosearch.report.numbers import counted, ratio, shown
from evosearch.report.sections.summary import place
from evosearch.store.members import Member

_MOST_ROWS = 24
_MOST_NAMES = 7


@dataclass(frozen=True)
class Step:
    """One individual of the line.

    Attributes:
        gain: How much better than its first parent it is; NaN at the start of the line.
        advance: The same against the best of all individuals before it on the line.
    """

    member: Member
    x: float
    y: float
    gain: float = math.nan
    advance: float = math.nan


def section(facts: Facts) -> Section | None:
    """Sentences, a picture of the line of first parents, and a table of its steps."""
    member = facts.chosen
    if member is None or not facts.ancestors:
        return None
    steps = line(facts, member)
    blocks: list[Block] = [Paragraph(_sentence(facts, member, steps))]
    if member.expression:
        blocks.append(Code(member.expression))
    if len(steps) > 1:
        if (picture := _picture(facts, steps)) is not None:
            blocks.append(picture)
        blocks.append(_table(facts, steps))
    return Section(f"Descent of individual {member.id}", blocks)


def line(facts: Facts, member: Member) -> list[Step]:
    """From the oldest first parent to the member itself."""
    members = {each.id: each for each in facts.ancestors}
    view = lineage.graph(facts.ancestors, facts.edges)
    steps: list[Step] = []
    for id in lineage.primary_line(view, member.id):
        x, y = facts.plane.point(members[id])
        step = Step(members[id], x, y)
        if steps:
            best = facts.plane.best(np.array([earlier.y for earlier in steps]))
            gain = facts.plane.gain(y, steps[-1].y)
            step = replace(step, gain=gain, advance=facts.plane.gain(y, best))
        steps.append(step)
    return steps


def _sentence(facts: Facts, member: Member, steps: list[Step]) -> str:
    y = facts.plane.y.name
    first = steps[0].member
    text = (
        f"Individual {member.id} ({place(facts, member)}, {y} {shown(steps[-1].y)}) was born in "
        f"generation {shown(member.generation)} and has "
        f"{counted(len(facts.ancestors) - 1, 'stored ancestor')}. "
    )
    if len(steps) == 1:
        return text + f"It was made by {member.operator}."
    return text + (
        f"Its line of first parents goes back {counted(len(steps) - 1, 'step')} to individual "
        f"{first.id} of generation {shown(first.generation)}, made by {first.operator}, with "
        f"{y} {shown(steps[0].y)} at {place(facts, first)}."
    )


def _table(facts: Facts, steps: list[Step]) -> Table:
    plane = facts.plane
    kept = _notable(facts, steps)
    rows = []
    for step in kept:
        gain = "–" if math.isnan(step.gain) else (ratio if plane.log else shown)(step.gain)
        others = ", ".join(map(str, step.member.parents[1:])) or "–"
        birth = [str(step.member.id), shown(step.member.generation), step.member.operator, others]
        rows.append([*birth, shown(step.x), shown(step.y), gain, step.member.expression or ""])
    columns = [
        Column("id", "number"),
        Column("generation", "number"),
        Column("operator", "code"),
        Column("other parents", "number"),
        Column(plane.x.name, "number"),
        Column(plane.y.name, "number"),
        Column("gain", "number"),
        Column("expression", "code"),
    ]
    caption = f"Gain: the first parent's {plane.y.name} over the child's; below 1 it got worse."
    if not plane.log:
        caption = f"Gain: how much better than its first parent's {plane.y.name}."
    if len(kept) < len(steps):
        caption += f" {len(steps) - len(kept)} steps that changed least are left out."
    return Table(columns, rows, caption, len(rows) - 1)


def _notable(facts: Facts, steps: list[Step]) -> list[Step]:
    """The ends and the steps that changed most, in order."""
    if len(steps) <= _MOST_ROWS:
        return steps
    size = [math.inf, *(_size(facts, step) for step in steps[1:-1]), math.inf]
    rows = np.sort(np.argsort(-np.array(size), kind="stable")[:_MOST_ROWS])
    return [steps[row] for row in rows]


def _size(facts: Facts, step: Step) -> float:
    if not math.isfinite(step.gain) or (facts.plane.log and step.gain <= 0):
        return 0.0
    return abs(math.log(step.gain)) if facts.plane.log else abs(step.gain)


def _picture(facts: Facts, steps: list[Step]) -> Picture | None:
    y = np.array([step.y for step in steps])
    drawn = drawing.finite(y, log=facts.plane.log)
    generation = np.array([float(step.member.generation) for step in steps])
    if drawn.sum() < 2:
        return None
    none = 1.0 if facts.plane.log else 0.0
    named = [row for row in np.flatnonzero(drawn).tolist() if steps[row].advance > none]
    named = sorted(named, key=lambda row: -steps[row].advance)[:_MOST_NAMES]

    def paint(axes: Axes) -> None:
        drawing.axis(axes, "x", generation, log=False)
        drawing.axis(axes, "y", y[drawn], log=facts.plane.log)
        axes.plot(generation[drawn], y[drawn], "o-", color=SEARCH, markersize=4, linewidth=1.5)
        for row in named:
            rises = row + 1 < len(y) and y[row + 1] > y[row]
            axes.annotate(
                steps[row].member.operator,
                (generation[row], y[row]),
                xytext=(6, -13 if rises else 5),
                textcoords="offset points",
                fontsize=9,
                color=INK,
            )
        axes.set_title(facts.plane.y.name)
        axes.set_xlabel("generation")

    caption = (
        f"From {shown(steps[0].y)} to {shown(steps[-1].y)} in {counted(len(steps) - 1, 'step')}."
    )
    if named:
        best = steps[named[0]]
        advance = ratio(best.advance) if facts.plane.log else shown(best.advance)
        caption += (
            f" The largest advance over everything before it on the line, {advance}, was made by "
            f"{best.member.operator} in generation {shown(best.member.generation)}. "
            "Named: the operators of the largest advances."
        )
    description = f"{facts.plane.y.name} along the line of first parents"
    return drawing.draw(paint, "descent", caption, description)
