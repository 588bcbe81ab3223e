"""Run exported Python files and print their values; started as a script by `process.rerun`.

Reads ``{"kind", "jobs": [{"path", "name", "points"}]}`` from standard input and prints one
``{float type: [numbers as text]}`` a job. Imports nothing of this package.
"""

import json
import runpy
import sys
from typing import Any


def scalar(module: dict[str, Any], name: str, points: list[list[float]]) -> dict[str, list[str]]:
    """Values of a function of Python floats; NaN where it raises."""
    values = []
    for point in zip(*points, strict=True):
        try:
            values.append(float(module[name](*point)).hex())
        except (ArithmeticError, ValueError):
            values.append("nan")
    return {"float64": values}


def array(module: dict[str, Any], name: str, points: list[list[float]]) -> dict[str, list[str]]:
    """Values of a function of arrays, in both precisions."""
    import numpy as np

    results = {}
    with np.errstate(all="ignore"):
        for dtype in ("float64", "float32"):
            inputs = np.array(points, dtype=dtype)
            values = np.asarray(module[name](*inputs))
            if values.dtype != dtype or values.shape != inputs.shape[1:]:
                raise SystemExit(f"{dtype} inputs gave {values.dtype} of shape {values.shape}")
            results[dtype] = [float(value).hex() for value in values]
    return results


def sympy(module: dict[str, Any], _: str, points: list[list[float]]) -> dict[str, list[str]]:
    """Values of an expression with 30 digits; NaN where it is not real."""
    values = []
    for point in zip(*points, strict=True):
        value = module["expression"].evalf(
            30, subs=dict(zip(module["inputs"], point, strict=True))
        )
        values.append(str(value) if value.is_Float or value.is_Integer else "nan")
    return {"exact": values}


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    call = {"scalar": scalar, "array": array, "sympy": sympy}[request["kind"]]
    results = []
    for job in request["jobs"]:
        points = [[float.fromhex(value) for value in row] for row in job["points"]]
        results.append(call(runpy.run_path(job["path"]), job["name"], points))
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
