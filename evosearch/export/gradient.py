"""Gradients of exported functions, compared with differences of values of 40 digits."""

import numpy as np
import numpy.typing as npt

from evosearch.export import precise
from evosearch.export.check import CheckResult, sample_points
from evosearch.export.document import ProgramDocument
from evosearch.export.lowering import lowered
from evosearch.export.values import evaluate_precise, every_value, regular

_POINTS = 40
_DIGITS = 40
_NEAR = 1e-12
_TOLERANCE = 1e-9  # relative, of float64 gradients
_LARGEST = 1e6  # of values on the way: beyond, rounding says what it wants
Array = npt.NDArray[np.float64]


def gradient_points(document: ProgramDocument) -> Array:
    """Some of the points where programs are compared, shape [inputs, points]."""
    x = sample_points(document)
    x = x[:, regular(document, x) & (abs(x) < 30).all(axis=0)]
    return x[:, :: max(1, x.shape[1] // _POINTS)]


def gradients(document: ProgramDocument, x: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Slopes by each input, and where there is one: the same from both sides."""
    mp = precise.context(_DIGITS)
    near = mp.mpf(_NEAR)
    found = np.full(x.shape, np.nan)
    smooth = np.zeros(x.shape, bool)
    for i in range(len(x)):
        values = []
        for shift in (-near, mp.zero, near):
            points = [[mp.mpf(v) for v in column] for column in x.T.tolist()]
            for point in points:
                point[i] += shift
            values.append(evaluate_precise(document, points, _DIGITS))
        for k, (left, middle, right) in enumerate(zip(*values, strict=True)):
            behind, ahead = (middle - left) / near, (right - middle) / near
            found[i, k] = float((behind + ahead) / 2)
            smooth[i, k] = bool(abs(behind - ahead) <= 1e-6 * (1 + abs(behind)))
    return found, smooth


def compare_gradients(document: ProgramDocument, x: Array, found: Array) -> CheckResult:
    """Compare float64 gradients [inputs, points] with the document's own."""
    wanted, smooth = gradients(document, x)
    scale = _scale(document, x)
    with np.errstate(all="ignore"):
        wrong = smooth & ~(abs(found - wanted) <= _TOLERANCE * (1 + abs(wanted)) * scale)
    if not wrong.any():
        return CheckResult("ok", int(smooth.sum()), 0.0, f"{smooth.sum()} gradients in float64")
    i, k = np.argwhere(wrong)[0]
    return CheckResult(
        "failed",
        message=f"the slope by {document.inputs[i]} at {x[:, k].tolist()} is {wanted[i, k]!r}, "
        f"the export gives {found[i, k]!r}",
    )


def _scale(document: ProgramDocument, x: Array) -> Array:
    """How large values on the way are, at least 1; infinite where too large to be compared."""
    largest = np.max(abs(every_value(lowered(document), x)), axis=0)
    return np.where(largest > _LARGEST, np.inf, np.maximum(largest, 1.0))
