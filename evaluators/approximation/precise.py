"""Programs evaluated one at a time: to any precision with mpmath, and as they run in a format."""
# ruff: noqa: ARG005

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
from mpmath import mp, mpf

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.scan import Real, Scan, next_to_open_ends, scan_of
from evaluators.approximation.targets import Target
from evosearch.genomes.primitives import ARITY, BY_CODE, PROTECTED
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch

_SCAN_POINTS = 321
_RUN_POINTS = 3000
_BISECTIONS = 80
_GROWS = 4  # the error at a 16th of the distance from a pole is 16 times as large


def _divide(a: Real, b: Real) -> Real:
    """IEEE: a nonzero number over zero is infinite, so that continued fractions pass a pole."""
    if b:
        return a / b
    return mpmath.nan if not a or mpmath.isnan(a) else mpmath.inf * mpmath.sign(a)


def _real(function: Callable[[Real], Real]) -> Callable[[Real], Real]:
    """NaN outside the real domain."""

    def inside(a: Real) -> Real:
        y = function(a)
        return y if isinstance(y, mpf) else mpmath.nan

    return inside


def _log(a: Real) -> Real:
    if a > 0:
        return mp.log(a)
    return -mpmath.inf if a == 0 else mpmath.nan


_COMPUTE: Mapping[str, Callable[..., Real]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _divide,
    "max": lambda a, b: b if b > a else a,
    "min": lambda a, b: b if b < a else a,
    "fma": lambda a, b, c: a * b + c,
    "neg": lambda a: -a,
    "abs": abs,
    "sqrt": _real(mp.sqrt),
    "exp": mp.exp,
    "log": _log,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "tanh": mp.tanh,
    "atan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "pdiv": lambda a, b: mpf(1) if abs(b) <= PROTECTED else _divide(a, b),
    "plog": lambda a: mpf(0) if abs(a) <= PROTECTED else mp.log(abs(a)),
    "psqrt": lambda a: mp.sqrt(abs(a)),
}

# Partial derivatives with respect to each argument, from the arguments and the value y.
_PARTIALS: Mapping[str, Callable[..., Sequence[Real]]] = {
    "add": lambda y, a, b: (1, 1),
    "sub": lambda y, a, b: (1, -1),
    "mul": lambda y, a, b: (b, a),
    "div": lambda y, a, b: (_divide(mpf(1), b), -_divide(y, b)),
    "max": lambda y, a, b: (0, 1) if b > a else (1, 0),
    "min": lambda y, a, b: (0, 1) if b < a else (1, 0),
    "fma": lambda y, a, b, c: (b, a, 1),
    "neg": lambda y, a: (-1,),
    "abs": lambda y, a: (mpmath.sign(a),),
    "sqrt": lambda y, a: (_divide(mpf(1), 2 * y),),
    "exp": lambda y, a: (y,),
    "log": lambda y, a: (_divide(mpf(1), a),),
    "sin": lambda y, a: (mp.cos(a),),
    "cos": lambda y, a: (-mp.sin(a),),
    "tan": lambda y, a: (1 + y * y,),
    "tanh": lambda y, a: (1 - y * y,),
    "atan": lambda y, a: (1 / (1 + a * a),),
    "sinh": lambda y, a: (mp.cosh(a),),
    "cosh": lambda y, a: (mp.sinh(a),),
    "pdiv": lambda y, a, b: (
        (0, 0) if abs(b) <= PROTECTED else (_divide(mpf(1), b), -_divide(y, b))
    ),
    "plog": lambda y, a: (0,) if abs(a) <= PROTECTED else (_divide(mpf(1), a),),
    "psqrt": lambda y, a: (_divide(mpmath.sign(a), 2 * y),),
}


def constants_of(program: ProgramBatch, row: int) -> list[Real]:
    """The program's constants, exactly."""
    return [mpf(c) for c in program.constants[row, : program.n_constants[row]].tolist()]


def evaluate(
    program: ProgramBatch, row: int, x: Sequence[Real], constants: Sequence[Real] | None = None
) -> list[Real]:
    """Values of a program of one input at points ``x``, to the working precision of mpmath.

    Division by zero gives an infinity as in IEEE arithmetic; NaN where the value is not real.
    """
    return [nodes[output] for nodes, output in _traces(program, row, x, constants)]


def evaluate_with_derivatives(
    program: ProgramBatch, row: int, x: Sequence[Real], constants: Sequence[Real] | None = None
) -> tuple[list[Real], list[list[Real]]]:
    """Values, and for each point the derivatives with respect to the constants (reverse mode)."""
    ops, args = _instructions(program, row)
    n = int(program.n_constants[row])
    values, jacobian = [], []
    for nodes, output in _traces(program, row, x, constants):
        adjoint: dict[int, Real] = {output: mpf(1)}
        for k in reversed(range(len(ops))):
            if k in adjoint:
                partials = _PARTIALS[ops[k]](nodes[k], *(nodes[a] for a in args[k]))
                for a, partial in zip(args[k], partials, strict=True):
                    adjoint[a] = adjoint.get(a, 0) + adjoint[k] * partial
        values.append(nodes[output])
        jacobian.append([adjoint.get(FIRST_CONSTANT - j, mpf(0)) for j in range(n)])
    return values, jacobian


def _instructions(program: ProgramBatch, row: int) -> tuple[list[str], list[list[int]]]:
    length = int(program.lengths[row])
    codes = program.ops[row, :length].tolist()
    args = program.args[row, :length].tolist()
    ops = [BY_CODE[code].name for code in codes]
    return ops, [arg[: int(ARITY[code])] for code, arg in zip(codes, args, strict=True)]


def _traces(
    program: ProgramBatch, row: int, x: Sequence[Real], constants: Sequence[Real] | None
) -> Iterator[tuple[dict[int, Real], int]]:
    """For each point every node's value by argument number, and the output's number."""
    ops, args = _instructions(program, row)
    compute = [_COMPUTE[op] for op in ops]
    if constants is None:
        constants = constants_of(program, row)
    known = {FIRST_CONSTANT - j: c for j, c in enumerate(constants)}
    output = int(program.outputs[row])
    for point in x:
        nodes = {-1: point, **known}
        for k, arg in enumerate(args):
            nodes[k] = compute[k](*[nodes[a] for a in arg])
        yield nodes, output


def max_error(
    program: ProgramBatch,
    row: int,
    constants: Sequence[Real] | None,
    target: Target,
    interval: Interval,
    measure: Measure,
    digits: int = 50,
) -> tuple[float, float]:
    """Largest weighted error in exact arithmetic, and where it is.

    A dense scan (log-spaced towards the ends of the interval), the limit at an open end,
    and a local search around each local maximum found. Infinite where the program has a pole
    (every change of sign of a denominator is looked into) or no real value.
    """
    with mp.workdps(digits):
        scan = scan_of(target, interval, measure, digits, _SCAN_POINTS)
        pole = _pole(program, row, scan, constants)
        if pole is not None:
            return float("inf"), float(pole)
        extrema = scan.extrema(
            lambda x: evaluate(program, row, x, constants), next_to_open_ends(interval)
        )
        peak = max(extrema, key=lambda extremum: extremum.size)
        return float(peak.size), float(peak.x)


def _pole(
    program: ProgramBatch, row: int, scan: Scan, constants: Sequence[Real] | None
) -> Real | None:
    """Where a denominator changes its sign between two points and the error has no bound."""
    ops, args = _instructions(program, row)
    denominators = sorted({arg[1] for op, arg in zip(ops, args, strict=True) if op == "div"})
    if not denominators:
        return None
    traces = [nodes for nodes, _ in _traces(program, row, scan.x, constants)]
    for node in denominators:
        signs = [mpmath.sign(nodes[node]) for nodes in traces]
        for i in np.flatnonzero([a * b < 0 for a, b in pairwise(signs)]).tolist():
            far, near = _towards_zero(program, row, constants, node, scan.x[i], scan.x[i + 1])
            errors = [
                scan.error_at(lambda x: evaluate(program, row, x, constants), x).size
                for x in (far, near)
            ]
            if errors[1] > _GROWS * errors[0]:
                return near
    return None


def _towards_zero(
    program: ProgramBatch,
    row: int,
    constants: Sequence[Real] | None,
    node: int,
    low: Real,
    high: Real,
) -> tuple[Real, Real]:
    """Points at two small distances from a change of sign of a node's value (bisection)."""

    def sign(x: Real) -> Real:
        nodes, _ = next(_traces(program, row, [x], constants))
        return mpmath.sign(nodes[node])

    start, width = sign(low), high - low
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if sign(middle) == start:
            low = middle
        else:
            high = middle
    gap = width * mpf(2) ** (8 - _BISECTIONS)
    return low - 16 * gap, low - gap


def error_as_run(
    program: ProgramBatch,
    row: int,
    target: Target,
    interval: Interval,
    measure: Measure,
    dtype: npt.DTypeLike,
    constants: Sequence[Real] | None = None,
) -> float:
    """Error of the program run in ``dtype``, every operation and constant rounded to it.

    Taken over about 3,000 numbers of that format (a deterministic sample, not a proof).
    """
    x = run_points(interval, dtype)
    high, low = target.extended(x)
    got = run(program, row, x, dtype, constants)
    weights = measure.weights(x, high)
    with np.errstate(invalid="ignore", over="ignore"):
        error = float(measure.error(weights, (got - high) - low))
    return error if np.isfinite(error) else float("inf")


def run_points(interval: Interval, dtype: npt.DTypeLike) -> npt.NDArray[np.float64]:
    """Numbers of the format ``dtype`` in the interval, dense and log-spaced towards both ends."""
    points = np.concatenate(
        [
            interval.near_ends(_RUN_POINTS // 6),
            interval.extremes(_RUN_POINTS // 3),
            np.linspace(interval.first, interval.last, _RUN_POINTS // 2),
        ]
    )
    rounded = np.unique(points.astype(dtype).astype(np.float64))
    return rounded[(rounded >= interval.first) & (rounded <= interval.last)]


def run(
    program: ProgramBatch,
    row: int,
    x: npt.NDArray[np.float64],
    dtype: npt.DTypeLike,
    constants: Sequence[Real] | None = None,
) -> npt.NDArray[np.float64]:
    """Values of the program run by NumPy in ``dtype``, operation by operation."""
    if constants is None:
        constants = constants_of(program, row)
    scalar: Any = np.dtype(dtype).type
    nodes: dict[int, Any] = {-1: x.astype(dtype)}
    _, args = _instructions(program, row)
    with np.errstate(all="ignore"):
        nodes |= {FIRST_CONSTANT - j: scalar(float(c)) for j, c in enumerate(constants)}
        for k, arg in enumerate(args):
            code = int(program.ops[row, k])
            nodes[k] = BY_CODE[code].compute(*(nodes[a] for a in arg))
    got = nodes[int(program.outputs[row])]
    return np.broadcast_to(np.asarray(got), x.shape).astype(np.float64)
