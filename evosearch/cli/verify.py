"""``evosearch verify``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, opened, pick
from evosearch.errors import StorageError, UsageError
from evosearch.report.numbers import clean, shown


def verify(
    context: typer.Context,
    subject: Annotated[
        list[str],
        typer.Argument(metavar="NAME ID | FILE.json", help="An individual or a document."),
    ],
    on: Annotated[
        Path | None,
        typer.Option(metavar="CAMPAIGN.toml", help="Judge by this file's [evaluator]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a program again, on sealed data or in high precision, and compare its claims.

    This runs the evaluator that the campaign, or the file of --on, names.
    """
    if len(subject) == 2:
        outcome = _stored(context, subject[0], subject[1], on)
    elif len(subject) == 1:
        outcome = _document(context, Path(subject[0]), on)
    else:
        raise UsageError(f"verify: expected NAME ID or FILE.json, received {' '.join(subject)}")
    if as_json:
        emit({key: outcome[key] for key in ("status", "metrics", "claims", "checks")})
    else:
        _print(outcome)
    raise typer.Exit(0 if outcome["status"] == "ok" else 1)


def _stored(context: typer.Context, name: str, id: str, on: Path | None) -> dict[str, Any]:
    from evosearch.cli import individual
    from evosearch.export.verify import verify_genome
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        genome = individual.genome_of(store, name, member.id)
        config = queries.campaign(store, name).config
        _, _, prepared = store.load_campaign(name)
    evaluator = individual.evaluator_of(config, trusted=True) if on is None else _of_file(on)
    claims = individual.claims_of(member)
    constants = member.polish["constants"] if member.polish is not None else None
    return verify_genome(genome, evaluator, None if on else prepared, claims, constants=constants)


def _document(context: typer.Context, path: Path, on: Path | None) -> dict[str, Any]:
    from evosearch.export.document import ProgramDocument
    from evosearch.export.verify import verify_document

    document = ProgramDocument.read(path)
    evaluator, prepared = (_of_file(on), None) if on else _of_campaign(context, document.metadata)
    return verify_document(document, evaluator, prepared)


def _of_file(path: Path) -> Any:
    """The evaluator that a campaign file names."""
    from evosearch import config as files
    from evosearch.cli.individual import evaluator_of

    return evaluator_of(files.stored(files.load(path)), trusted=True)


def _of_campaign(context: typer.Context, metadata: dict[str, Any]) -> tuple[Any, Any]:
    """Evaluator and prepared data of the campaign that a document says it comes from."""
    from evosearch.cli.individual import evaluator_of

    name = metadata.get("campaign")
    if not isinstance(name, str):
        raise UsageError("the document names no campaign: say --on CAMPAIGN.toml")
    try:
        with opened(context) as store:
            _, record, prepared = store.load_campaign(name)
    except (UsageError, StorageError) as error:
        raise UsageError(f"{error}; or say --on CAMPAIGN.toml") from error
    return evaluator_of(record.config, trusted=True), prepared


def _print(outcome: dict[str, Any]) -> None:
    checks = outcome["checks"]
    for name, value in outcome["metrics"].items():
        check = checks.get(name)
        text = f"{clean(name):<24}{shown(value, 6):>14}"
        if check is not None:
            holds = "holds" if check["holds"] else "DOES NOT HOLD"
            text += f"   claimed {shown(check['claimed'], 6)}: {holds}"
        say(text)
    say(outcome["status"] if outcome["status"] == "ok" else f"failed: {outcome['status']}")
