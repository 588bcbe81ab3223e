"""Findings: what a report shows of a table, from the noisy answers alone."""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import UInt16

from evaluators.private_data.answers import Answers
from evaluators.private_data.domain import Domain
from evaluators.private_data.histograms import histograms
from evaluators.private_data.kinds import by_kind
from evaluators.private_data.marginal import marginals
from evaluators.private_data.misfit import Misfit
from evosearch.contracts import Finding, HeatMap, Rows

_ORDERS = (1, 2, 3)
_KINDS = [f"{order}-way marginals" for order in _ORDERS]


def findings(
    table: UInt16[np.ndarray, "rows columns"], answers: Answers, domain: Domain, rows: float
) -> list[Finding]:
    """Errors over marginals, those of pairs as a heat map, histograms, and what was measured.

    Args:
        table: Codes.
        answers: All of them measured.
        domain: Of the table.
        rows: Of the private table, as the answers tell.
    """
    known = {order: list(marginals(answers, domain.sizes, order)) for order in _ORDERS}
    misfits = {
        f"{order}-way marginals": [Misfit.of_marginal(table, each, rows) for each in found]
        for order, found in known.items()
    }
    singles = {marginal.columns[0]: marginal for marginal in known[1]}
    return [
        _errors({**misfits, **_others(table, answers, domain, rows)}),
        *_pairs(misfits[_KINDS[1]], domain),
        *histograms(table, singles, domain, rows),
        _budget(answers, domain),
    ]


def _others(
    table: UInt16[np.ndarray, "rows columns"], answers: Answers, domain: Domain, rows: float
) -> dict[str, list[Misfit]]:
    """Of everything measured but marginals of up to three columns, by kind."""
    parts = answers.parts()
    return {
        kind: [
            Misfit.of_partition(
                table, answers.partitions[at], parts[at].ravel(), answers.deviations[at], rows
            )
            for at in places
        ]
        for kind, places in by_kind(answers.partitions, domain.sizes).items()
        if kind not in _KINDS
    }


def _errors(misfits: dict[str, list[Misfit]]) -> Rows:
    columns = [
        "partitions",
        "number",
        "average TVD",
        "of noise alone",
        "maximum TVD",
        "of noise alone there",
        "root mean square in deviations",
    ]
    return Rows(
        "Errors over marginals",
        columns,
        [_row(kind, each) for kind, each in misfits.items()],
        "TVD: total variation distance of this table and the noisy answers, half the sum of the "
        "differences of shares. Of noise alone: what is to be expected of the private table "
        "itself, whose root mean square would be 1 deviation. Below that a table follows some of "
        "the noise; above it, it misses something that was measured. Marginals that were not "
        "measured themselves are sums of others that were.",
    )


def _row(kind: str, misfits: Sequence[Misfit]) -> list[str | float]:
    if not misfits:
        return [f"{kind} (not measured)", 0.0, *[float("nan")] * 5]
    worst = max(misfits, key=lambda misfit: misfit.distance)
    squares, size = (sum(getattr(each, name) for each in misfits) for name in ("squares", "size"))
    return [
        kind,
        float(len(misfits)),
        float(np.mean([misfit.distance for misfit in misfits])),
        float(np.mean([misfit.floor for misfit in misfits])),
        worst.distance,
        worst.floor,
        float(np.sqrt(squares / size)),
    ]


def _pairs(misfits: Sequence[Misfit], domain: Domain) -> Iterable[HeatMap]:
    """The lower triangle of all pairs among the columns that any pair has."""
    if not misfits:
        return
    places = sorted({column for misfit in misfits for column in misfit.columns})
    values = np.full((len(places), len(places)), np.nan)
    for misfit in misfits:
        low, high = (places.index(column) for column in misfit.columns)
        values[high, low] = misfit.ratio
    names = [domain.names[place] for place in places]
    worst = max(misfits, key=lambda misfit: misfit.ratio)
    pair = " and ".join(domain.names[column] for column in worst.columns)
    below = sum(misfit.ratio <= 1 for misfit in misfits)
    yield HeatMap(
        "pairs",
        "TVD of pairs of columns over that of noise alone",
        names[1:],
        names[:-1],
        values[1:, :-1],
        f"Largest: {worst.ratio:.3g} for {pair} (TVD {worst.distance:.3g}). At most 1: {below:,} "
        f"of {len(misfits):,} pairs.",
        "times the noise",
    )


def _budget(answers: Answers, domain: Domain) -> Rows:
    rows: list[list[str | float]] = []
    precisions = answers.deviations**-2.0
    for kind, places in by_kind(answers.partitions, domain.sizes).items():
        cells = sum(answers.partitions[at].size for at in places)
        deviations = answers.deviations[places]
        spent = precisions[places].sum() / precisions.sum()
        least, most = float(deviations.min()), float(deviations.max())
        rows.append([kind, float(len(places)), float(cells), least, most, f"{100 * spent:.3g} %"])
    columns = [
        "what was measured",
        "partitions",
        "cells",
        "smallest deviation",
        "largest deviation",
        "share of the budget",
    ]
    return Rows(
        "Budget",
        columns,
        rows,
        "Deviation: of the noise in a cell, in rows. Share: of what all measuring cost together, "
        "without what choosing cost; it falls with the square of the deviation.",
    )
