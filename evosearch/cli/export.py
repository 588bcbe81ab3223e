"""``evosearch export``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evosearch.cli.console import say
from evosearch.cli.options import Id, LoadPlugins, Name, opened, pick
from evosearch.errors import UsageError

if TYPE_CHECKING:
    from evosearch.export.check import CheckResult
    from evosearch.store.members import Member


def export(
    context: typer.Context,
    name: Name,
    id: Id,
    format: Annotated[
        str, typer.Option("--format", "-f", help="json, python, c, ...: see `evosearch plugins`.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="File.", show_default="runs/NAME/NAME-ID.SUFFIX")
    ] = None,
    load_plugins: LoadPlugins = False,
) -> None:
    """Write an individual as code or JSON, run what was written, and compare."""
    from evosearch.cli import individual
    from evosearch.export import file, registry
    from evosearch.genomes.program import ProgramBatch
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        genome = individual.genome_of(store, name, member.id)
        config = queries.campaign(store, name).config
    if isinstance(genome, ProgramBatch):
        exporter = registry.find(format)
        evaluator = individual.evaluator_of(config, trusted=load_plugins)
        document = individual.document_of(genome, name, member, evaluator)
        path = output or file.default_path(Path("runs"), name, member.id, exporter.suffix)
        result = file.export(document, exporter, path)
    else:
        if format != "json":
            raise UsageError(f"a vector of genes is exported as json, received --format {format}")
        path = output or file.default_path(Path("runs"), name, member.id, "json")
        result = file.export_vector(
            genome.rows_as_dicts()[0], individual.metadata_of(name, member), path
        )
    record(context.obj.url, name, member, format, path)
    say(f"wrote {path}")
    say(told(result))


def told(result: "CheckResult") -> str:
    """A check in one line."""
    if result.status == "skipped":
        return f"check {result.message}"
    largest = f", largest difference {result.max_difference_ulp:g} ulp" if result.points else ""
    return f"check ok: {result.message}{largest}"


def record(url: str, name: str, member: "Member", format: str, path: Path) -> None:
    """Note in the database what was written where; a database that refuses costs a warning."""
    from evosearch.cli.individual import claims_of
    from evosearch.errors import StorageError
    from evosearch.store.queries import campaign_id
    from evosearch.store.store import Store

    claims: dict[str, Any] = claims_of(member)
    content = path.read_bytes()
    try:
        with Store.open(url, "write") as store:
            number = campaign_id(store, name)
            store.record_artifact(number, member.id, format, str(path), content, claims)
    except StorageError as error:
        say(f"warning: the export is not recorded in the database: {error}")
