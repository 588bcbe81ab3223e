"""``evosearch export``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evosearch.cli.console import say
from evosearch.cli.options import Id, LoadPlugins, Name, opened, pick
from evosearch.errors import UsageError

if TYPE_CHECKING:
    from evosearch.export.check import CheckResult
    from evosearch.genomes.table import TableBatch
    from evosearch.store.ledger import Privacy
    from evosearch.store.members import Member


def export(
    context: typer.Context,
    name: Name,
    id: Id,
    format: Annotated[
        str,
        typer.Option("--format", "-f", help="json, python, c, csv, ...: see `evosearch plugins`."),
    ],
    output: Annotated[
        Path | None, typer.Option(help="File.", show_default="runs/NAME/NAME-ID.SUFFIX")
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(min=1, help="Rows of a table.", show_default="as many as it has"),
    ] = None,
    load_plugins: LoadPlugins = False,
) -> None:
    """Write an individual as code, JSON or a table, run or read what was written, and compare."""
    from evosearch.cli import individual
    from evosearch.genomes.table import TableBatch
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        genome = individual.genome_of(store, name, member.id)
        config = queries.campaign(store, name).config
        privacy = queries.privacy(store, name)
    wanted = _Wanted(name, member, config, format, output, load_plugins)
    if isinstance(genome, TableBatch):
        path, result = _table(genome, wanted, rows, privacy)
    elif rows is not None:
        raise UsageError("--rows is for tables, and this individual is none: leave it out")
    else:
        path, result = _program_or_genes(genome, wanted)
    record(context.obj.url, name, member, format, path)
    say(f"wrote {path}")
    say(told(result))


@dataclass(frozen=True)
class _Wanted:
    """An individual and how it was asked for."""

    name: str
    member: "Member"
    config: Mapping[str, Any]
    format: str
    output: Path | None
    load_plugins: bool

    def path(self, suffix: str) -> Path:
        """Where the export goes."""
        from evosearch.export import file

        default = file.default_path(Path("runs"), self.name, self.member.id, suffix)
        return self.output or default


def _program_or_genes(genome: Any, wanted: _Wanted) -> tuple[Path, "CheckResult"]:
    from evosearch.cli import individual
    from evosearch.export import file, registry
    from evosearch.genomes.program import ProgramBatch

    name, member, format = wanted.name, wanted.member, wanted.format
    if isinstance(genome, ProgramBatch):
        exporter = registry.find(format)
        evaluator = individual.evaluator_of(wanted.config, trusted=wanted.load_plugins)
        document = individual.document_of(genome, name, member, evaluator)
        path = wanted.path(exporter.suffix)
        return path, file.export(document, exporter, path)
    if format != "json":
        raise UsageError(f"a vector of genes is exported as json, received --format {format}")
    path = wanted.path("json")
    genes = genome.rows_as_dicts()[0]
    return path, file.export_vector(genes, individual.metadata_of(name, member), path)


def _table(
    genome: "TableBatch", wanted: _Wanted, rows: int | None, privacy: "Privacy | None"
) -> tuple[Path, "CheckResult"]:
    from evosearch.cli import individual
    from evosearch.export import file, registry

    exporter = registry.find_table(wanted.format)
    metadata = individual.metadata_of(wanted.name, wanted.member)
    metadata["privacy"] = None if privacy is None else privacy.as_json()
    evaluator = individual.evaluator_of(wanted.config, trusted=wanted.load_plugins)
    seed = wanted.config["campaign"]["seed"]
    document = individual.table_of(genome, metadata, evaluator, seed, rows)
    path = wanted.path(exporter.suffix)
    return path, file.export_table(document, exporter, path)


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
