"""``evosearch evaluate-against``."""

from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, Id, Name, opened, pick
from evosearch.errors import UsageError
from evosearch.report.numbers import clean, shown

NOTE = (
    "compared with private data: these numbers are not private, and no ledger is charged for "
    "them; do not publish them, and do not choose by them"
)


def evaluate_against(
    context: typer.Context,
    name: Name,
    id: Id,
    data: Annotated[
        Path, typer.Argument(metavar="DATA.csv", help="Private data.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Compare an individual with private data, outside of all privacy accounting.

    This runs the evaluator that the campaign names. Nothing is stored.
    """
    from evosearch.cli import individual
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        genome = individual.genome_of(store, name, member.id)
        config = queries.campaign(store, name).config
    evaluator: Any = individual.evaluator_of(config, trusted=True)
    if not hasattr(evaluator, "against"):
        raise UsageError(
            f"evaluator {config['evaluator']['use']!r} compares nothing with private data: "
            "expected one with the method `against`, such as private_data"
        )
    found = evaluator.against(genome, data)
    metrics = {key: float(value) if isfinite(value) else None for key, value in found.items()}
    if as_json:
        emit(
            {
                "campaign": name,
                "id": member.id,
                "metrics": metrics,
                "private": False,
                "note": NOTE,
            }
        )
        return
    for key, value in metrics.items():
        say(f"{clean(key):<26}{shown(value, 6):>14}")
    say(f"note: {NOTE}")
