"""Confirmation: what was found against known functions, on fresh seeds and sealed data.

One rule for all functions alike: train with fresh seeds at every rate of the sweep; the rate of
the highest mean score on the selection data is a function's best; what counts are the scores on
the sealed test data at that rate. No test score takes part in a choice, so none is inflated by
one. In the search itself the best of thousands of noisy scores was chosen: it is better than the
same function's score on fresh seeds by several standard errors (the winner's curse).

A rate at which any training diverged is chosen only where all are so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from jaxtyping import Float64, Int64

from evaluators.activation.statistics import Paired, holm, paired, standard_error
from evosearch.contracts import Key
from evosearch.genomes.program import ProgramBatch
from evosearch.seeding import stream

Sweep = Float64[np.ndarray, "functions rates seeds"]
_PLACE = 0xC0  # of the stream that fresh seeds are drawn from


class Trainer(Protocol):
    """A task that functions can be trained on: `evaluators.activation.trial.Trial`."""

    def run(
        self,
        functions: ProgramBatch,
        *,
        rates: Sequence[float],
        seeds: Sequence[int],
        steps: int,
        on: Literal["selection", "test"],
    ) -> Any:
        """Scores of every function, rate and seed: ``accuracy`` of what is returned."""
        ...


@dataclass(frozen=True)
class Course:
    """How functions are trained for their confirmation; see `fresh_seeds` for the seeds."""

    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    steps: int


@dataclass(frozen=True, eq=False)
class Confirmed:
    """Scores of some functions on fresh seeds.

    Attributes:
        rates: Of the sweep.
        selection: Scores on the selection data at every rate.
        best: For each function which rate is its best.
        test: Scores on the sealed data at that rate.
    """

    rates: tuple[float, ...]
    selection: Sweep
    best: Int64[np.ndarray, " functions"]
    test: Float64[np.ndarray, "functions seeds"]

    def __len__(self) -> int:
        return len(self.test)

    def best_rates(self) -> Float64[np.ndarray, " functions"]:
        """The rates themselves."""
        return np.asarray(np.array(self.rates)[self.best])

    def selected(self) -> Float64[np.ndarray, "functions seeds"]:
        """Scores on the selection data at the best rates."""
        return np.asarray(self.selection[np.arange(len(self.best)), self.best])


@dataclass(frozen=True, eq=False)
class Comparison:
    """One function against known ones.

    Attributes:
        accuracy: Mean score on the sealed data.
        standard_error: Of this mean.
        best_rate: At which it was trained.
        differences: By the name of the known function.
        corrected: Their two-sided p-values, corrected for the number of known functions.
    """

    accuracy: float
    standard_error: float
    best_rate: float
    differences: Mapping[str, Paired]
    corrected: Mapping[str, float]

    def metrics(self) -> dict[str, float]:
        """As numbers by name; scores and differences are shares, not points."""
        found = {
            "accuracy": self.accuracy,
            "standard_error": self.standard_error,
            "best_rate": self.best_rate,
        }
        for name, difference in self.differences.items():
            found[f"{name}_difference"] = difference.difference
            found[f"{name}_p"] = self.corrected[name]
        return found

    def rows(self) -> list[dict[str, float | str]]:
        """One row for each known function."""
        return [
            {
                "against": name,
                "difference": difference.difference,
                "standard_error": difference.standard_error,
                "t": difference.t,
                "p": difference.two_sided,
                "p_corrected": self.corrected[name],
            }
            for name, difference in self.differences.items()
        ]


def fresh_seeds(key: Key, n: int, used: Sequence[int] = ()) -> tuple[int, ...]:
    """So many distinct seeds from 2^31 to 2^32, where no search draws any; none of ``used``."""
    seed = int(key[0]) << 32 | int(key[1])
    rng = stream(seed, "score", island=_PLACE)
    taken, found = set(used), list[int]()
    while len(found) < n:
        drawn = int(rng.integers(1 << 31, 1 << 32))
        if drawn not in taken:
            taken.add(drawn)
            found.append(drawn)
    return tuple(found)


def confirm(
    trainer: Trainer,
    functions: ProgramBatch,
    course: Course,
    **settings: Any,
) -> Confirmed:
    """Train every function anew, at every rate and then, for the sealed data, at its best one.

    ``settings`` are given to the trainer, as ``initial`` of functions whose parameters do not
    start at 1.
    """
    sweep = _scores(trainer, functions, course, course.rates, "selection", settings)
    best = best_rates(sweep)
    test = np.empty((len(functions), len(course.seeds)))
    for place in np.unique(best).tolist():
        rows = np.flatnonzero(best == place)
        rate = (course.rates[place],)
        found = _scores(trainer, functions.take(rows), course, rate, "test", settings)
        test[rows] = found[:, 0]
    return Confirmed(course.rates, sweep, best, test)


def best_rates(sweep: Sweep) -> Int64[np.ndarray, " functions"]:
    """Which rate has the highest mean score over the seeds; the first of equal ones."""
    means = sweep.mean(axis=2)
    return np.asarray(np.argmax(np.where(np.isfinite(means), means, -np.inf), axis=1))


def compare(
    found: Confirmed, row: int, known: Mapping[str, Float64[np.ndarray, " seeds"]]
) -> Comparison:
    """A function against known ones, seed by seed.

    Args:
        found: With the function.
        row: Its place.
        known: Test scores of the known functions on the same seeds, by name.
    """
    scores = found.test[row]
    differences = {name: paired(scores, other) for name, other in known.items()}
    p = holm(np.array([each.two_sided for each in differences.values()]))
    return Comparison(
        float(scores.mean()),
        standard_error(scores),
        float(found.best_rates()[row]),
        differences,
        dict(zip(differences, p.tolist(), strict=True)),
    )


def curse(
    searched: Float64[np.ndarray, " functions"], found: Confirmed
) -> list[dict[str, float | str]]:
    """What functions scored in the search, on fresh seeds, and on sealed data.

    Args:
        searched: Their mean scores at the best rate in the search.
        found: The same functions, confirmed.
    """
    fresh, test = found.selected(), found.test
    return [
        {
            "function": str(row + 1),
            "search": float(searched[row]),
            "fresh_seeds": float(fresh[row].mean()),
            "sealed_data": float(test[row].mean()),
            "standard_error": standard_error(test[row]),
            "lost": float(searched[row] - fresh[row].mean()),
        }
        for row in range(len(found))
    ]


def _scores(
    trainer: Trainer,
    functions: ProgramBatch,
    course: Course,
    rates: Sequence[float],
    on: Literal["selection", "test"],
    settings: Mapping[str, Any],
) -> Sweep:
    outcome = trainer.run(
        functions, rates=rates, seeds=course.seeds, steps=course.steps, on=on, **settings
    )
    scores: Sweep = np.asarray(outcome.accuracy, dtype=np.float64)
    return np.where(np.isnan(outcome.loss), np.nan, scores)
