"""What was searched, and what came of it, in a few sentences of numbers."""

import math
from typing import Any

from evosearch.report import toml
from evosearch.report.content import Block, Column, Note, Paragraph, Section, Table
from evosearch.report.facts import Facts, exact
from evosearch.report.numbers import counted, duration, ratio, shown

_TIE = 1e-3
_LONGEST = 400


def section(facts: Facts) -> Section:
    """Sentences, the most important settings, and the state."""
    blocks: list[Block] = []
    if facts.record.notes:
        blocks.append(Paragraph(facts.record.notes))
    blocks.append(Paragraph(" ".join([effort(facts), result(facts)])))
    if compared := comparisons(facts):
        blocks.append(Paragraph(compared))
    if facts.companion.missing:
        blocks.append(Note(facts.companion.missing))
    if facts.status["state"] != "finished":
        blocks.append(Note(f"The campaign is {facts.status['state']}: this is not its end."))
    blocks.append(_settings(facts))
    return Section("Summary", blocks)


def effort(facts: Facts) -> str:
    """How long it searched."""
    status = facts.status
    if status["generation"] is None:
        return "Nothing has been committed yet."
    spent = duration(status["seconds"] or 0.0)
    failed, reused = status.get("failed") or 0, status.get("reused") or 0
    return (
        f"Up to generation {shown(status['generation'])} the search scored "
        f"{counted(status['evaluations'], 'individual')} in {spent}; {shown(reused)} scores were "
        f"known already and {shown(failed)} could not be computed."
    )


def result(facts: Facts) -> str:
    """The two ends of the front."""
    plane, front = facts.plane, facts.front
    if not front:
        return "The front is empty."
    ends = [front[0]] if len(front) == 1 else [front[0], front[-1]]
    words = [f"{plane.y.name} {shown(exact(m, plane.y.name))} at {place(facts, m)}" for m in ends]
    return f"The front has {counted(len(front), 'individual')}: " + " to ".join(words) + "."


def comparisons(facts: Facts) -> str:
    """How the front stands against baselines, and against random search."""
    return " ".join(filter(None, [_against_baselines(facts), _against_random(facts)]))


def _against_baselines(facts: Facts) -> str:
    plane, gains = facts.plane, []
    for member in facts.front:
        known, name = facts.baseline(plane.point(member)[0])
        gain = plane.gain(exact(member, plane.y.name), known)
        if math.isfinite(gain):
            gains.append((gain, member, name))
    if not gains:
        return ""
    even = 1.0 if plane.log else 0.0
    better = [entry for entry in gains if entry[0] > even + _TIE]
    worse = [entry for entry in gains if entry[0] < even - _TIE]
    text = (
        f"{counted(len(gains), 'member')} can be held against baselines that are no worse in "
        f"{plane.x.name}: the best such baseline is beaten by {len(better)}, equalled by "
        f"{len(gains) - len(better) - len(worse)}, and better than {len(worse)}."
    )
    if better:
        gain, member, name = max(better, key=lambda entry: entry[0])
        times = f"{ratio(gain)} smaller" if plane.log else f"{shown(gain)} better"
        text += f" The largest gain is at {place(facts, member)}: {times} ({name})."
    return text


def _against_random(facts: Facts) -> str:
    if facts.random is None or not facts.front:
        return ""
    plane, spent = facts.plane, facts.equal_evaluations
    level = plane.point(facts.front[0])[0]
    ours = facts.search.within(spent).best(plane, level)
    theirs = facts.random.within(spent).best(plane, level)
    return (
        f"With {counted(int(spent), 'evaluation')} each, random search reached {plane.y.name} "
        f"{shown(theirs)} where this search reached {shown(ours)}."
    )


def place(facts: Facts, member: Any) -> str:
    """``10 operations``, ``size 4``."""
    x, _ = facts.plane.point(member)
    name = facts.plane.x.name
    return (
        f"{shown(x)} {name}" if facts.plane.own_x and name.endswith("s") else f"{name} {shown(x)}"
    )


def _settings(facts: Facts) -> Table:
    config, status = facts.record.config, facts.status
    rows = [
        ["State", str(status["state"])],
        ["Started", str(status["started"] or "–")],
        ["Seed", str(facts.record.seed)],
        ["Objectives", ", ".join(f"{o.direction} {o.name}" for o in facts.record.objectives)],
    ]
    for key, name in (("space", "Space"), ("evaluator", "Evaluator"), ("algorithm", "Algorithm")):
        rows.append([name, _options(config.get(key, {}))])
    rows.append(["Budget", _options(config.get("budget", {}))])
    rows.append(["State digest", str(status["digest"] or "–")])
    return Table([Column("Campaign"), Column(facts.record.name, "code")], rows)


def _options(options: dict[str, Any]) -> str:
    """``use: key = value, ...``, leaving out what was not set."""
    named = [
        f"{key} = {toml.value(value)}"
        for key, value in options.items()
        if key != "use" and value not in (None, "", [], {})
    ]
    text = ": ".join(part for part in (options.get("use"), ", ".join(named)) if part)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
