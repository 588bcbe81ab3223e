"""What is done once to the members of the final front: validation and polish."""

from typing import Any

from evosearch.contracts import Evaluator, Prepared, Scores, Status
from evosearch.errors import StorageError
from evosearch.store import queries
from evosearch.store.store import Store


def finish(
    store: Store, campaign_id: int, name: str, evaluator: Evaluator, prepared: Prepared
) -> None:
    """Validate and polish the members of the front that were not yet; record what comes out.

    An evaluator that raises here costs its numbers, never the campaign: the journal says so.
    """
    members = queries.front(store, name)
    steps = (
        ("validate", [member.id for member in members if member.validation is None], _validate),
        ("polish", [member.id for member in members if member.polish is None], _polish),
    )
    for method, ids, step in steps:
        if not ids or not hasattr(evaluator, method):
            continue
        rows = [queries.genome(store, name, id)[1] for id in ids]
        try:
            step(
                store,
                campaign_id,
                ids,
                evaluator,
                evaluator.genome_type.from_bytes(rows),
                prepared,
            )
        except StorageError:
            raise
        except Exception as error:
            detail = {"error": f"{type(error).__name__}: {error}"}
            store.record_event(campaign_id, f"{method} failed", detail, "error")


def _validate(
    store: Store,
    campaign_id: int,
    ids: list[int],
    evaluator: Any,
    genomes: Any,
    prepared: Prepared,
) -> None:
    scores: Scores = evaluator.validate(genomes, prepared)
    for row, id in enumerate(ids):
        metrics = {
            objective.name: float(scores.objectives[row, column])
            for column, objective in enumerate(evaluator.objectives)
        }
        status = Status(scores.status[row]).name.lower()
        store.record_validation(campaign_id, id, metrics, status)


def _polish(
    store: Store,
    campaign_id: int,
    ids: list[int],
    evaluator: Any,
    genomes: Any,
    prepared: Prepared,
) -> None:
    for id, polished in zip(ids, evaluator.polish(genomes, prepared), strict=True):
        if polished is not None:
            store.record_polish(campaign_id, id, polished.constants, polished.metrics)
