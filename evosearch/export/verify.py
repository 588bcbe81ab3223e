"""Verification: a program's claims against what is found when it is evaluated again."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from evosearch.contracts import Objective, Prepared, Status
from evosearch.errors import UsageError
from evosearch.export import number
from evosearch.export.document import ProgramDocument
from evosearch.genomes.program import ProgramBatch
from evosearch.seeding import key

TOLERANCE = 0.01  # a claim may be this much better than what is found


def verify_document(
    document: ProgramDocument, evaluator: Any, prepared: Prepared | None = None
) -> dict[str, Any]:
    """Evaluate a document's program again and compare its claims, see `verify_genome`."""
    simple = document.simplified()
    return verify_genome(
        simple.to_program(), evaluator, prepared, simple.claims, constants=simple.constants
    )


def verify_genome(
    genomes: Any,
    evaluator: Any,
    prepared: Prepared | None = None,
    claims: Mapping[str, Any] = MappingProxyType({}),
    *,
    constants: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Evaluate an individual again and compare what is claimed about it.

    The evaluator's ``validate`` (sealed data; ``score`` where it has none) gives its objectives,
    and its optional ``metrics(genomes, constants) -> dict[str, float]`` errors of high precision
    from all digits of the constants (decimal strings).

    Args:
        genomes: A batch of one.
        evaluator: Scores genomes of that type.
        prepared: Its prepared data; made anew when None.
        claims: Name to number, or anything else.
        constants: Digits of a program's constants; ``metrics`` is not asked without them.

    Returns:
        ``status`` ("ok", or what failed), ``metrics`` (name: value, None where not finite),
        ``claims`` as given, ``checks`` (for each claim that is a metric: ``claimed``, ``found``,
        ``holds``).

    Raises:
        UsageError: The evaluator scores another type of genome.
    """
    if not isinstance(genomes, evaluator.genome_type):
        raise UsageError(
            f"the evaluator scores {evaluator.genome_type.__name__}, this individual is a "
            f"{type(genomes).__name__}: choose an evaluator of the same genome type"
        )
    if prepared is None:
        prepared = evaluator.prepare(key(0, "prepare"))
    metrics, failure = _objectives(evaluator, genomes, prepared)
    if isinstance(genomes, ProgramBatch):
        metrics.setdefault("operations", float(genomes.sizes()[0]))
    if constants is not None and hasattr(evaluator, "metrics"):
        metrics |= evaluator.metrics(genomes, [number.exact_decimal(text) for text in constants])
    checks = compare_claims(claims, metrics, evaluator.objectives)
    broken = [
        f"{name}: claimed {claim['claimed']}, found {claim['found']}"
        for name, claim in checks.items()
        if not claim["holds"]
    ]
    return {
        "status": failure or "; ".join(broken) or "ok",
        "metrics": {name: _finite(value) for name, value in metrics.items()},
        "claims": dict(claims),
        "checks": checks,
    }


def compare_claims(
    claims: Mapping[str, Any], metrics: Mapping[str, float], objectives: Sequence[Objective]
) -> dict[str, dict[str, Any]]:
    """Claims that are numbers and metrics: whether what was found is as good (to one percent).

    Less is better, except for objectives that are maximised; ``operations`` has to be equal.
    """
    maximised = {objective.name for objective in objectives if objective.direction == "maximize"}
    checks: dict[str, dict[str, Any]] = {}
    for name, claim in claims.items():
        claimed = _number(claim)
        if claimed is None or name not in metrics:
            continue
        found = float(metrics[name])
        if name == "operations":
            holds = found == claimed
        elif name in maximised:
            holds = found >= claimed - TOLERANCE * abs(claimed)
        else:
            holds = found <= claimed + TOLERANCE * abs(claimed)
        checks[name] = {"claimed": claim, "found": _finite(found), "holds": holds}
    return checks


def _objectives(evaluator: Any, genomes: Any, prepared: Prepared) -> tuple[dict[str, float], str]:
    """Objectives by name, and why the evaluation failed or ''."""
    if hasattr(evaluator, "validate"):
        scores = evaluator.validate(genomes, prepared)
    else:
        last = evaluator.fidelities[-1]
        scores = evaluator.score(genomes, prepared, fidelity=last, key=key(0, "score"))
    status = Status(int(scores.status[0]))
    if status is not Status.OK:
        reason = scores.messages.get(0, "")
        return {}, f"evaluation {status.name.lower()}" + (f": {reason}" if reason else "")
    names = [objective.name for objective in evaluator.objectives]
    return dict(zip(names, np.asarray(scores.objectives[0]).tolist(), strict=True)), ""


def _number(claim: object) -> float | None:
    if isinstance(claim, bool) or not isinstance(claim, str | int | float):
        return None
    try:
        return float(claim)
    except (ValueError, OverflowError):
        return None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
