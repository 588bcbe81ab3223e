"""Solve systems with a written module; started as a script by `evaluators.sor.export.trial`.

Reads ``{"path", "points", "maxiter", "tolerance", "groups"}`` from standard input: points are
inputs of ``omega``, a group is a list of systems ``{"data", "indices", "indptr", "b", "x0",
"told"}``, solved one after the other. Prints ``{"omegas", "groups"}``, a list of solutions or
messages a group; it ends with the first message where systems remember the one before. Imports
nothing of this package.
"""

import json
import runpy
import sys
from typing import Any

import numpy as np
import scipy.sparse


def solved(module: dict[str, Any], system: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """The solution and what it took, or why there is none."""
    parts = (np.array(system["data"]), system["indices"], system["indptr"])
    n = len(system["b"])
    matrix = scipy.sparse.csr_array(parts, shape=(n, n))
    start = system["x0"] and np.array(system["x0"])
    try:
        x, info = module["solve"](
            matrix, np.array(system["b"]), x0=start, **system["told"], **settings
        )
    except ValueError as error:
        return {"error": str(error)}
    return {
        "x": x.tolist(),
        "omegas": info.omegas.tolist(),
        "residuals": info.residuals.tolist(),
        "converged": info.converged,
    }


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    module = runpy.run_path(request["path"])
    settings = {name: request[name] for name in ("tolerance", "maxiter")}
    groups = []
    for systems in request["groups"]:
        if "State" in module:
            settings["state"] = module["State"]()
        answers: list[dict[str, Any]] = []
        for system in systems:
            answers.append(solved(module, system, **settings))
            if "error" in answers[-1] and "state" in settings:
                break  # there is nothing to remember
        groups.append(answers)
    points = np.array(request["points"])
    omegas = np.broadcast_to(module["omega"](*points), points.shape[1:])
    json.dump({"omegas": omegas.tolist(), "groups": groups}, sys.stdout)


if __name__ == "__main__":
    main()
