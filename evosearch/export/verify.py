"""Verification: a program's claims against what is found when it is evaluated again."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from evosearch.contracts import Objective, Prepared, Proof, Status
from evosearch.errors import RefusedError, UsageError
from evosearch.export import number
from evosearch.export.document import ProgramDocument
from evosearch.genomes.program import ProgramBatch
from evosearch.seeding import key

TOLERANCE = 0.01  # a claim may be this much better than what is found
PROOF_TOLERANCE = 0.001  # ... than what is proved: a claim is written with a few digits
PROVED = "proved_"  # begins the names of claims that only a proof can judge


def verify_document(
    document: ProgramDocument,
    evaluator: Any,
    prepared: Prepared | None = None,
    *,
    rigorous: bool = False,
) -> dict[str, Any]:
    """Evaluate a document's program again and compare its claims, see `verify_genome`."""
    simple = document.simplified()
    return verify_genome(
        simple.to_program(),
        evaluator,
        prepared,
        simple.claims,
        constants=simple.constants,
        rigorous=rigorous,
    )


def verify_genome(
    genomes: Any,
    evaluator: Any,
    prepared: Prepared | None = None,
    claims: Mapping[str, Any] = MappingProxyType({}),
    *,
    constants: Sequence[str] | None = None,
    rigorous: bool = False,
) -> dict[str, Any]:
    """Evaluate an individual again and compare what is claimed about it.

    The evaluator's ``validate`` (sealed data; ``score`` where it has none) gives its objectives,
    its optional ``metrics(genomes, constants) -> dict[str, float]`` figures from all digits of the
    constants (decimal strings), and its optional ``rows(genomes) -> list[dict]`` a table.

    Args:
        genomes: A batch of one.
        evaluator: Scores genomes of that type.
        prepared: Its prepared data; made anew when None.
        claims: Name to number, or anything else.
        constants: Digits of a program's constants. Without them ``metrics`` is asked only of an
            evaluator that does not polish, with the genome's own.
        rigorous: Judge what the evaluator can prove by its ``prove(genomes, constants)``.

    Returns:
        ``status`` ("ok", or what failed), ``metrics`` (name: value, None where not finite),
        ``claims`` as given, ``rows`` (the evaluator's own table, a dict a row), ``checks`` (for
        each claim that is a metric: ``claimed``, ``found``, ``holds``; if it was judged by a proof
        ``proof`` too, see `judge`), ``unchecked`` (names of claims that only a proof can judge,
        where there was none) and ``proof`` (None, or what was proved: ``statement``,
        ``unproved``, ``notes``).

    Raises:
        UsageError: The evaluator scores another type of genome, or proves nothing.
        RefusedError: Preparing anew would release something of private data.
    """
    if not isinstance(genomes, evaluator.genome_type):
        raise UsageError(
            f"the evaluator scores {evaluator.genome_type.__name__}, this individual is a "
            f"{type(genomes).__name__}: choose an evaluator of the same genome type"
        )
    if prepared is None:
        _refuse_release(evaluator)
        prepared = evaluator.prepare(key(0, "prepare"))
    metrics, failure = _objectives(evaluator, genomes, prepared)
    if isinstance(genomes, ProgramBatch):
        metrics.setdefault("operations", float(genomes.sizes()[0]))
    if constants is None and not hasattr(evaluator, "polish"):
        constants = _own_constants(genomes)
    if constants is not None and not failure and hasattr(evaluator, "metrics"):
        metrics |= evaluator.metrics(genomes, [number.exact_decimal(text) for text in constants])
    rows = evaluator.rows(genomes) if not failure and hasattr(evaluator, "rows") else []
    checks = compare_claims(claims, metrics, evaluator.objectives)
    proof = _proof(evaluator, genomes, constants) if rigorous else None
    if proof is not None:
        metrics |= proof.metrics
        checks |= judge(claims, proof)
    return {
        "status": _status(failure, checks, proof),
        "metrics": {name: _finite(value) for name, value in metrics.items()},
        "claims": dict(claims),
        "rows": [{key: _cell(value) for key, value in row.items()} for row in rows],
        "checks": checks,
        "unchecked": [n for n in claims if n.startswith(PROVED) and n not in checks],
        "proof": None
        if proof is None
        else {
            "statement": proof.statement,
            "unproved": dict(proof.unproved),
            "notes": list(proof.notes),
        },
    }


def _refuse_release(evaluator: Any) -> None:
    """Preparing anew must not draw from private data what no ledger is charged for."""
    charge = getattr(evaluator, "charge", None)
    if charge is not None and charge() is not None:
        raise RefusedError(
            f"{type(evaluator).__name__} releases answers about private data when it prepares, "
            "which only a campaign is charged for: verify an individual by its own campaign, "
            "without --on"
        )


def _proof(evaluator: Any, genomes: Any, constants: Sequence[str] | None) -> Proof:
    if not hasattr(evaluator, "prove"):
        raise UsageError(
            f"{type(evaluator).__name__} proves nothing: leave --rigorous out, or give the "
            "evaluator a method prove(genomes, constants)"
        )
    if constants is None:
        constants = _own_constants(genomes)
    found: Proof = evaluator.prove(genomes, [number.exact_decimal(text) for text in constants])
    return found


def _own_constants(genomes: Any) -> list[str]:
    if not isinstance(genomes, ProgramBatch):
        return []
    return [float(value).hex() for value in genomes.constants[0, : genomes.n_constants[0]]]


def _status(failure: str, checks: Mapping[str, dict[str, Any]], proof: Proof | None) -> str:
    """What failed, or "ok"."""
    broken = [failure] if failure else []
    if proof is not None and not proof.bounds:
        broken += [f"{name}: not proved: {reason}" for name, reason in proof.unproved.items()]
    broken += [_broken(name, check) for name, check in checks.items() if not check["holds"]]
    return "; ".join(dict.fromkeys(broken)) or "ok"


def _broken(name: str, check: Mapping[str, Any]) -> str:
    words = {None: "found", "refuted": "proved to be at least", "undecided": "proved is only"}
    if check.get("proof") == "unproved":
        return f"{name}: not proved: {check['reason']}"
    return f"{name}: claimed {check['claimed']}, {words[check.get('proof')]} {check['found']}"


def judge(claims: Mapping[str, Any], proof: Proof) -> dict[str, dict[str, Any]]:
    """Claims that were proved, or should have been, against the proved bounds.

    A claim named ``proved_...`` is a bound itself and has to be at least the proved one; any
    other may be 0.1 % below it. ``proof`` says "proved", "refuted" (the claim is below the lower
    bound), "undecided" (it is between the bounds) or "unproved" (there are none).
    """
    checks: dict[str, dict[str, Any]] = {}
    for name, claim in claims.items():
        claimed = _number(claim)
        if claimed is None:
            continue
        if name in proof.unproved:
            reason = proof.unproved[name]
            verdict = {"found": None, "holds": False, "proof": "unproved", "reason": reason}
        elif name in proof.bounds:
            verdict = _verdict(claimed, proof.bounds[name], strict=name.startswith(PROVED))
        else:
            continue
        checks[name] = {"claimed": claim} | verdict
    return checks


def _verdict(claimed: float, bounds: tuple[float, float], *, strict: bool) -> dict[str, Any]:
    low, high = bounds
    allowed = claimed if strict else claimed + PROOF_TOLERANCE * abs(claimed)
    if high <= allowed:
        return {"found": _finite(high), "holds": True, "proof": "proved"}
    if low > allowed:
        return {"found": _finite(low), "holds": False, "proof": "refuted"}
    return {"found": _finite(high), "holds": False, "proof": "undecided"}


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
    try:
        if hasattr(evaluator, "validate"):
            scores = evaluator.validate(genomes, prepared)
        else:
            last = evaluator.fidelities[-1]
            scores = evaluator.score(genomes, prepared, fidelity=last, key=key(0, "score"))
    except ValueError as error:  # such as a primitive that the evaluator does not know
        raise UsageError(f"{type(evaluator).__name__} cannot score this: {error}") from error
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


def _cell(value: Any) -> Any:
    return value if isinstance(value, str) else _finite(value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
