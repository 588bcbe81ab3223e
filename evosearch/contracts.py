"""What an evaluator, a search space and an exporter are.

Everything is a batch: arrays whose leading axis is the individual. Plug-ins implement these
protocols structurally; nothing here is subclassed except the frozen records.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Float64, Int8, UInt32

from evosearch.errors import EvaluatorError
from evosearch.genomes.batch import GenomeBatch

Key = UInt32[np.ndarray, "2"]
Prepared = Mapping[str, npt.NDArray[Any]]
# By size: the worst first cost that lives on; NaN where anything would. Empty where unknown.
Bars = Float64[np.ndarray, " sizes"]


class Status(IntEnum):
    """What became of an evaluation. Only OK individuals are ever selected."""

    OK = 0  # every objective is finite
    INVALID = 1  # the evaluator said that the genome cannot be scored
    NONFINITE = 2  # an objective came out NaN or infinite
    TIMEOUT = 3  # the batch did not end in time
    MEMORY = 4  # the batch ran out of memory
    ERROR = 5  # the evaluator raised
    QUARANTINED = 6  # failed before and is not tried again
    STOPPED = 7  # scored at a cheaper fidelity alone, where others did better


def failed(status: Int8[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which individuals could not be scored."""
    return np.asarray((status != Status.OK) & (status != Status.STOPPED))


@dataclass(frozen=True)
class Objective:
    """One optimised quantity. ``scale`` tells reports how to draw it."""

    name: str
    direction: Literal["minimize", "maximize"] = "minimize"
    scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Scores:
    """What an evaluator returns for a batch.

    Attributes:
        objectives: In the order of the evaluator's ``objectives``; ignored where status is not OK.
        status: A `Status` per individual.
        measures: In the order of the evaluator's ``measures``; may have zero columns.
        messages: Slot -> why it failed, for slots whose status is not OK.
    """

    objectives: Float64[np.ndarray, "batch objectives"]
    status: Int8[np.ndarray, " batch"]
    measures: Float64[np.ndarray, "batch measures"] = field(
        default_factory=lambda: np.zeros((0, 0))
    )
    messages: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operator:
    """Makes individuals: from nothing (arity 0), by mutation (1) or by recombination (2 or more).

    ``apply(rng, parents, n)`` receives ``arity`` batches of n genomes each and returns n canonical
    children. Where it cannot act on a parent it returns the first parent unchanged. An
    ``apply`` that is `evosearch.variation.InTwoSteps` leaves its last part to be done for all
    operators at once.
    """

    arity: int
    apply: Callable[[np.random.Generator, tuple[Any, ...], int], Any]
    weight: float = 1.0


@runtime_checkable
class SearchSpace(Protocol):
    """What can be born and how it varies.

    Optional: ``inputs``, the names of the inputs of its programs.
    """

    genome_type: type[GenomeBatch]
    operators: Mapping[str, Operator]  # at least one of arity 0

    def describe(self, genomes: Any) -> list[str]:
        """One line of text per individual, for people."""
        ...


@runtime_checkable
class Evaluator(Protocol):
    """How good individuals are. ``score`` is a pure function of its arguments.

    Optional methods, used where they exist:

    - ``refine(genomes, prepared, key) -> genomes``: improve each genome before it is scored, by a
      pure function of (genome, key); what comes back is stored and inherited (Lamarck).
    - ``takes_bars = True``: ``refine`` gets ``bars=`` besides: for each size, what the first
      objective has to beat to live on (`Bars`), so that no effort goes into the hopeless.
    - ``validate(genomes, prepared) -> Scores``: on sealed data; never used to select.
    - ``polish(genomes, prepared) -> list[Polished | None]``: high-precision finish of the front.
    - ``prove(genomes, constants) -> Proof``: rigorous bounds for a batch of one, from all digits
      of its constants (decimal strings).
    - ``baselines() -> list[Baseline]``: what a reader would use without a search.
    - ``findings(genomes, prepared) -> list[Finding]``: pictures and tables of these individuals
      (of the front, best first) for the report.
    - ``deterministic = False``: scores depend on ``key``; they are not shared between campaigns.
    - ``batch_invariant = True``: no result depends on how many individuals a batch has, to the
      last bit; batches are not padded to one width then.
    - ``charge() -> Charge | None``: what ``prepare`` is about to spend of a data set's privacy,
      None for nothing. It is asked for once, when a campaign is created, and charged to the
      ledger of the data set before ``prepare`` is called. What was charged stays spent even where
      ``prepare`` fails: so ``charge`` is where to find everything that can be wrong (missing
      files, bad tables, missing packages), and it must draw and release nothing.
    - ``usage() -> dict``: how individuals are to be used, as JSON; documents keep it.
    - ``against(genomes, path) -> Mapping[str, float]``: how far a batch of one is from the private
      data in a file, for ``evosearch evaluate-against`` alone. Nothing is charged for such
      figures, so nothing else calls it; its errors hold nothing of the data.
    - ``compile_seconds``: seconds that this process has spent compiling.
    - ``inputs``: names of what programs are given; those of the search space, if it names any,
      have to be the same.
    """

    genome_type: type[GenomeBatch]
    objectives: Sequence[Objective]
    measures: Sequence[str]
    # Cheapest first. Children are scored at the first one; the best by the first objective go on
    # to the next, see `evosearch.stages`. Survivors are judged by the last one. Before that only
    # the first objective has to be finite.
    fidelities: Sequence[str]

    def prepare(self, key: Key) -> Prepared:
        """Once in a campaign's life; the arrays are stored and given to every later call."""
        ...

    def score(self, genomes: Any, prepared: Prepared, *, fidelity: str, key: Key) -> Scores:
        """Score a batch of any length."""
        ...


@dataclass(frozen=True)
class Charge:
    """What ``prepare`` is about to spend of a data set's privacy.

    In zero-concentrated differential privacy (Bun and Steinke 2016), where what is spent adds up.

    Attributes:
        dataset: The user's name for the data set, the same in all its campaigns. Never made from
            its content: a hash of private data tells whether a guess of them is right.
        neighbours: Between which data sets it is to be hard to tell: with one record replaced, or
            with one record more or less.
        mechanism: What draws the noise, for people.
        rho: What is spent, exact.
        limit: How much may be spent of the data set in all, in rho, as the user states it now.
        details: For people, as JSON: epsilon, delta and the like; nothing of the data.

    Raises:
        EvaluatorError: An attribute is not of this form.
    """

    dataset: str
    neighbours: Literal["replace-one", "add-remove"]
    mechanism: str
    rho: Fraction
    limit: Fraction
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in {"dataset": self.dataset, "mechanism": self.mechanism}.items():
            if not (isinstance(value, str) and value.isprintable() and 1 <= len(value) <= 200):
                raise EvaluatorError(
                    f"Charge.{name}: expected 1 to 200 printable characters, received {value!r}"
                )
        if self.neighbours not in ("replace-one", "add-remove"):
            raise EvaluatorError(
                "Charge.neighbours: expected 'replace-one' or 'add-remove', received "
                f"{self.neighbours!r}"
            )
        for name, number in {"rho": self.rho, "limit": self.limit}.items():
            if not isinstance(number, Fraction) or not 0 < number <= 10**12:
                raise EvaluatorError(
                    f"Charge.{name}: expected a Fraction above 0 and at most 1e12, received "
                    f"{number!r}; write Fraction(x) for a float x"
                )


@dataclass(frozen=True)
class Polished:
    """A front member finished in high precision: decimal constants and what they achieve."""

    constants: tuple[str, ...]  # decimal strings, in the genome's order of constants
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Proof:
    """What was proved about one individual.

    Attributes:
        statement: What the bounds are bounds of, and by what arithmetic.
        bounds: For each proved metric a lower and an upper bound; less is better. Claims of that
            name are judged by them. A name that begins with ``proved_`` is a claim that only a
            proof can make.
        metrics: Numbers to be shown; those named ``proved_...`` can be claimed.
        unproved: For each metric that could not be bounded, why.
        notes: What a reader has to know besides.
    """

    statement: str
    bounds: Mapping[str, tuple[float, float]]
    metrics: Mapping[str, float]
    unproved: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """A known solution, placed among the front in reports. ``objectives`` by name."""

    family: str  # e.g. "Horner polynomial"
    label: str  # e.g. "degree 4"
    objectives: Mapping[str, float]


@dataclass(frozen=True)
class Series:
    """A line of a chart: points in the order in which they are joined."""

    name: str
    x: Float64[np.ndarray, " points"]
    y: Float64[np.ndarray, " points"]


@dataclass(frozen=True)
class Chart:
    """A picture of a report: lines over common axes. ``caption`` says what can be read from it."""

    name: str  # of its file: lower case and hyphens
    title: str
    x: str
    y: str
    series: Sequence[Series]
    caption: str
    log_x: bool = False
    log_y: bool = False
    marks: bool = False  # points alone, not joined


@dataclass(frozen=True)
class Rows:
    """A table of a report: numbers, and texts in the first columns."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float]]
    caption: str = ""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A matrix of a report, the stronger a colour the larger the value; NaN stays empty."""

    name: str  # of its file: lower case and hyphens
    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Float64[np.ndarray, "rows columns"]
    caption: str
    unit: str = ""  # of the values


@dataclass(frozen=True, eq=False)
class Panel:
    """A few bars of `Panels`: a name for each, and a value for each in every series; NaN is none.

    The first series is drawn as bars, the others as marks on them.
    """

    title: str
    labels: Sequence[str]
    values: Float64[np.ndarray, "series labels"]


@dataclass(frozen=True)
class Panels:
    """Many small pictures of a report with the same series, side by side."""

    name: str  # of its file: lower case and hyphens
    title: str
    series: Sequence[str]
    panels: Sequence[Panel]
    caption: str
    unit: str = ""  # of the values


Finding = Chart | Rows | HeatMap | Panels


def scores_of(
    objectives: npt.NDArray[np.float64], *, measures: npt.NDArray[np.float64] | None = None
) -> Scores:
    """Scores of rows that were all computed: OK where every objective is finite."""
    objectives = np.asarray(objectives, dtype=np.float64)
    finite = np.isfinite(objectives).all(axis=1)
    status = np.where(finite, Status.OK, Status.NONFINITE).astype(np.int8)
    if measures is None:
        measures = np.zeros((len(objectives), 0))
    return Scores(objectives, status, measures)


def elementwise(
    function: Callable[[Any], Sequence[float]], objectives: int
) -> Callable[[GenomeBatch], Scores]:
    """Batch form of a function that scores one individual (given as a batch of length 1).

    An exception of ``function`` becomes status ERROR with its text for that individual alone.
    """

    def batched(genomes: GenomeBatch) -> Scores:
        values = np.full((len(genomes), objectives), np.nan)
        messages: dict[int, str] = {}
        for row in range(len(genomes)):
            try:
                values[row] = function(genomes.take(np.array([row])))
            except Exception as error:  # any failure belongs to this individual alone
                messages[row] = f"{type(error).__name__}: {error}"
        scores = scores_of(values)
        status = scores.status.copy()
        status[list(messages)] = Status.ERROR
        return Scores(scores.objectives, status, scores.measures, messages)

    return batched
