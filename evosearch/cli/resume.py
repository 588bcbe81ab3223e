"""``evosearch resume``."""

from typing import Annotated

import typer

from evosearch.cli.drive import drive, read_seeds
from evosearch.cli.interruption import interruption
from evosearch.cli.options import Name, Set, Storage


def resume(
    context: typer.Context,
    name: Name,
    overrides: Set = [],  # noqa: B006 (typer copies it)
    accept_change: Annotated[
        bool,
        typer.Option(
            "--accept-change", help="Go on although something changed; what did is recorded."
        ),
    ] = False,
) -> None:
    """Go on with a campaign after its last committed generation; budgets may grow."""
    from evosearch.config import restore
    from evosearch.store import queries
    from evosearch.store.store import Store

    storage: Storage = context.obj
    with interruption() as watch:
        with Store.open(storage.url) as store:
            record = queries.campaign(store, name)
            started = queries.status(store, name)["generation"] is not None
        seeds = None if started else read_seeds(restore(record.config, overrides))
        from evosearch.campaign import Campaign

        with Campaign.load(
            storage.url, name, overrides=overrides, accept_change=accept_change, seeds=seeds
        ) as campaign:
            drive(campaign, watch, storage, storage.url)
