"""Properties of a function of one variable, as who puts it into a network wants to know them.

Learnable parameters have the value that they begin with.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch.errors import ExportError
from evosearch.export import precise
from evosearch.export.document import ProgramDocument
from evosearch.export.lowering import parameters
from evosearch.export.values import evaluate, evaluate_precise

Array = npt.NDArray[np.float64]

TABLE = np.linspace(-10.0, 10.0, 201)
_STEP = 2.0**-10
_REACH = 12.0  # of normal numbers
_FAR = (1e6, 3e6, 1e7)
_DIGITS = 40
_NEAR = 1e-12


def require_function(document: ProgramDocument) -> None:
    """Refuse programs of other inputs than one variable and learnable parameters."""
    others = [name for name in document.inputs[1:] if name not in parameters(document)]
    if others:
        raise ExportError(
            f"inputs {', '.join(others)} are no learnable parameters: expected a function of one "
            "variable; name parameters alpha, beta and gamma, or in metadata.usage.parameters"
        )


def values(document: ProgramDocument, x: Array) -> Array:
    """Float64 values with the parameters that it begins with."""
    return evaluate(document, np.stack([x, *(np.full_like(x, p) for p in _initial(document))]))


def gain(document: ProgramDocument) -> float | None:
    """1 / sqrt(E f(z)^2) for a standard normal z: what keeps the second moment; None if none."""
    return moments(document)["gain"]


def moments(document: ProgramDocument) -> dict[str, float | None]:
    """E f, E f^2, E f'^2 of a standard normal number, and the gain."""
    z = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    middle = (z[1:] + z[:-1]) / 2
    with np.errstate(all="ignore"):
        f = values(document, z)
        slopes = np.diff(f) / _STEP
        square = _mean(f**2, z)
        found = {
            "mean": _mean(f, z),
            "second_moment": square,
            "slope_second_moment": _mean(slopes**2, middle),
            "gain": 1 / np.sqrt(square) if square > 0 else np.nan,
        }
    return {name: rounded(value) for name, value in found.items()}


def properties(document: ProgramDocument) -> dict[str, Any]:
    """All of them, numbers to eight digits; None where there is no finite one.

    Minimum, Lipschitz constant and whether it is monotone are those on [-10, 10].
    """
    x = np.arange(TABLE[0], TABLE[-1] + _STEP / 2, _STEP)
    with np.errstate(all="ignore"):
        f = values(document, x)
        slopes = np.diff(f) / _STEP
    finite = bool(np.isfinite(f).all())
    at = int(np.argmin(f)) if finite else 0
    table = with_slopes(document, np.zeros(1))
    return {
        "value_at_0": rounded(table[0][0]),
        "slope_at_0": rounded(table[1][0]),
        "left": _end(document, -1.0),
        "right": _end(document, 1.0),
        "minimum": {"x": rounded(x[at]), "value": rounded(f[at])} if finite else None,
        "monotone": finite and bool((slopes >= -1e-9).all() or (slopes <= 1e-9).all()),
        "lipschitz": rounded(float(abs(slopes).max())) if finite else None,
        "normal_input": moments(document),
    }


def with_slopes(document: ProgramDocument, x: Array) -> tuple[Array, Array]:
    """Values and slopes at points from 40 digits, slopes from the left at kinks."""
    initial = _initial(document)
    mp = precise.context(_DIGITS)
    near = mp.mpf(_NEAR)
    left, f, right = (
        evaluate_precise(document, [[mp.mpf(p) + shift, *initial] for p in x.tolist()], _DIGITS)
        for shift in (-near, mp.zero, near)
    )
    slopes = []
    for low, middle, high in zip(left, f, right, strict=True):
        behind, ahead = (middle - low) / near, (high - middle) / near
        kink = not abs(behind - ahead) <= 1e-6 * (1 + abs(behind))
        slopes.append(float(behind if kink else (high - low) / (2 * near)))
    return np.array([float(value) for value in f]), np.array(slopes)


def rounded(value: float) -> float | None:
    """To eight significant digits; None where it is not finite."""
    return float(f"{value:.8g}") if np.isfinite(value) else None


def _initial(document: ProgramDocument) -> list[float]:
    return list(parameters(document).values())


def _mean(f: Array, z: Array) -> float:
    return float(np.sum(f * np.exp(-(z**2) / 2)) * _STEP / np.sqrt(2 * np.pi))


def _end(document: ProgramDocument, side: float) -> dict[str, float | None]:
    """Limit and slope far out, None where it has none."""
    points = [[side * far, *_initial(document)] for far in _FAR]
    a, b, c = (float(value) for value in evaluate_precise(document, points, _DIGITS))
    with np.errstate(all="ignore"):
        first = (b - a) / (side * (_FAR[1] - _FAR[0]))
        second = (c - b) / (side * (_FAR[2] - _FAR[1]))
    straight = abs(first - second) <= 1e-9 + 1e-6 * abs(second)
    still = max(abs(a - c), abs(b - c)) <= 1e-5
    return {
        "limit": float(f"{c:.5g}") if still else None,
        "slope": float(f"{second:.6g}") + 0.0 if straight else None,
    }
