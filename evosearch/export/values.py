"""Values of a program document: in floating point, and in as many digits as asked."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch.export import number, precise
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.lowering import lowered
from evosearch.genomes.primitives import BY_NAME

Array = npt.NDArray[Any]

# Correctly rounded everywhere; the others may differ from library to library.
ROUNDED = frozenset(["add", "sub", "mul", "div", "max", "min", "fma", "neg", "abs", "sqrt"])
ROUNDED |= {"pdiv", "psqrt"}
LIBRARY_ULP = 4
# Measured: SciPy and XLA are 5 to 8 eps from exact Bessel functions, which is up to twice that in
# units in the last place; XLA's tanh in float64 is up to 6 units off near +-19.
_MORE_ULP = {"i0e": 24, "i1e": 24, "tanh": 8}
_WAVES = {"sin": 2.0, "cos": 2.0, "tan": np.inf}  # how far apart two values can be


def evaluate(document: ProgramDocument, x: Array) -> Array:
    """Values in the precision of ``x``, float64 or float32.

    Args:
        document: A program.
        x: Inputs of shape [inputs, points], or [points] for a program of one input.

    Returns:
        Shape [points], type of ``x``.
    """
    return np.asarray(_walk(document, x, _compute)[-1])


def every_value(document: ProgramDocument, x: Array) -> Array:
    """Values of inputs, constants and nodes, in order, shape [these, points]."""
    return np.stack(_walk(document, x, _compute))


def regular(document: ProgramDocument, x: Array) -> npt.NDArray[np.bool_]:
    """Points at which every intermediate value is zero or a normal finite number.

    Also those of the lowered program, which exports compute. Elsewhere languages differ: Python
    raises, accelerators flush subnormal numbers to zero.
    """
    tiny = np.finfo(x.dtype).tiny
    every = np.stack(_walk(document, x, _compute) + _walk(lowered(document), x, _compute))
    with np.errstate(invalid="ignore"):
        normal = np.isfinite(every) & ((every == 0) | (abs(every) >= tiny))
    return np.asarray(normal.all(axis=0))


def rounding(document: ProgramDocument, x: Array) -> Array:
    """First-order bound on how far rounding can move each value, in the precision of ``x``.

    A running error analysis (Wilkinson 1963): each operation adds one unit in the last place, a
    library function four, some a few more, and passes on what its arguments carry. Operations
    are those of the lowered program.
    """
    document = lowered(document)

    def bounded(node: Node, args: list[tuple[Array, Array]]) -> tuple[Array, Array]:
        compute = BY_NAME[node.op].compute
        centre = [value for value, _ in args]
        value = compute(*centre)
        units = 1 if node.op in ROUNDED else _MORE_ULP.get(node.op, LIBRARY_ULP)
        bound = units * _ulp(value)
        for place, (argument, error) in enumerate(args):
            ends = [argument - error, argument + error]
            moved = [compute(*centre[:place], end, *centre[place + 1 :]) for end in ends]
            change = np.max([abs(end - value) for end in moved], axis=0)
            if node.op in _WAVES:  # both ends may by chance be where the middle is
                change = np.maximum(change, np.where(error > 1, _WAVES[node.op], change))
            bound = bound + change
        # NaN: rounding can leave the domain, as under a square root of zero
        return value, np.where(np.isnan(bound), np.inf, bound)

    def leaf(value: Array, exact: bool) -> tuple[Array, Array]:
        return value, np.zeros_like(value) if exact else _ulp(value)

    bounds: Array = _walk(document, x, bounded, leaf)[-1][1]
    return bounds


def evaluate_precise(
    document: ProgramDocument, xs: Sequence[str | float | Sequence[str | float]], digits: int
) -> list[Any]:
    """Values with ``digits`` decimal digits in real arithmetic, as mpmath numbers.

    Args:
        document: A program.
        xs: Points: a number (decimal string or float) for one input, else a sequence of them.
        digits: Decimal digits of every operation.

    Returns:
        One real mpmath number a point, NaN where the program has no real value.
    """
    mp = precise.context(digits)
    constants = {f"c{j}": precise.parse(mp, text) for j, text in enumerate(document.constants)}
    results = []
    for point in xs:
        inputs = [point] if isinstance(point, str | float) else list(point)
        place = dict(constants)
        for name, value in zip(document.inputs, inputs, strict=True):
            place[name] = precise.parse(mp, value) if isinstance(value, str) else mp.mpf(value)
        for k, node in enumerate(document.nodes):
            place[f"n{k}"] = precise.apply(mp, node.op, [place[arg] for arg in node.args])
        results.append(place[document.outputs[0]])
    return results


def _walk(
    document: ProgramDocument,
    x: Array,
    step: Callable[[Node, list[Any]], Any],
    leaf: Callable[[Array, bool], Any] = lambda value, _: value,
) -> list[Any]:
    """What ``step`` makes of inputs, constants and nodes, in order; the output comes last."""
    rows = x[None] if x.ndim == 1 else x
    if len(rows) != len(document.inputs):
        raise ValueError(f"x of shape {x.shape}: expected [{len(document.inputs)} inputs, points]")
    places: dict[str, Any] = {
        name: leaf(row, True) for name, row in zip(document.inputs, rows, strict=True)
    }
    with np.errstate(all="ignore"):
        for j, text in enumerate(document.constants):
            value = np.full(rows.shape[1:], number.to_float(text)).astype(x.dtype)
            places[f"c{j}"] = leaf(value, False)
        for k, node in enumerate(document.nodes):
            places[f"n{k}"] = step(node, [places[argument] for argument in node.args])
    return [*places.values(), places[document.outputs[0]]]


def _compute(node: Node, args: list[Any]) -> Any:
    return BY_NAME[node.op].compute(*args)


def _ulp(value: Array) -> Array:
    return np.asarray(np.spacing(abs(value)))
