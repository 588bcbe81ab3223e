"""``evosearch status``."""

import json
from typing import TYPE_CHECKING, Any

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, Name, opened
from evosearch.report.account import Account
from evosearch.report.numbers import duration, share, shown

if TYPE_CHECKING:
    from evosearch.store.ledger import Privacy


def status(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Say where a campaign stands."""
    from evosearch.store import queries
    from evosearch.store.members import finite

    with opened(context) as store:
        found = queries.status(store, name)
        privacy = queries.privacy(store, name)
        fidelities = queries.fidelities(store, name)
    if as_json:
        more = {} if privacy is None else {"privacy": privacy.as_json()}
        emit(finite(found) | ({"fidelities": fidelities} if fidelities else {}) | more)
        return
    lines = rows(found)
    if fidelities:
        lines["fidelities"] = ", ".join(map(effort, fidelities))
    if privacy is not None:
        lines["privacy"] = spending(privacy)
    for key, value in lines.items():
        say(f"{key:<12}  {value}")


def effort(fidelity: dict[str, Any]) -> str:
    """What a fidelity did, as text."""
    scored, seconds = fidelity["scored"], duration(fidelity["seconds"])
    return f"{fidelity['fidelity']} {scored:,} in {seconds}"


def spending(privacy: "Privacy") -> str:
    """What a campaign has spent, as text."""
    details = "".join(f", {key} {_detail(value)}" for key, value in privacy.details.items())
    return (
        f"rho {shown(float(privacy.rho))} of data set {privacy.dataset!r} by "
        f"{privacy.mechanism}, {privacy.neighbours}{details}; spent in all "
        f"{shown(float(privacy.spent))} of {shown(float(privacy.limit))}; entry {privacy.digest}"
    )


def _detail(value: Any) -> str:
    return shown(value) if isinstance(value, str | int | float) else json.dumps(value)


def rows(found: dict[str, Any]) -> dict[str, str]:
    """A status as text."""
    scored = found["evaluations"] + found["reused"]
    account = Account.of(found["profile"])
    spent = [f"{name} {share(part, account.total)}" for name, part in account.parts.items()]
    if account.store:
        spent.append(f"and beside these the store {share(account.store, account.total)}")
    return {
        "campaign": found["campaign"],
        "state": found["state"],
        "generation": shown(found["generation"]),
        "evaluations": f"{found['evaluations']:,} new, {found['reused']:,} reused "
        f"({share(found['reused'], scored)}), {found['failed']:,} failed",
        "best": ", ".join(f"{name} {shown(value)}" for name, value in found["best"].items())
        or "–",
        "started": found["started"],
        "time": duration(found["seconds"]),
        "spent on": ", ".join(spent) or "–",
        "digest": found["digest"] or "–",
    }
