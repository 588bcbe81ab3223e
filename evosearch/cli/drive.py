"""Driving a campaign: signals, display, and what is said at the end."""

from typing import TYPE_CHECKING

import typer

from evosearch.cli.console import front_table, say, smallest_first
from evosearch.cli.display import display
from evosearch.cli.interruption import Interruption
from evosearch.cli.options import Storage
from evosearch.report.numbers import duration

if TYPE_CHECKING:
    from evosearch.campaign import Campaign
    from evosearch.config import CampaignConfig

STOPPED = 3  # exit code
_FORMATS = {"ProgramBatch": "python", "TableBatch": "csv"}  # all others: json


def drive(campaign: "Campaign", watch: Interruption, storage: Storage, url: str) -> None:
    """Run a campaign to the end of its budget, or until a signal.

    Raises:
        typer.Exit: A signal came: code 3, or 128 and the signal's number when a second one came
            before the generation was finished.
    """
    name = campaign.config.campaign.name
    watch.on_request(campaign.stop)
    try:
        with display(name, objectives_of(url, name)) as show:
            ended = campaign.run(show)
    except KeyboardInterrupt:
        say("stopped at once; the generation in progress is lost, the ones before are committed")
        say(f"resume: {storage.resume_line(name, url)}")
        raise typer.Exit(128 + (watch.received or 2)) from None
    tell(url, name)
    if ended == "paused":
        say(f"stopped after generation {campaign.state.generation}, everything is committed")
        say(f"resume: {storage.resume_line(name, url)}")
        raise typer.Exit(STOPPED)
    say(f"finished: {campaign.reason}")
    prefix = storage.resume_line(name, url).removesuffix(f"resume {name}")
    say(f"export:   {prefix}export {name} best --format {_format(url, name)}")
    say(f"report:   {prefix}report {name}")


def _format(url: str, name: str) -> str:
    """In which individuals of the campaign's genome type can be exported."""
    from evosearch.store import queries
    from evosearch.store.store import Store

    with Store.open(url) as store:
        genome_type = queries.campaign(store, name).genome_type
    return _FORMATS.get(genome_type.rpartition(":")[2], "json")


def objectives_of(url: str, name: str) -> list[dict[str, str]]:
    """Name and direction of each objective."""
    from evosearch.store import queries
    from evosearch.store.store import Store

    with Store.open(url) as store:
        return queries.objectives(store, name)


def tell(url: str, name: str) -> None:
    """The front and the effort, as stored."""
    from evosearch.store import queries
    from evosearch.store.store import Store

    with Store.open(url) as store:
        members = [member.as_json() for member in queries.front(store, name)]
        found = queries.status(store, name)
    say()
    if members:
        objectives = objectives_of(url, name)
        names = [each["name"] for each in objectives]
        say(front_table(names, smallest_first(objectives, members)))
    say(
        f"\n{name}: {found['evaluations']:,} evaluations in {duration(found['seconds'])}, "
        f"{found['reused']:,} reused, {found['failed']:,} failed; digest {found['digest']}"
    )


def read_seeds(config: "CampaignConfig") -> object | None:
    """The programs of ``campaign.seeds`` as one batch; None where there are none."""
    if not config.campaign.seeds:
        return None
    from evosearch.export.document import ProgramDocument
    from evosearch.genomes.canonical import canonical

    documents = [ProgramDocument.read(config.base / path) for path in config.campaign.seeds]
    first, *others = [document.simplified().to_program() for document in documents]
    return canonical(first.concatenate(others))
