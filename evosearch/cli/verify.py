"""``evosearch verify``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, opened, pick
from evosearch.errors import RefusedError, StorageError, UsageError
from evosearch.report.numbers import clean, shown

if TYPE_CHECKING:
    from evosearch.export.document import ProgramDocument


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
    rigorous: Annotated[
        bool, typer.Option("--rigorous", help="Prove bounds by interval arithmetic.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Write the document with what was proved."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a program again, on sealed data or in high precision, and compare its claims.

    This runs the evaluator that the campaign, or the file of --on, names.
    """
    _check_output(output, rigorous)
    if len(subject) == 2:
        outcome, document = _stored(context, subject[0], subject[1], on, rigorous)
    elif len(subject) == 1:
        outcome, document = _document(context, Path(subject[0]), on, rigorous)
    else:
        raise UsageError(f"verify: expected NAME ID or FILE.json, received {' '.join(subject)}")
    if as_json:
        emit(outcome)
    else:
        _print(outcome)
    if outcome["status"] != "ok":
        raise typer.Exit(1)
    if output is not None:
        _write(document, outcome, output)
        if not as_json:
            say(f"wrote {output}")


def _check_output(output: Path | None, rigorous: bool) -> None:
    if output is None:
        return
    if not rigorous:
        raise UsageError("--output writes what was proved: expected --rigorous with it")
    if output.exists():
        raise RefusedError(f"{output} exists already: name another file with --output")


def _stored(
    context: typer.Context, name: str, id: str, on: Path | None, rigorous: bool
) -> tuple[dict[str, Any], "ProgramDocument | None"]:
    from evosearch.cli import individual
    from evosearch.export.verify import verify_genome
    from evosearch.genomes.program import ProgramBatch
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        genome = individual.genome_of(store, name, member.id)
        config = queries.campaign(store, name).config
        _, _, prepared = store.load_campaign(name)
    evaluator = individual.evaluator_of(config, trusted=True) if on is None else _of_file(on)
    outcome = verify_genome(
        genome,
        evaluator,
        None if on else prepared,
        individual.claims_of(member),
        constants=member.polish["constants"] if member.polish is not None else None,
        rigorous=rigorous,
    )
    if not isinstance(genome, ProgramBatch):
        return outcome, None
    return outcome, individual.document_of(genome, name, member, evaluator)


def _document(
    context: typer.Context, path: Path, on: Path | None, rigorous: bool
) -> tuple[dict[str, Any], "ProgramDocument"]:
    from evosearch.export.document import ProgramDocument
    from evosearch.export.verify import verify_document

    document = ProgramDocument.read(path)
    evaluator, prepared = (_of_file(on), None) if on else _of_campaign(context, document.metadata)
    return verify_document(document, evaluator, prepared, rigorous=rigorous), document


def _write(document: "ProgramDocument | None", outcome: dict[str, Any], path: Path) -> None:
    """The document in normal form, which is what was proved, with the claims that were proved."""
    from dataclasses import replace

    from evosearch.export import file, registry
    from evosearch.export.verify import PROVED

    if document is None:
        raise UsageError("only a program is written as a document: leave --output out")
    proved = {n: value for n, value in outcome["metrics"].items() if n.startswith(PROVED)}
    metadata = document.metadata | {
        "claims": document.claims | proved,
        "proof": outcome["proof"]["statement"],
    }
    file.export(replace(document.simplified(), metadata=metadata), registry.find("json"), path)


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
    claimed = [name for name in checks if name not in outcome["metrics"]]
    for name in [*outcome["metrics"], *claimed]:
        text = f"{clean(name):<26}{shown(outcome['metrics'].get(name), 6):>14}"
        if name in checks:
            text += f"   claimed {shown(checks[name]['claimed'], 6)}: {_verdict(checks[name])}"
        say(text)
    for name in outcome["unchecked"]:
        claim = shown(outcome["claims"][name], 6)
        say(f"{clean(name):<26}{'':>14}   claimed {claim}: not checked, say --rigorous")
    for row in outcome["rows"]:
        cells = (f"{clean(name)} {shown(value, 6)}" for name, value in row.items())
        say("  ".join(cells))
    if outcome["proof"] is not None:
        _print_proof(outcome["proof"])
    say(outcome["status"] if outcome["status"] == "ok" else f"failed: {outcome['status']}")


def _print_proof(proof: dict[str, Any]) -> None:
    say(f"proof: {proof['statement']}")
    for note in proof["notes"]:
        say(f"note: {note}")
    for name, reason in proof["unproved"].items():
        say(f"not proved: {name}: {reason}")


def _verdict(check: dict[str, Any]) -> str:
    words = {
        "proved": "proved",
        "refuted": "REFUTED",
        "undecided": "CANNOT BE DECIDED",
        "unproved": "NOT PROVED",
    }
    if "proof" in check:
        return words[check["proof"]]
    return "holds" if check["holds"] else "DOES NOT HOLD"
