"""Findings: what a report shows of functions that were found."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from evaluators.activation.confirmation import Confirmed, compare, curse
from evaluators.activation.statistics import standard_error
from evosearch.contracts import Chart, Finding, Panel, Panels, Rows, Series
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.program import ProgramBatch

_REACH = 6.0
_POINTS = 601
Known = Mapping[str, Float64[np.ndarray, " seeds"]]


def curves(functions: ProgramBatch, labels: Sequence[str]) -> list[Finding]:
    """The functions and their derivatives on [-6, 6], learnable parameters at 1."""
    x = np.linspace(-_REACH, _REACH, _POINTS)
    inputs = np.ones((functions.n_inputs, _POINTS))
    inputs[0] = x
    values = evaluate(functions, inputs)
    middles, slopes = (x[1:] + x[:-1]) / 2, np.diff(values, axis=1) / np.diff(x)
    return [
        Chart(
            "activation-functions",
            "Functions",
            "x",
            "f(x)",
            _series(labels, x, values),
            "Learnable parameters are where they start, at 1. A function and its negative are "
            "equivalent in a network whose next layer is linear.",
        ),
        Chart(
            "activation-derivatives",
            "Derivatives",
            "x",
            "f'(x)",
            _series(labels, middles, slopes),
            f"Slopes over {2 * _REACH / (_POINTS - 1):g}. Where they are zero nothing is learned "
            "through a unit, where they are large learning is unsteady.",
        ),
    ]


def accuracies(
    tasks: Mapping[str, Confirmed], labels: Sequence[str], known: Mapping[str, Known]
) -> list[Finding]:
    """Scores on sealed data beside known functions, for each task.

    Args:
        tasks: The functions, confirmed, by the name of the task.
        labels: Of the functions.
        known: Scores of known functions on the same seeds and sealed data, by task and name.
    """
    panels = [_panel(name, found, labels, known[name]) for name, found in tasks.items()]
    seeds = min(found.test.shape[1] for found in tasks.values())
    return [
        Panels(
            "activation-accuracies",
            "Accuracy on sealed data",
            ["mean", "less 2 standard errors", "plus 2 standard errors"],
            panels,
            f"Trained anew with {seeds} fresh seeds, every function at the rate of its highest "
            "mean accuracy on selection data. Seeds are common to all functions, so differences "
            "are surer than these bars look: see the table.",
            unit="%",
        ),
        *(_differences(name, tasks[name], labels, known[name]) for name in tasks),
    ]


def winners_curse(
    name: str,
    searched: Float64[np.ndarray, " functions"],
    found: Confirmed,
    labels: Sequence[str],
) -> Rows:
    """What the search saw of functions, and what fresh seeds and sealed data say."""
    columns = ["function", "in the search", "fresh seeds", "sealed data", "s.e.", "lost"]
    rows: list[list[str | float]] = [
        [label, *(_percent(row[key]) for key in _CURSE)]
        for label, row in zip(labels, curse(searched, found), strict=True)
    ]
    return Rows(
        f"{name}: the winner's curse",
        columns,
        rows,
        "Accuracy in percent. The best of many noisy scores is too good by several standard "
        "errors; what is lost from the search to fresh seeds on the same selection data is that. "
        "Sealed data took no part in any choice.",
    )


_CURSE = ("search", "fresh_seeds", "sealed_data", "standard_error", "lost")


def _series(
    labels: Sequence[str],
    x: Float64[np.ndarray, " points"],
    values: Float64[np.ndarray, "functions points"],
) -> list[Series]:
    """Finite points alone."""
    found = []
    for label, row in zip(labels, values, strict=True):
        there = np.isfinite(row)
        found.append(Series(label, x[there], row[there]))
    return found


def _panel(name: str, found: Confirmed, labels: Sequence[str], known: Known) -> Panel:
    scores = [*found.test, *known.values()]
    means = np.array([row.mean() for row in scores])
    errors = np.array([standard_error(row) for row in scores])
    values = 100 * np.stack([means, means - 2 * errors, means + 2 * errors])
    return Panel(name, [*labels, *known], values)


def _differences(name: str, found: Confirmed, labels: Sequence[str], known: Known) -> Rows:
    rows: list[list[str | float]] = []
    for row, label in enumerate(labels):
        comparison = compare(found, row, known)
        rows += [
            [
                label,
                other,
                100 * difference.difference,
                100 * difference.standard_error,
                difference.two_sided,
                comparison.corrected[other],
            ]
            for other, difference in comparison.differences.items()
        ]
    return Rows(
        f"{name}: differences on sealed data",
        ["function", "against", "points", "s.e.", "p", "p corrected"],
        rows,
        "Paired by seed; two-sided p-values of Student's t, by Holm's method corrected for the "
        "number of known functions, but not for the number of functions shown here.",
    )


def _percent(value: float | str) -> float:
    return 100 * float(value)
