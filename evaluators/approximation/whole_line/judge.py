"""Judge: values of an export against what exact arithmetic says, and against the real function."""

from collections.abc import Callable

import numpy as np

from evaluators.approximation.float32 import arithmetic, ulp
from evaluators.approximation.whole_line.line import Array, Line, Values
from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.values import regular

_STEP = 104_729  # between the bit patterns that are looked at
_EDGES = (0x00000000, 0x00800000, 0x3F800000, 0x40000000, 0x42FC0000, 0x43000000, 0x43160000)
_AROUND = 8
_EVENLY, _FAR = 8192, 160


def inputs(line: Line, document: ProgramDocument) -> Values:
    """Where exports are looked at: all kinds of float32, for a kernel those of its interval."""
    if line.reference is not None:
        return every_kind()
    known = [float(x) for x, _ in document.reference] or [0.0, 1.0]
    evenly = np.linspace(min(known), max(known), _EVENLY, dtype=np.float32)
    x = np.union1d(evenly, np.array(known, np.float32))
    return np.asarray(x[regular(document, x)])  # XLA has no subnormal numbers


def every_kind() -> Values:
    """Float32 of all sizes and signs, subnormal numbers, infinities and NaN, always the same."""
    bits = np.arange(0, 1 << 32, _STEP, dtype=np.int64)
    edges = np.array([*_EDGES, 0x7F800000], np.int64)
    around = (edges[:, None] + np.arange(-_AROUND, _AROUND + 1)).ravel()
    around = around[around >= 0]
    every = np.concatenate([bits, around, around | 0x80000000]).astype(np.uint32)
    evenly = [np.linspace(-end, end, _EVENLY, dtype=np.float32) for end in (1, _FAR)]
    return np.unique(np.concatenate([every, *(x.view(np.uint32) for x in evenly)])).view(
        np.float32
    )


def expected(line: Line, document: ProgramDocument, x: Values) -> Values:
    """What the whole function has to be at ``x``, bit for bit."""
    program = document.to_program()
    return line.model(x, lambda r: arithmetic.evaluate(program, r)[0])


def judged(line: Line, document: ProgramDocument, x: Values, values: Values) -> CheckResult:
    """Whether an export's values are those that they must be; NaN may be any NaN."""
    if values.shape != x.shape:
        return CheckResult("failed", message=f"{len(values)} values for {len(x)} points")
    right = expected(line, document, x)
    same = (values.view(np.uint32) == right.view(np.uint32)) | (np.isnan(values) & np.isnan(right))
    error, told = 0.0, ""
    if line.reference is not None:
        error, worst = largest_error(line.reference, x, right)
        told = f"; error up to {error:.3f} ulp ({worst})"
    if not same.all():
        at = int(np.flatnonzero(~same)[0])
        message = (
            f"{line.formula} at x = {float(x[at]).hex()}: exact arithmetic gives "
            f"{float(right[at]).hex()}, the export {float(values[at]).hex()}; it differs at "
            f"{int((~same).sum())} of {len(x)} points"
        )
        return CheckResult("failed", len(x), error, message)
    message = f"{len(x)} float32, bit for bit{told}"
    return CheckResult("ok", len(x), 0.0, message)


def largest_error(
    reference: Callable[[Array], Array], x: Values, values: Values
) -> tuple[float, str]:
    """Largest error in ULP of float32 where the real result is one, and the input (hex)."""
    with np.errstate(all="ignore"):
        real = reference(x.astype(np.float64))
        finite = np.isfinite(real.astype(np.float32)) & np.isfinite(real)
    x, values, real = x[finite], values[finite], real[finite]
    errors = ulp.errors(values, real, ulp.ulp(real))
    at = int(np.argmax(errors))
    return float(errors[at]), float(x[at]).hex()
