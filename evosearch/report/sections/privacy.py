"""What was spent of the privacy of a data set, as its ledger says."""

import json
from typing import Any

from evosearch.report.content import Column, Paragraph, Section, Table
from evosearch.report.facts import Facts
from evosearch.report.numbers import share, shown
from evosearch.store.ledger import Privacy

_NEIGHBOURS = {
    "replace-one": "one record is another one; the number of records is public",
    "add-remove": "one record more or less",
}


def section(facts: Facts) -> Section | None:
    """The promise, and where the data set's ledger stands; nothing where nothing was charged."""
    privacy = facts.privacy
    if privacy is None:
        return None
    return Section("Privacy", [Paragraph(_promise(privacy)), _table(privacy)])


def _promise(privacy: Privacy) -> str:
    return (
        f"What this campaign released of data set {privacy.dataset} satisfies zero-concentrated "
        f"differential privacy (zCDP) with rho = {shown(float(privacy.rho))}. Individuals "
        "and scores are made from that release alone: that, and whatever is done with them, "
        "spends nothing more."
    )


def _table(privacy: Privacy) -> Table:
    spent, limit = float(privacy.spent), float(privacy.limit)
    meaning = _NEIGHBOURS.get(privacy.neighbours, "")
    rows = [
        ["Data set", privacy.dataset],
        *([key, _detail(value)] for key, value in privacy.details.items()),
        ["rho", shown(float(privacy.rho))],
        ["Neighbours", f"{privacy.neighbours}: {meaning}" if meaning else privacy.neighbours],
        ["Mechanism", privacy.mechanism],
        [
            "Spent of the data set by all campaigns",
            f"rho {shown(spent)} of {shown(limit)} ({share(spent, limit)})",
        ],
        ["Ledger entry", privacy.digest],
    ]
    return Table([Column("Privacy"), Column("")], rows)


def _detail(value: Any) -> str:
    return shown(value) if isinstance(value, str | int | float) else json.dumps(value)
