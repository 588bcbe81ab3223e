"""Findings: what a report shows of a policy on the held-out systems."""

import numpy as np
from jaxtyping import Float64

from evaluators.sor.comparators.comparison import Comparison
from evaluators.sor.held import Held
from evosearch.contracts import Chart, Rows, Series

Counts = Float64[np.ndarray, " systems"]
_DRAWN = 400  # points of a line at most


def findings(held: Held, counts: Counts, omegas: Counts) -> list[Chart | Rows]:
    """Iterations by system and summed up, omegas by context, and the table of comparators.

    Args:
        held: The held-out systems.
        counts: Iterations of the genome for each of them.
        omegas: What it chose (of a schedule the first).
    """
    others = [each for _, each in held.comparators()] + [held.cg]
    return [
        _table(held, counts, others),
        _groups(held, counts),
        _instances(counts, others),
        _cumulative(counts, others),
        *_omegas(held, omegas, others),
    ]


def _table(held: Held, counts: Counts, others: list[Comparison]) -> Rows:
    best = held.oracle.counts.sum()
    rows: list[list[str | float]] = [
        ["this search", float(counts.mean()), float(counts.sum()), float(counts.sum() / best), ""]
    ]
    rows += [
        [each.name, each.mean, float(each.total), float(each.total / best), each.notes]
        for each in others
    ]
    columns = ["method", "mean iterations", "total", "ratio to the oracle", "notes"]
    caption = f"{len(counts):,} systems that no search has seen"
    return Rows("Comparators", columns, rows, caption)


def _groups(held: Held, counts: Counts) -> Rows:
    rows = held.rows(counts)
    columns = [name.replace("_", " ") for name in rows[0]]
    return Rows("By group of systems", columns, [list(row.values()) for row in rows])


def _instances(counts: Counts, others: list[Comparison]) -> Chart:
    order = np.argsort(others[0].counts, kind="stable")
    order = order[:: max(1, len(order) // _DRAWN)]
    place = np.arange(len(order), dtype=np.float64)
    lines = [Series("this search", place, counts[order].astype(np.float64))]
    lines += [Series(each.name, place, each.counts[order].astype(np.float64)) for each in others]
    return Chart(
        "instances",
        "Iterations of every held-out system, in the oracle's order",
        "system",
        "iterations",
        lines,
        f"Largest: {int(counts.max()):,} with this search, {int(others[0].counts.max()):,} with "
        "the oracle.",
        log_y=True,
    )


def _cumulative(counts: Counts, others: list[Comparison]) -> Chart:
    every = max(1, len(counts) // _DRAWN)
    place = np.arange(1, len(counts) + 1, dtype=np.float64)[::every]
    lines = [Series("this search", place, np.cumsum(counts)[::every].astype(np.float64))]
    for each in others:
        total = np.cumsum(each.counts)[::every].astype(np.float64)
        lines.append(Series(each.name, place, total))
    ends = "; ".join(f"{each.name}: {each.total:,}" for each in others)
    return Chart(
        "cumulative",
        "Iterations in all, in the order of the sequence",
        "systems solved",
        "iterations",
        lines,
        f"In the end this search: {int(counts.sum()):,}; {ends}.",
    )


def _omegas(held: Held, omegas: Counts, others: list[Comparison]) -> list[Chart]:
    """Omega by shift, where the systems differ in it and the genome has one omega for each."""
    shifts = np.concatenate([systems.shifts for systems in held.groups])
    if np.ptp(shifts) == 0 or len(held.groups) > 1:
        return []
    order = np.argsort(shifts, kind="stable")
    order = order[:: max(1, len(order) // _DRAWN)]
    lines = [Series("this search", shifts[order], omegas[order])]
    lines += [
        Series(each.name, shifts[order], each.omegas[order])
        for each in others
        if each.omegas is not None
    ]
    return [
        Chart(
            "omegas",
            "Omega by shift of the diagonal",
            "shift c",
            "omega",
            lines,
            f"This search chooses from {np.nanmin(omegas):.4g} to {np.nanmax(omegas):.4g}.",
            marks=True,
        )
    ]
