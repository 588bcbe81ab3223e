"""A stored individual as a genome, as a document, and with the evaluator that judges it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evosearch.errors import UsageError
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.table import TableBatch
from evosearch.genomes.vector import VectorBatch

if TYPE_CHECKING:
    from evosearch.contracts import Evaluator
    from evosearch.export.document import ProgramDocument
    from evosearch.export.table import TableDocument
    from evosearch.store.members import Member
    from evosearch.store.store import Store

REFERENCE_POINTS = 64

# by the name that the database has: nothing is ever imported from there
GENOMES: dict[str, Any] = {
    f"{genome.__module__}:{genome.__qualname__}": genome
    for genome in (ProgramBatch, VectorBatch, TableBatch)
}


def genome_of(store: "Store", name: str, id: int) -> Any:
    """A batch of one.

    Raises:
        UsageError: Genomes of that type are a plug-in's own.
    """
    from evosearch.store import queries

    genome_type, content = queries.genome(store, name, id)
    if genome_type not in GENOMES:
        raise UsageError(
            f"genomes of type {genome_type} belong to a plug-in: expected one of "
            f"{', '.join(GENOMES)}"
        )
    return GENOMES[genome_type].from_bytes([content])


def claims_of(member: "Member") -> dict[str, Any]:
    """What is claimed about an individual: polished figures if it was polished, else validated.

    Polished constants are other constants than the ones that were searched and validated.
    """
    if member.polish is not None:
        return _finite(member.polish["metrics"])
    if member.validation is not None and member.validation_status == "ok":
        return _finite(member.validation)
    return _finite(member.objectives)


def _finite(metrics: "Mapping[str, Any]") -> dict[str, Any]:
    """What can be claimed: no missing, infinite or NaN figures."""
    from math import isfinite

    return {
        key: value
        for key, value in metrics.items()
        if value is not None and (not isinstance(value, float) or isfinite(value))
    }


def metadata_of(name: str, member: "Member") -> dict[str, Any]:
    """Where an individual comes from and what is claimed about it."""
    return {
        "campaign": name,
        "id": member.id,
        "digest": member.digest,
        "claims": claims_of(member),
    }


def document_of(
    genome: ProgramBatch, name: str, member: "Member", evaluator: "Evaluator | None"
) -> "ProgramDocument":
    """Document of a stored program, with its polished constants where it has some.

    ``evaluator`` gives points to check exports at, where it has ``reference_points``.
    """
    from evosearch.export.document import ProgramDocument

    metadata = metadata_of(name, member)
    metadata["claims"]["operations"] = member.size
    if evaluator is not None and hasattr(evaluator, "reference_points"):
        points = evaluator.reference_points(REFERENCE_POINTS)
        metadata["reference"] = [{"x": x, "y": y} for x, y in points]
    if evaluator is not None and hasattr(evaluator, "usage"):
        metadata["usage"] = evaluator.usage()
    constants = member.polish["constants"] if member.polish is not None else None
    inputs = getattr(evaluator, "inputs", ())
    return ProgramDocument.from_program(genome, 0, constants, metadata, inputs)


def table_of(
    genome: TableBatch,
    metadata: dict[str, Any],
    evaluator: "Evaluator | None",
    seed: int,
    rows: int | None,
) -> "TableDocument":
    """Document of a stored table, with ``rows`` rows, or its own number of them."""
    from evosearch.export.table import TableDocument

    if evaluator is not None and hasattr(evaluator, "usage"):
        metadata = metadata | {"usage": evaluator.usage()}
    codes = genome.codes[0]
    return TableDocument(genome.columns, codes, rows or len(codes), seed, metadata)


def evaluator_of(config: Mapping[str, Any], *, trusted: bool) -> "Evaluator | None":
    """The evaluator of a stored configuration; None where loading it was not allowed."""
    from evosearch.report.companion import foreign, load_evaluator

    return load_evaluator(config) if trusted or not foreign(config) else None
