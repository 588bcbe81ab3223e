"""Checks: what was written is run again and compared with the document.

Programs of correctly rounded operations have to agree bit for bit. Library functions (exp, sin)
differ in the last place between libraries, so there the difference may be 4 units in the last
place, or what such differences can grow to on their way through the program.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from evosearch.errors import ExportError
from evosearch.export.document import ProgramDocument
from evosearch.export.values import (
    LIBRARY_ULP,
    ROUNDED,
    evaluate,
    evaluate_precise,
    regular,
    rounding,
)

if TYPE_CHECKING:
    from evosearch.export.exporter import Exporter

_EXACT_DIGITS = 40
_EXACT_POINTS = 24
_REFERENCE_POINTS = 256
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        status: ``skipped`` where something that the check runs is not installed.
        points: Compared points.
        max_difference_ulp: Largest difference, in units in the last place.
        message: Why it failed or was skipped; else what was compared.
    """

    status: Literal["ok", "failed", "skipped"]
    points: int = 0
    max_difference_ulp: float = 0.0
    message: str = ""


def check(path: Path, exporter: "Exporter", document: ProgramDocument) -> CheckResult:
    """Re-run the export at ``path``, and compare the document with exact arithmetic."""
    for package in exporter.needs:
        if importlib.util.find_spec(package) is None:
            return CheckResult(
                "skipped",
                message=f"skipped: needs extra {package} (pip install 'evosearch[{package}]')",
            )
    simple = document.simplified()
    disagreement = against_exact(simple)
    if disagreement:
        return CheckResult("failed", message=disagreement)
    try:
        return exporter.check(path, simple)
    except ExportError as error:
        return CheckResult("failed", message=str(error))


def sample_points(document: ProgramDocument) -> npt.NDArray[np.float64]:
    """Where programs are compared, shape [inputs, points]: always the same for a document."""
    if len(document.inputs) > 1:
        rng = np.random.Generator(np.random.Philox(key=0))
        return rng.normal(size=(len(document.inputs), 192)) * 2.0
    powers = 2.0 ** np.arange(-20, 11)
    known = [float(x) for x, _ in document.reference[:_REFERENCE_POINTS]]
    return np.concatenate([np.linspace(-4, 4, 65), powers, -powers, known])[None]


def compare(
    document: ProgramDocument, x: Array, found: Array, *, exact: bool = False
) -> CheckResult:
    """Compare values with the document's own in the precision of ``x``.

    Args:
        document: A program in normal form.
        x: Inputs [inputs, points].
        found: Values of the export [points].
        exact: They come from exact arithmetic, so that rounding may tell them apart.
    """
    inside = regular(document, x)
    if not inside.any():
        return CheckResult("ok", message=f"{x.dtype}: finite at no sample point")
    x, found = x[:, inside], found[inside]
    expected = evaluate(document, x)
    rounded = all(node.op in ROUNDED for node in document.nodes) and not exact
    with np.errstate(all="ignore"):
        ulp = np.spacing(abs(expected))
        difference = np.where(np.isfinite(found), abs(found - expected) / ulp, np.inf)
        if not rounded:  # a subnormal number is as good as zero
            both = np.maximum(abs(found), abs(expected)) < np.finfo(x.dtype).tiny
            difference = np.where(both, 0.0, difference)
        bound = rounding(document, x) / ulp
    allowed = np.zeros_like(bound) if rounded else np.maximum(LIBRARY_ULP, bound)
    wrong = np.flatnonzero(~(difference <= allowed))
    worst = float(difference.max())
    if len(wrong):
        at = wrong[0]
        message = (
            f"{x.dtype} at x = {x[:, at].tolist()}: the document gives {expected[at].item()!r}, "
            f"the export {found[at].item()!r}"
        )
        return CheckResult("failed", len(expected), worst, message)
    return CheckResult("ok", len(expected), worst, f"{len(expected)} points in {x.dtype}")


def together(results: list[CheckResult]) -> CheckResult:
    """One result of several: the first that failed, or all; having no point is a failure."""
    failed = [result for result in results if result.status == "failed"]
    if failed:
        return failed[0]
    points = sum(result.points for result in results)
    return CheckResult(
        "ok" if points else "failed",
        points,
        max(result.max_difference_ulp for result in results),
        "; ".join(result.message for result in results),
    )


def against_exact(document: ProgramDocument) -> str:
    """Where float64 evaluation is further from exact arithmetic than rounding explains, or ''."""
    x = sample_points(document)
    x = x[:, regular(document, x)]
    x = x[:, :: max(1, x.shape[1] // _EXACT_POINTS)]
    exact = evaluate_precise(document, x.T.tolist(), _EXACT_DIGITS)
    bounds = rounding(document, x)
    for point, value, true, bound in zip(
        x.T.tolist(), evaluate(document, x).tolist(), exact, bounds.tolist(), strict=True
    ):
        # first order: a bound as large as the value says nothing
        if bound < 1e-6 * abs(value) and not abs(value - true) <= 4 * bound:
            return f"at x = {point}: float64 gives {value!r}, exact arithmetic {float(true)!r}"
    return ""
