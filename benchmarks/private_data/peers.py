"""Peers: AIM and MST of dpmm beside ours, on the same table, epsilon, delta and neighbours."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.private_data import dpmm, ours
from benchmarks.private_data.dpmm import Method
from benchmarks.private_data.lines import Lines
from benchmarks.private_data.sources import Source, campaign
from benchmarks.private_data.trial import Trial, errors
from evosearch import config

OURS = ("add-remove", "add-remove-unconstrained", "file", "unconstrained")


def run(
    lines: Lines,
    names: Sequence[str],
    settings: Sequence[str],
    draws: int,
    epsilon: float,
    limit: float,
    python: Path,
) -> None:
    """A line for every draw of each method on each table, the methods in turn."""
    variants = {name: (*ours.VARIANTS[name], *ours.spending(epsilon)) for name in OURS}
    for name in names:
        source, slow = Source.named(name), set[str]()
        for draw in range(1, draws + 1):
            ours.run(lines, [campaign(name)], variants, [draw], "peers")
            for method in dpmm.methods(len(source.domain.fields), settings):
                if method.label not in slow and not peer(
                    lines, source, method, epsilon, limit, python
                ):
                    slow.add(method.label)


def peer(
    lines: Lines, source: Source, method: Method, epsilon: float, limit: float, python: Path
) -> bool:
    """A line of one table of a peer; False where it did not end in time."""
    sizes, delta = source.domain.sizes, 1 / len(source.codes) ** 2
    done = dpmm.synthesise(python, method, source.codes, sizes, epsilon, delta, limit)
    facts = {
        "table": source.name,
        "variant": method.label,
        "epsilon": epsilon,
        "neighbours": "add-remove",
        "rows": len(source.codes),
        "code": dpmm.PACKAGE,
    }
    if done is None:
        lines.add("peers", **facts, stopped_after=limit)
        return False
    table, spent = done
    rules = Trial(config.load(campaign(source.name))).setting.constraints
    lines.add("peers", **facts, **spent, **errors(source.codes, table, source.domain, rules))
    return True
