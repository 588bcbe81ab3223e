"""``evosearch show``."""

from typing import TYPE_CHECKING, Any

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, Id, Name, opened, pick
from evosearch.report.numbers import duration, shown

if TYPE_CHECKING:
    from evosearch.store.members import Member


def show(context: typer.Context, name: Name, id: Id, as_json: AsJson = False) -> None:
    """Tell everything that is known about an individual."""
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        stages = queries.stages(store, name, member.id)
    if as_json:
        emit(member.as_detailed_json() | ({"stages": stages} if stages else {}))
        return
    lines = rows(member) | {f"at {stage['fidelity']}": _said(stage) for stage in stages}
    for key, value in lines.items():
        say(f"{key:<12}  {value}")


def rows(member: "Member") -> dict[str, str]:
    """An individual as text, one line a fact."""
    parents = ", ".join(map(str, member.parents))
    facts = {
        "individual": f"{member.id}, size {member.size:,}, {member.status}",
        "birth": f"generation {member.generation}, slot {member.slot}, island {member.island}",
        "operator": member.operator + (f" of {parents}" if parents else ""),
        "objectives": _listed(member.objectives),
        "measures": _listed(member.measures),
        "validation": _listed(member.validation or {}),
        "polished": "",
        "digest": member.digest,
        "expression": member.expression or "– (it was never on a front)",
    }
    if member.validation_status not in (None, "ok"):
        facts["validation"] = str(member.validation_status)
    if member.polish is not None:
        facts["polished"] = _listed(member.polish["metrics"])
        for position, digits in enumerate(member.polish["constants"]):
            facts[f"c{position}"] = digits
    return {key: value for key, value in facts.items() if value}


def _said(stage: dict[str, Any]) -> str:
    known = {name: value for name, value in stage["objectives"].items() if value is not None}
    went = ", went on" if stage["promoted"] else ""
    return f"{stage['status']}: {_listed(known)} in {duration(stage['seconds'])}{went}"


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {shown(value, 6)}" for name, value in values.items()
    )
