"""Report of a campaign: gathered, put together, written as Markdown and HTML."""

import re
from pathlib import Path

from evosearch.report import html, markdown, toml
from evosearch.report.companion import companion
from evosearch.report.content import Report
from evosearch.report.facts import Facts, gather
from evosearch.report.numbers import counted
from evosearch.report.sections import (
    convergence,
    curves,
    environment,
    fidelities,
    findings,
    front,
    lineage,
    operators,
    privacy,
    profile,
    summary,
)
from evosearch.report.sections.environment import CAMPAIGN_FILE
from evosearch.store.store import Store

_SECTIONS = (
    summary,
    privacy,
    front,
    curves,
    findings,
    convergence,
    operators,
    lineage,
    fidelities,
    profile,
    environment,
)


def write(
    store: Store, name: str, folder: Path, *, member: int | None = None, trusted: bool = False
) -> list[Path]:
    """Write ``report.html``, ``report.md``, its pictures and ``campaign.toml`` into a folder.

    Args:
        store: Opened for reading.
        name: Of the campaign.
        folder: Is made where it does not exist.
        member: Whose descent is told; the one furthest ahead of the baselines by default.
        trusted: Whether plug-ins named by module or file may be loaded.

    Returns:
        The two reports.

    Raises:
        UsageError: The campaign or the member is unknown.
    """
    _, record, prepared = store.load_campaign(name)
    facts = gather(store, name, companion(record.config, prepared, trusted=trusted), member)
    report = compose(facts)
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in record.config.items() if key != "base"}
    (folder / CAMPAIGN_FILE).write_text(toml.write(config), encoding="utf-8")
    for picture in report.pictures:
        (folder / f"{picture.name}.png").write_bytes(picture.png)
    written = [folder / "report.html", folder / "report.md"]
    written[0].write_text(html.write(report), encoding="utf-8")
    written[1].write_text(markdown.write(report), encoding="utf-8")
    return written


def compose(facts: Facts) -> Report:
    """All sections that have something to say."""
    parts = [made for each in _SECTIONS if (made := each.section(facts)) is not None]
    status = facts.status
    subtitle = (
        f"{counted(status['evaluations'] or 0, 'evaluation')}, seed {facts.record.seed}, "
        f"{status['state']}"
    )
    return Report(f"Campaign {facts.record.name}", subtitle, parts)


def folder_of(root: Path, name: str) -> Path:
    """``<root>/<name>``, whatever the campaign is called."""
    return root / (re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100].lstrip(".") or "campaign")
