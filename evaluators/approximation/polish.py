"""Polish: the constants of one program finished in high precision."""

from collections.abc import Sequence
from dataclasses import dataclass

import mpmath
from mpmath import mp

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.minimax import Parameters, minimax
from evaluators.approximation.precise import (
    constants_of,
    error_as_run,
    evaluate,
    evaluate_with_derivatives,
    max_error,
)
from evaluators.approximation.scan import Real, scan_of
from evaluators.approximation.targets import Target
from evosearch.contracts import Polished
from evosearch.genomes.program import ProgramBatch

_FIT_POINTS = 225  # not the points that `max_error` judges by


_LOST_DIGITS = 12  # by rounding, and by references that are written with fewer digits


@dataclass(frozen=True)
class ProgramFamily:
    """One program's structure, its constants as parameters."""

    program: ProgramBatch
    row: int

    def values(self, parameters: Parameters, x: Sequence[Real]) -> list[Real]:
        """See `minimax.Family`."""
        return evaluate(self.program, self.row, x, parameters)

    def gradients(
        self, parameters: Parameters, x: Sequence[Real]
    ) -> tuple[list[Real], list[list[Real]]]:
        """See `minimax.Family`."""
        return evaluate_with_derivatives(self.program, self.row, x, parameters)


def resolved(error: float, digits: int) -> float:
    """``error``, or what can be told from zero with so many digits if that is more.

    A program that is the target itself has no error but the rounding of the last digits, which
    is nothing to claim.
    """
    return max(error, 10.0 ** (_LOST_DIGITS - digits))


def polish(
    program: ProgramBatch,
    row: int,
    target: Target,
    interval: Interval,
    measure: Measure,
    digits: int = 50,
) -> Polished | None:
    """Constants for the least maximal error in exact arithmetic, from the program's own.

    Returns:
        Constants of ``digits`` digits, never with a larger maximal error than at the start, and
        the metrics ``max_<kind>_error`` (exact arithmetic), ``levelled`` (1 for a local optimum),
        ``float64_error`` and ``float32_error`` (run in that format with rounded constants); None
        where the program has no finite error, the target is a table, or the norm is not ``max``.
    """
    if target.function is None or measure.norm != "max":
        return None
    with mp.workdps(digits):
        start = constants_of(program, row)
        before, _ = max_error(program, row, start, target, interval, measure, digits)
        if not mpmath.isfinite(before):
            return None
        constants, levelled = tuple(start), 0.0
        if start:
            scan = scan_of(target, interval, measure, digits, _FIT_POINTS)
            fit = minimax(ProgramFamily(program, row), start, scan)
            constants, levelled = fit.parameters, fit.levelled
        after, _ = max_error(program, row, constants, target, interval, measure, digits)
        if not after < before:
            constants, after = tuple(start), before
        texts = tuple(mpmath.nstr(c, digits, strip_zeros=False) for c in constants)
    metrics = {f"max_{measure.kind}_error": resolved(after, digits), "levelled": levelled}
    for dtype in ("float64", "float32"):
        metrics[f"{dtype}_error"] = error_as_run(
            program, row, target, interval, measure, dtype, constants
        )
    return Polished(texts, metrics)
