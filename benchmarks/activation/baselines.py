"""Known functions trained as the reference measurements did."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from benchmarks.activation.reference import RATES, REFERENCE, deviations, means
from benchmarks.tables import table
from evaluators.activation.baselines import Known, crrelu, plain
from evaluators.activation.statistics import rank_correlation
from evaluators.activation.task import Task
from evaluators.activation.trial import Trial
from evosearch.seeding import stream

STEPS = 600


def measured(task: Task, names: Sequence[str], count: int) -> str:
    """Accuracies at every rate, the reference's, and how far apart they are."""
    known = [each for each in (*plain(), crrelu()) if each.name in names or not names]
    seeds = seeds_of(count)
    trial = Trial(task)
    found = {each.name: means(_trained(trial, each, seeds)) for each in known}
    head = ["function", *(f"{rate:g}" for rate in RATES), "reference's best", "apart (s.e.)"]
    return table(head, [_row(each, found[each.name]) for each in known]) + "\n\n" + _order(found)


def seeds_of(count: int) -> list[int]:
    """Seeds of the benchmarks."""
    return [int(each) for each in stream(1, "score").integers(1 << 31, size=count)]


def _trained(
    trial: Trial, known: Known, seeds: Sequence[int]
) -> Float64[np.ndarray, "rates seeds"]:
    initial = known.initial or None
    outcome = trial.run(
        known.program, rates=RATES, seeds=seeds, steps=STEPS, on="selection", initial=initial
    )
    return np.asarray(outcome.accuracy[0])


def _row(known: Known, found: Float64[np.ndarray, "rates 2"]) -> list[str]:
    reference = REFERENCE[known.name]
    best = max(reference)
    apart = deviations(found, reference)
    return [
        known.label,
        *(f"{mean:.2f} ± {error:.2f}" for mean, error in found),
        f"{best[0]:.2f} ± {best[1]:.2f}",
        ", ".join(f"{each:+.1f}" for each in apart),
    ]


def _order(found: dict[str, Float64[np.ndarray, "rates 2"]]) -> str:
    if len(found) < 2:
        return ""
    ours = np.array([each[:, 0].max() for each in found.values()])
    theirs = np.array([max(REFERENCE[name])[0] for name in found])
    return f"Rank correlation of the best accuracies: {rank_correlation(ours, theirs):.2f}."
