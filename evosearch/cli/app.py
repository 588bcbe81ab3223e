"""The command ``evosearch``: its commands, and what becomes of errors."""

from collections.abc import Sequence
from typing import Annotated

import typer

from evosearch.cli import (
    against,
    compare,
    database,
    doctor,
    export,
    front,
    init,
    ledger,
    lineage,
    listing,
    plugins,
    report,
    resume,
    run,
    show,
    status,
    verify,
)
from evosearch.cli.console import complain
from evosearch.cli.options import Storage
from evosearch.errors import EvosearchError

app = typer.Typer(
    help="Evolutionary program search. A search is a campaign, stored in a database.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command in (
    run.run,
    resume.resume,
    status.status,
    show.show,
    front.front,
    lineage.lineage,
    export.export,
    verify.verify,
    report.report,
    compare.compare,
    ledger.ledger,
    plugins.plugins,
    doctor.doctor,
    init.init,
):
    app.command()(_command)
app.command("evaluate-against")(against.evaluate_against)
app.command("list")(listing.list_)
app.add_typer(database.app, name="db")


@app.callback()
def _common(
    context: typer.Context,
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="EVOSEARCH_STORAGE",
            metavar="URL",
            help="Database: sqlite:///PATH or postgresql://... "
            "[default: sqlite:///runs/evosearch.db]",
        ),
    ] = None,
) -> None:
    context.obj = Storage(storage)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: In place of those of the process.

    Returns:
        The exit code: 0 done, 1 error, 2 usage or configuration, 3 stopped by a signal with all
        committed, 4 refused, 5 storage fault.
    """
    try:
        app(arguments, prog_name="evosearch")
    except EvosearchError as error:
        complain(error)
        return error.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0
