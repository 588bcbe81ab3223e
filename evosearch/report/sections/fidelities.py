"""The funnel of fidelities: how many individuals each scored, and what that took."""

from evosearch.report.content import Column, Paragraph, Section, Table
from evosearch.report.facts import Facts
from evosearch.report.numbers import duration, share, shown


def section(facts: Facts) -> Section | None:
    """A row for each fidelity, the cheapest first; nothing where there is one alone."""
    found = facts.fidelities
    if not found:
        return None
    total = sum(each["seconds"] for each in found)
    columns = [
        Column("fidelity"),
        Column("scored", "number"),
        Column("went on", "number"),
        Column("time", "number"),
        Column("share", "number"),
        Column("each", "number"),
    ]
    rows = [
        [
            each["fidelity"],
            shown(each["scored"]),
            shown(each["promoted"]) if each is not found[-1] else "–",
            duration(each["seconds"]),
            share(each["seconds"], total),
            f"{shown(each['seconds'] / max(1, each['scored']), 3)} s",
        ]
        for each in found
    ]
    return Section("Effort by fidelity", [Paragraph(_TEXT), Table(columns, rows)])


_TEXT = (
    "New individuals are scored cheaply first; the best of each generation by the first "
    "objective go on to the next fidelity. Only those of the last one are ever selected. Times "
    "are added over all workers."
)
