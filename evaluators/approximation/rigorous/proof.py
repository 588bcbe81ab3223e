"""Proofs: the largest error of a program over its whole interval, between two bounds."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Context, Decimal
from math import inf, nextafter

import flint
from flint import arb

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.rigorous.as_run import RoundedError
from evaluators.approximation.rigorous.enclosure import Error
from evaluators.approximation.rigorous.functions import function_of
from evaluators.approximation.rigorous.series import arithmetic
from evaluators.approximation.rigorous.steps import Steps
from evaluators.approximation.rigorous.subdivision import NotProvedError, largest_error
from evaluators.approximation.rigorous.whole import closure, numbers, over
from evaluators.approximation.targets import Target
from evosearch.contracts import Proof
from evosearch.genomes.program import ProgramBatch

_BITS = 320
_TERMS = 16
_TOLERANCE = 1e-6  # between the bounds of the error in exact arithmetic
_ROUNDED_TOLERANCE = 0.001  # the worst case of all roundings is a coarse bound in any case
FORMATS = ("float64", "float32")
_SHOWN_DIGITS = 5
_SLACK = Decimal("1.00001")  # for another version of the arithmetic to come to the same claim


def prove(
    program: ProgramBatch,
    row: int,
    constants: Sequence[str],
    target: Target,
    interval: Interval,
    measure: Measure,
) -> Proof:
    """Bounds of a program's largest error: in exact arithmetic, and as run in binary formats.

    Args:
        program: Programs of one input.
        row: Which of them.
        constants: All their decimal digits, in the program's order.
        target: One of the built-in names.
        interval: Where. A part of ``2**-50`` of the width is left out next to an end that cannot
            be included (the metric ``proved_gap``), and next to open ends when run in a format.
        measure: How errors are weighed; the norm is always the maximum.

    Returns:
        Bounds of ``max_<kind>_error`` and ``proved_max_<kind>_error`` (the same number) in exact
        arithmetic, and of ``proved_<format>_error``, which is the worst case of all roundings.
        Nothing is bounded where the error in exact arithmetic could not be.

    Raises:
        UsageError: The target is a user's own function or a table.
    """
    name = f"max_{measure.kind}_error"
    statement = _statement(target, interval, measure)
    with arithmetic(_BITS, _TERMS):
        digits = [arb(text) for text in constants]
        error = Error(Steps.of(program, row), digits, function_of(target), measure)
        try:
            whole = over(error, interval, _TOLERANCE)
        except NotProvedError as failure:
            return Proof(statement, {}, {}, {name: str(failure)})
        exact = (nextafter(float(whole.bounds.low), 0.0), nextafter(float(whole.bounds.high), inf))
        as_run, unproved = _as_run(error, constants, interval)
        gap = float(1 - whole.piece.width / closure(interval).width)
    bounds = {name: exact, f"proved_{name}": exact, "proved_gap": (gap, gap)} | as_run
    metrics = {f"attained_{measure.kind}_error": exact[0]} | {
        claim: _rounded_up(high)
        for claim, (_, high) in bounds.items()
        if claim.startswith("proved_")
    }
    if gap:
        statement += f"; on [{float(whole.piece.low)!r}, {float(whole.piece.high)!r}] alone"
    return Proof(statement, bounds, metrics, unproved, whole.notes)


def _as_run(
    error: Error, constants: Sequence[str], interval: Interval
) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    """Bounds of the error in each format, and why there is none."""
    bounds: dict[str, tuple[float, float]] = {}
    unproved: dict[str, str] = {}
    for name in FORMATS:
        try:
            rounded = RoundedError.of(error, constants, name)
            found = largest_error(rounded.bounds, numbers(interval), _ROUNDED_TOLERANCE)
            bounds[f"proved_{name}_error"] = (0.0, nextafter(float(found.high), inf))
        except NotProvedError as failure:
            unproved[f"proved_{name}_error"] = str(failure)
    return bounds, unproved


def _rounded_up(high: float) -> float:
    """A few digits, not smaller than ``high``."""
    context = Context(prec=_SHOWN_DIGITS, rounding=ROUND_CEILING)
    return float(context.multiply(Decimal(high), _SLACK))


def _statement(target: Target, interval: Interval, measure: Measure) -> str:
    ulp = f" of {measure.format}" if measure.kind == "ulp" else ""
    return (
        f"{measure.kind} error{ulp} of {target.name} on {interval}, by ball arithmetic of "
        f"{_BITS} bits (FLINT {flint.__FLINT_VERSION__})"
    )
