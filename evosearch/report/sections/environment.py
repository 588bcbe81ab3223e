"""What the results depend on, and how to make them again."""

import shlex
from collections.abc import Mapping
from typing import Any

from evosearch.report.content import Code, Column, Paragraph, Section, Table
from evosearch.report.facts import Facts

CAMPAIGN_FILE = "campaign.toml"


def section(facts: Facts) -> Section:
    """The command, and the fingerprint."""
    name = facts.record.name
    again = shlex.join(["evosearch", "run", CAMPAIGN_FILE, "--name", f"{name}-again"])
    rows = [
        [key, text]
        for key, text in _flat(facts.record.fingerprint)
        if not key.startswith(("config.", "primitives."))
    ]
    return Section(
        "Make it again",
        [
            Paragraph(_where(facts)),
            Code(again),
            Table([Column("Fingerprint"), Column("value", "code")], rows),
        ],
    )


def _where(facts: Facts) -> str:
    config, digest = facts.record.config, facts.status["digest"] or "–"
    text = f"The complete configuration is in {CAMPAIGN_FILE} beside this report. "
    if "./" in str([config.get("space"), config.get("evaluator"), config.get("campaign")]):
        text += f"It names files relative to {config.get('base', '.')}: put it there first. "
    return text + (
        "On a machine with the same fingerprint the following ends with the state digest "
        f"{digest}, unless the clock decides when it stops."
    )


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            rows += _flat(item, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, str(item)))
    return rows
