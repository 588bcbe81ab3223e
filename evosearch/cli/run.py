"""``evosearch run``."""

from pathlib import Path
from typing import Annotated

import typer

from evosearch.cli.drive import drive, read_seeds
from evosearch.cli.interruption import interruption
from evosearch.cli.options import DEFAULT_STORAGE, Set, Storage
from evosearch.errors import CampaignExistsError, UsageError


def run(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="CONFIG.toml", help="A campaign file.", show_default=False)
    ],
    name: Annotated[str | None, typer.Option(help="Instead of campaign.name.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of campaign.seed.")] = None,
    overrides: Set = [],  # noqa: B006 (typer copies it)
) -> None:
    """Launch a campaign."""
    from evosearch import config as files

    with interruption() as watch:
        config = files.load(file, overrides, name, seed)
        storage: Storage = context.obj
        url = storage.given or config.store.url or DEFAULT_STORAGE
        refuse_existing(storage, url, config.campaign.name)
        from evosearch.campaign import Campaign

        with Campaign.create(config, url, read_seeds(config)) as campaign:
            drive(campaign, watch, storage, url)


def refuse_existing(storage: Storage, url: str, name: str) -> None:
    """Raise CampaignExistsError, with the line that resumes it, where the name is taken."""
    from evosearch.store import queries
    from evosearch.store.location import locate
    from evosearch.store.store import Store

    path = locate(url).path
    if path is not None and (not path.exists() or not path.stat().st_size):
        return
    try:
        with Store.open(url) as store:
            queries.objectives(store, name)
            shown = store.shown
    except UsageError:
        return
    raise CampaignExistsError(
        f"campaign {name!r} is already stored in {shown}; go on with it by\n"
        f"    {storage.resume_line(name, url)}\n"
        f"or choose another name with --name"
    )
