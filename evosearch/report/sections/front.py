"""The front, as a table and as a picture among what it is compared with."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from evosearch.report import drawing
from evosearch.report.content import Block, Column, Note, Picture, Section, Table
from evosearch.report.drawing import DASHES, INK, PLAIN, SEARCH, SERIES, Label
from evosearch.report.facts import Facts, exact, is_exact, metrics_of
from evosearch.report.numbers import counted, ratio, shown
from evosearch.report.plane import Floats
from evosearch.store.members import Member


def section(facts: Facts) -> Section:
    """Picture and table."""
    if not facts.front:
        return Section("Front", [Note("No individual has been scored successfully yet.")])
    blocks: list[Block] = []
    if (found := picture(facts)) is not None:
        blocks.append(found)
    blocks.append(table(facts))
    return Section("Front", blocks)


def table(facts: Facts) -> Table:
    """One row a member: every figure that is known, the baseline, and the gain over it."""
    plane = facts.plane
    names = [objective.name for objective in facts.record.objectives]
    columns = [Column("id", "number")] + [Column(name, "number") for name in reversed(names)]
    if not plane.own_x:
        columns.insert(1, Column("size", "number"))
    validated = _keys([member.validation for member in facts.front], without=names[1:])
    polished = _keys([metrics_of(member) for member in facts.front])
    polished.sort(key=lambda key: (not is_exact(key, plane.y.name), not key.startswith("float")))
    columns += [Column(f"validation {key.replace('_', ' ')}", "number") for key in validated]
    columns += [Column(key.replace("_", " "), "number") for key in polished]
    known = bool(facts.companion.baselines)
    if known:
        columns += [Column("best baseline", "number"), Column("gain", "number")]
    columns.append(Column("expression", "code"))
    rows = []
    for member in sorted(facts.front, key=lambda member: plane.point(member)[0]):
        row = [str(member.id), *(shown(member.objectives[name]) for name in reversed(names))]
        if not plane.own_x:
            row.insert(1, shown(member.size))
        row += [shown((member.validation or {}).get(key)) for key in validated]
        row += [shown(metrics_of(member).get(key)) for key in polished]
        if known:
            row += _against_baseline(facts, member)
        rows.append([*row, member.expression or ""])
    ids = [row[0] for row in rows]
    chosen = str(facts.chosen.id) if facts.chosen is not None else ""
    marked = ids.index(chosen) if chosen in ids else None
    return Table(columns, rows, _table_caption(facts, polished, marked), marked)


def _keys(
    metrics: Sequence[Mapping[str, object] | None], without: Sequence[str] = ()
) -> list[str]:
    keys: dict[str, None] = {}
    for each in metrics:
        keys |= dict.fromkeys(each or {})
    return [key for key in keys if key not in without]


def _against_baseline(facts: Facts, member: Member) -> list[str]:
    known, _ = facts.baseline(facts.plane.point(member)[0])
    gain = facts.plane.gain(exact(member, facts.plane.y.name), known)
    return [shown(known), ratio(gain) if facts.plane.log else shown(gain)]


def _table_caption(facts: Facts, polished: Sequence[str], marked: int | None) -> str:
    y = facts.plane.y.name
    parts = [f"{y}: as the search saw it"]
    if any(member.validation for member in facts.front):
        parts.append("validation: on data that never selected")
    if polished:
        parts.append("then what the constants achieve after the high-precision polish")
    if facts.companion.baselines:
        parts.append(
            f"best baseline: the best one that is no worse in {facts.plane.x.name}; gain: the "
            f"baseline over the member's {'polished' if polished else 'validated'} {y}"
        )
    if marked is not None:
        parts.append("the marked row is looked at below")
    return "; ".join(parts)[0].upper() + "; ".join(parts)[1:] + "."


def picture(facts: Facts) -> Picture | None:
    """The front among baselines and random search."""
    plane = facts.plane
    front = _points(facts, [plane.point(member) for member in facts.front])
    if not len(front):
        return None
    polished = _points(
        facts, [(plane.point(m)[0], exact(m, plane.y.name)) for m in facts.front if m.polish]
    )
    families, others = _families(facts, front[:, 0].max())
    rival = _rival(facts)

    def paint(axes: Axes) -> None:
        every = np.concatenate([front, polished, rival, *families.values()])
        drawing.axis(axes, "x", every[:, 0], log=plane.log_x)
        drawing.axis(axes, "y", every[:, 1], log=plane.log)
        axes.set_title(plane.y.name)
        axes.set_xlabel(plane.x.name)
        end = front[-1, 0] if plane.x.direction == "minimize" else None
        labels = []
        for number, (name, points) in enumerate(families.items()):
            labels.append(_series(facts, axes, name, points, SERIES[number], number, end))
        if len(rival):
            labels.append(_series(facts, axes, "random search", rival, PLAIN, 0, end))
        best = polished if len(polished) == len(front) else front
        name = "this search" if best is front else "this search, polished"
        labels.append(_series(facts, axes, name, best, SEARCH, 0, end, strong=True))
        if best is not front:
            axes.plot(*front.T, "o", mfc="none", mec=INK, ms=9, mew=1, zorder=2)
        drawing.label_ends(axes, labels)

    return drawing.draw(
        paint,
        "front",
        _caption(facts, len(polished) == len(front), len(rival) > 0, others),
        f"{plane.y.name} over {plane.x.name} of the front, baselines and random search",
        size=(8.6, 5.0),
    )


def _series(
    facts: Facts,
    axes: Axes,
    name: str,
    points: Floats,
    colour: str,
    number: int,
    end: float | None,
    *,
    strong: bool = False,
) -> Label:
    line = points if end is None else np.append(points, [[end, points[-1, 1]]], axis=0)
    axes.plot(
        *line.T,
        markevery=slice(len(points)),
        drawstyle=facts.plane.steps,
        color=colour,
        linestyle="-" if strong else DASHES[number],
        linewidth=2.6 if strong else 1.5,
        marker="o" if strong else "os^Dv"[number],
        markersize=6 if strong else 3.5,
        zorder=4 if strong else 3,
    )
    return Label(float(points[-1, 1]), name, colour)


def _points(facts: Facts, pairs: Sequence[tuple[float, float]]) -> Floats:
    """Those that can be drawn, by ascending x."""
    points = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    drawn = drawing.finite(points[:, 0], log=facts.plane.log_x)
    points = points[drawn & drawing.finite(points[:, 1], log=facts.plane.log)]
    return points[np.argsort(points[:, 0], kind="stable")]


def _families(facts: Facts, reach: float) -> tuple[dict[str, Floats], list[str]]:
    """Points by family up to x = ``reach``, from best to worst; names of those left out.

    As many as there are colours: the best, the worst, and evenly spread ones between.
    """
    found = {}
    for family in dict.fromkeys(known.family for known in facts.companion.baselines):
        points = _family(facts, family)
        points = points[points[:, 0] <= reach]
        if len(points):
            found[family] = points
    sign = 1.0 if facts.plane.y.direction == "minimize" else -1.0
    names = sorted(found, key=lambda name: sign * facts.plane.best(found[name][:, 1]))
    places = np.linspace(0, len(names) - 1, min(len(SERIES), len(names))).round().astype(int)
    drawn = [names[place] for place in places]
    return {name: found[name] for name in drawn}, [name for name in names if name not in drawn]


def _family(facts: Facts, family: str) -> Floats:
    known = [b for b in facts.companion.baselines if b.family == family]
    pairs = [point for b in known if (point := facts.plane.named(b.objectives)) is not None]
    points = _points(facts, pairs)
    return np.stack(facts.plane.attained(*points.T), axis=1) if len(points) else points


def _rival(facts: Facts) -> Floats:
    if facts.random is None:
        return np.zeros((0, 2))
    run = facts.random.within(facts.equal_evaluations)
    return np.stack(facts.plane.attained(run.x, run.y), axis=1)


def _caption(facts: Facts, polished: bool, rival: bool, left_out: Sequence[str]) -> str:
    plane = facts.plane
    best = facts.front[0]
    x = plane.point(best)[0]
    parts = [
        f"{counted(len(facts.front), 'member')}, down to {plane.y.name} "
        f"{shown(exact(best, plane.y.name))} at {plane.x.name} {shown(x)}"
    ]
    if polished:
        parts.append("filled: polished constants; rings: as the search saw them")
    known, name = facts.baseline(x)
    if math.isfinite(known):
        parts.append(f"best baseline there: {shown(known)} ({name})")
    if rival and facts.random is not None:
        reached = facts.random.within(facts.equal_evaluations).best(plane, x)
        parts.append(
            f"random search, with {counted(int(facts.equal_evaluations), 'evaluation')} as well: "
            f"{shown(reached)}"
        )
    if left_out:
        parts.append(f"not drawn: {', '.join(left_out)}")
    return "; ".join(parts) + "."
