"""What came of each operator's children."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evosearch.contracts import Status
from evosearch.population import costs_of
from evosearch.report.content import Column, Section, Table
from evosearch.report.facts import Facts
from evosearch.report.numbers import share, shown
from evosearch.selection.pareto import nondominated

Flags = npt.NDArray[np.bool_]


@dataclass
class Count:
    """Children of one operator.

    Attributes:
        births: All of them.
        scored: Those with a score.
        kept: Those that became parents or were on the front after their generation.
        descended: Those with a stored parent.
        improved: Those no worse than their first parent in any objective, better in one.
    """

    births: int = 0
    scored: int = 0
    kept: int = 0
    descended: int = 0
    improved: int = 0


def section(facts: Facts) -> Section | None:
    """A table, most successful operator first."""
    counts = count(facts)
    if not counts:
        return None
    rows = [
        [
            name,
            shown(c.births),
            share(c.scored, c.births),
            shown(c.kept),
            share(c.kept, c.births),
            shown(c.improved) if c.descended else "–",
            share(c.improved, c.descended),
        ]
        for name, c in sorted(counts.items(), key=lambda item: (-_success(item[1]), item[0]))
    ]
    caption = (
        "Scored: with finite objectives. Kept: became a parent, or was on the front after its "
        "generation. Improved: no worse than its first parent in any objective and better in one. "
        "A child made by several operators in a row counts for each of them."
    )
    if facts.record.retain != "all":
        caption += f" The database retains {facts.record.retain}: the others are not counted."
    columns = [Column("operator", "code"), Column("births", "number"), Column("scored", "number")]
    for name in ("kept", "improved"):
        columns += [Column(name, "number"), Column("share", "number")]
    return Section("Operators", [Table(columns, rows, caption)])


def count(facts: Facts) -> dict[str, Count]:
    """Counts by operator; those of a chain count for each operator in it."""
    history = facts.search.history
    if not len(history.ids):
        return {}
    scored = history.status == Status.OK
    kept = np.isin(history.ids, history.parents) | on_front(facts)
    descended, improved = _improved(facts)
    chains, which = np.unique(history.operator, return_inverse=True)
    flags = [np.ones_like(scored), scored, kept, descended, improved]
    totals = np.stack([np.bincount(which, f, len(chains)) for f in flags], axis=1).astype(int)
    counts: dict[str, Count] = {}
    for chain, total in zip(chains.tolist(), totals.tolist(), strict=True):
        for name in dict.fromkeys(chain.split("+")):
            c = counts.setdefault(name, Count())
            c.births += total[0]
            c.scored += total[1]
            c.kept += total[2]
            c.descended += total[3]
            c.improved += total[4]
    return counts


def on_front(facts: Facts) -> Flags:
    """Which individuals were on the front at the end of the generation that they were born in."""
    history = facts.search.history
    costs = costs_of(history.objectives, facts.record.objectives)
    rows = np.flatnonzero(history.status == Status.OK)
    entered = np.zeros(len(history.ids), dtype=bool)
    front = np.zeros(0, dtype=np.int64)
    for born in np.split(rows, np.flatnonzero(np.diff(history.generation[rows])) + 1):
        if len(born):
            everyone = np.concatenate([front, born])
            front = everyone[nondominated(costs[everyone])]
            entered[front] |= np.isin(front, born)
    return entered


def _improved(facts: Facts) -> tuple[Flags, Flags]:
    """(has a scored first parent, dominates it)."""
    history = facts.search.history
    costs = np.where(
        (history.status == Status.OK)[:, None],
        costs_of(history.objectives, facts.record.objectives),
        np.nan,
    )
    place = np.searchsorted(history.ids, history.parents[:, 0]).clip(0, len(history.ids) - 1)
    stored = (history.ids[place] == history.parents[:, 0]) & np.isfinite(costs[place]).all(axis=1)
    before = costs[place]
    with np.errstate(invalid="ignore"):
        better = (costs <= before).all(axis=1) & (costs < before).any(axis=1)
    return stored, stored & better


def _success(count: Count) -> float:
    return count.kept / count.births if count.births else 0.0
