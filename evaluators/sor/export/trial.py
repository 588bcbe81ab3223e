"""Trial: a written solver against evosearch's own counts and against direct solutions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float64, Int64
from scipy.sparse.linalg import spsolve

from evaluators.sor import history, policy
from evaluators.sor.export.omega import squashed
from evaluators.sor.export.solve import required
from evaluators.sor.export.trials import trials
from evaluators.sor.export.usage import usage_of
from evaluators.sor.features import Features
from evaluators.sor.options import Options
from evaluators.sor.solve import Method
from evaluators.sor.systems import Systems
from evosearch.export import process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument

_RERUN = Path(__file__).with_name("rerun.py")
_MAXITER = 2000
# Tolerances at least, so that rounding errors move crossings by far less than _CLOSE
_TIGHTEST = {"sor": 1e-7, "ssor-cg": 1e-5}
_CLOSE = 1e-3  # of an iteration, where residuals cross the tolerance
_ALIKE = 1e-6  # relative difference of omegas whose features were computed in another way


@dataclass(frozen=True)
class Expected:
    """What evosearch says of the systems of one group.

    Attributes:
        omegas: Of the first sweeps, or of all; NaN where the policy has none.
        iterations: Until the tolerance was reached, or the cap.
        crossing: The same without steps.
    """

    omegas: Float64[np.ndarray, "systems steps"]
    iterations: Int64[np.ndarray, " systems"]
    crossing: Float64[np.ndarray, " systems"]


def tried(path: Path, document: ProgramDocument) -> CheckResult:
    """Solve `trials` with the module at ``path``, in a process of its own."""
    told = usage_of(document)
    limits = {"cap": _MAXITER, "tolerance": max(told.tolerance, _TIGHTEST[told.method])}
    options = told.model_copy(update=limits)
    groups = trials(options)
    points = sample_points(document)
    answer = _answer(path, options, groups, points)
    results = [compare(squashed(document), points, np.array(answer["omegas"], np.float64))]
    for systems, found in zip(groups, answer["groups"], strict=True):
        results.append(_judged(systems, _expected(document, systems, options), found, options))
    unlike = [result for result in results if result.status == "failed"]
    solved = sum(result.points for result in results[1:])
    if not unlike and not solved:
        return CheckResult("failed", message="the policy has no omega for any system")
    return together(results) if unlike else _summary(results[0], solved)


def _summary(omegas: CheckResult, solved: int) -> CheckResult:
    message = (
        f"checked by solving {solved} held-out systems: iterations as evosearch counts them, "
        f"solutions as direct ones; omegas at {omegas.points} points"
    )
    return CheckResult("ok", solved + omegas.points, omegas.max_difference_ulp, message)


def _answer(
    path: Path,
    options: Options,
    groups: list[Systems],
    points: Float64[np.ndarray, "features points"],
) -> dict[str, Any]:
    """What the module says, run by `evaluators.sor.export.rerun`."""
    request = {
        "path": str(path),
        "points": points.tolist(),
        "maxiter": options.cap,
        "tolerance": options.tolerance,
        "groups": [list(_written(systems, options)) for systems in groups],
    }
    answer: dict[str, Any] = json.loads(process.run_python(_RERUN, text=json.dumps(request)))
    return answer


def _written(systems: Systems, options: Options) -> Iterator[dict[str, Any]]:
    for t in range(len(systems)):
        matrix = _shifted(systems, t)
        yield {
            "data": matrix.data.tolist(),
            "indices": matrix.indices.tolist(),
            "indptr": matrix.indptr.tolist(),
            "b": systems.rhs[t].tolist(),
            "x0": None if systems.starts is None else systems.starts[t].tolist(),
            "told": {name: float(systems.facts[name][t]) for name in required(options.features)},
        }


def _expected(document: ProgramDocument, systems: Systems, options: Options) -> Expected:
    program, features = document.to_program(), Features(options.features, options.lanczos_steps)
    method = Method(options)
    if features.by_history:
        omegas, iterations, crossing = history.follow(program, systems, features, method)
        return Expected(omegas[0][:, None], iterations[0], crossing[0])
    steps = policy.omegas(program, systems, features, options.sweeps)
    iterations, crossing = method.table(systems, np.nan_to_num(steps, nan=1.0))
    return Expected(steps[0], iterations[0], crossing[0])


def _judged(
    systems: Systems, expected: Expected, found: list[dict[str, Any]], options: Options
) -> CheckResult:
    solved = 0
    for t, answer in enumerate(found):
        wrong = _wrong(answer, expected, t, options) or _far(systems, t, answer, options)
        if wrong:
            return CheckResult("failed", message=f"system {t} of {systems.name}: {wrong}")
        solved += "error" not in answer
    return CheckResult("ok", solved)


def _wrong(answer: dict[str, Any], expected: Expected, t: int, options: Options) -> str:
    """How a solution is not the one that evosearch counted, or ''."""
    omegas = expected.omegas[t]
    if "error" in answer:
        return "" if np.isnan(omegas).any() else str(answer["error"])
    found = np.array(answer["omegas"])
    if len(found) > len(omegas) or not np.allclose(found, omegas[: len(found)], rtol=_ALIKE):
        return f"evosearch has omegas {omegas[:4]}, the export {found[:4]}"
    iterations = len(answer["residuals"]) - 1 if answer["converged"] else options.cap
    crossing = _crossing(answer["residuals"], options) if answer["converged"] else options.cap
    if abs(crossing - expected.crossing[t]) > _CLOSE:
        return (
            f"evosearch counts {expected.iterations[t]} iterations ({expected.crossing[t]:.3f}), "
            f"the export {iterations} ({crossing:.3f})"
        )
    return ""


def _crossing(residuals: list[float], options: Options) -> float:
    """Where the tolerance is crossed, as `evaluators.sor.crossing` has it."""
    before, after = residuals[-2:]
    with np.errstate(divide="ignore"):
        part = np.log(before / options.tolerance) / np.log(np.divide(before, after))
    return len(residuals) - 2 + float(part)


def _far(systems: Systems, t: int, answer: dict[str, Any], options: Options) -> str:
    """How a solution is further from the direct one than its residual explains, or ''."""
    if not answer.get("converged"):
        return ""
    matrix, b = _shifted(systems, t), systems.rhs[t]
    first = b
    if options.method == "sor" and systems.starts is not None:
        first = b - matrix @ systems.starts[t]
    direct = spsolve(matrix.tocsc(), b)
    lowest = scipy.linalg.eigvalsh(matrix.toarray())[0]
    error = float(np.linalg.norm(np.array(answer["x"]) - direct))
    allowed = float(options.tolerance * np.linalg.norm(first) / lowest)
    rounding = 1e-10 * float(np.linalg.norm(direct))
    if error <= allowed + rounding:
        return ""
    return f"the solution is {error:.3g} from the direct one, expected at most {allowed:.3g}"


def _shifted(systems: Systems, t: int) -> scipy.sparse.csr_array:
    unit = scipy.sparse.eye_array(systems.n, format="csr")
    return scipy.sparse.csr_array(systems.matrix + systems.shifts[t] * unit)
