"""Facts: everything that a report says about a campaign, read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from evosearch.contracts import Baseline, Finding
from evosearch.report.plane import Floats, Plane
from evosearch.store import queries
from evosearch.store.ledger import Privacy
from evosearch.store.members import Edge, Generations, History, Member
from evosearch.store.records import CampaignRecord
from evosearch.store.store import Store

# Points of the interval and the error of each genome given there: [n], [genomes, n].
Curves = Callable[[Sequence[bytes]], tuple[Floats, Floats]]
Findings = Callable[[Sequence[bytes]], Sequence[Finding]]


@dataclass(frozen=True)
class Companion:
    """What the campaign's evaluator adds, where it can be loaded.

    Attributes:
        baselines: Known solutions.
        curves: Errors of genomes (in byte form) over the interval; None where it has none.
        findings: Pictures and tables of genomes (in byte form); None where it has none.
        missing: Why something is missing, for the reader.
    """

    baselines: Sequence[Baseline] = ()
    curves: Curves | None = None
    findings: Findings | None = None
    missing: str = ""


@dataclass(frozen=True, eq=False)
class Run:
    """One campaign as columns.

    Attributes:
        x: Of every individual; see `Plane`.
        y: The same; NaN where it was not scored.
        spent: Evaluations spent up to and with each individual.
    """

    name: str
    history: History
    x: Floats
    y: Floats
    spent: Floats

    @classmethod
    def of(cls, name: str, history: History, plane: Plane) -> "Run":
        """The columns of a history; a reused score cost nothing."""
        x, y = plane.columns(history)
        return cls(name, history, x, y, np.cumsum(~history.reused).astype(np.float64))

    @property
    def evaluations(self) -> float:
        """All of them."""
        return float(self.spent[-1]) if len(self.spent) else 0.0

    def within(self, evaluations: float) -> "Run":
        """What was found with the first ``evaluations``."""
        y = np.where(self.spent <= evaluations, self.y, np.nan)
        return Run(self.name, self.history, self.x, y, self.spent)

    def best(self, plane: Plane, level: float) -> float:
        """The best y among individuals whose x is no worse than ``level``."""
        return plane.best(self.y[plane.at_least_as_good(self.x, level)])


@dataclass(frozen=True, eq=False)
class Facts:
    """A campaign, what it is compared with, and the individual whose descent is told.

    Attributes:
        random: Random search with the same space and evaluator in the same database, if any.
        chosen: The member that the report looks at closely; None while there is none.
        ancestors: The chosen member and its ancestors, youngest first.
        edges: Who descends from whom among them.
        genomes: Byte forms of the front's members, by id.
        privacy: What was spent of a data set's privacy; None where nothing was charged.
        fidelities: See `queries.fidelities`.
    """

    record: CampaignRecord
    status: dict[str, Any]
    front: Sequence[Member]
    generations: Generations
    plane: Plane
    search: Run
    random: Run | None
    companion: Companion
    chosen: Member | None = None
    ancestors: Sequence[Member] = ()
    edges: Sequence[Edge] = ()
    genomes: dict[int, bytes] = field(default_factory=dict)
    privacy: Privacy | None = None
    fidelities: Sequence[dict[str, Any]] = ()

    def baseline(self, level: float) -> tuple[float, str]:
        """The best baseline whose x is no worse than ``level``, and what it is."""
        points = [
            (point[1], f"{known.family}, {known.label}")
            for known in self.companion.baselines
            if (point := self.plane.named(known.objectives)) is not None
            and self.plane.at_least_as_good(np.array(point[0]), level)
        ]
        pick = min if self.plane.y.direction == "minimize" else max
        return pick(points, default=(float("nan"), ""))

    @property
    def equal_evaluations(self) -> float:
        """Evaluations that both this campaign and random search have spent."""
        if self.random is None:
            return 0.0
        return min(self.search.evaluations, self.random.evaluations)


def gather(store: Store, name: str, companion: Companion, member: int | None = None) -> Facts:
    """Read a campaign; raises UsageError where it or ``member`` is unknown."""
    record = queries.campaign(store, name)
    history = queries.history(store, name)
    plane = Plane.of(record.objectives, history)
    front = queries.front(store, name)
    facts = Facts(
        record=record,
        status=queries.status(store, name),
        front=front,
        generations=queries.generations(store, name),
        plane=plane,
        search=Run.of(name, history, plane),
        random=_random_search(store, record, plane),
        companion=companion,
        privacy=queries.privacy(store, name),
        fidelities=queries.fidelities(store, name),
    )
    chosen = _chosen(facts) if member is None else queries.member(store, name, member)
    if chosen is None:
        return facts
    ancestors, edges = queries.lineage(store, name, chosen.id)
    genomes = {each.id: queries.genome(store, name, each.id)[1] for each in front}
    return replace(facts, chosen=chosen, ancestors=ancestors, edges=edges, genomes=genomes)


def exact(member: Member, objective: str) -> float:
    """The most trustworthy value of an objective: polished, else validated, else as searched."""
    for name, value in metrics_of(member).items():
        if is_exact(name, objective) and value is not None:
            return float(value)
    validated = (member.validation or {}).get(objective)
    if validated is not None and member.validation_status == "ok":
        return float(validated)
    return member.objectives[objective]


def metrics_of(member: Member) -> dict[str, float | None]:
    """What a member achieves with polished constants."""
    metrics: dict[str, float | None] = (member.polish or {}).get("metrics", {})
    return metrics


def is_exact(metric: str, objective: str) -> bool:
    """Whether a metric of polished constants is the objective in exact arithmetic.

    It has the objective's name or a longer one that ends in it (``max_relative_error`` for
    ``error``); what is measured as run in a format starts with that format's name.
    """
    named = metric == objective or metric.endswith(f"_{objective}")
    return named and not metric.startswith(("float", "bfloat"))


def _chosen(facts: Facts) -> Member | None:
    """The member furthest ahead of its baseline; without baselines the best one."""
    if not facts.front:
        return None
    gains = [_gain_over_baseline(facts, member) for member in facts.front]
    if np.all(np.isnan(gains)):
        return facts.front[0]
    return facts.front[int(np.nanargmax(gains))]


def _gain_over_baseline(facts: Facts, member: Member) -> float:
    x, _ = facts.plane.point(member)
    return facts.plane.gain(exact(member, facts.plane.y.name), facts.baseline(x)[0])


def _random_search(store: Store, record: CampaignRecord, plane: Plane) -> Run | None:
    """The longest random search over the same space and evaluator, other than this campaign."""
    found: Run | None = None
    for status in queries.campaigns(store):
        name = status["campaign"]
        if name == record.name or (found and status["evaluations"] <= found.evaluations):
            continue
        other = queries.campaign(store, name)
        same = all(
            other.config.get(key) == record.config.get(key) for key in ("space", "evaluator")
        )
        if same and other.config.get("algorithm", {}).get("use") == "random":
            history = queries.history(store, name)
            if len(history.ids):
                found = Run.of(name, history, plane)
    return found
