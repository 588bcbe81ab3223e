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


def onnx(job: dict[str, Any], rows: list[list[float]]) -> dict[str, list[str]]:
    """Values in both precisions and, where it is installed, of onnxruntime in float32."""
    import importlib.util

    import numpy as np
    import onnx
    import onnx.reference

    model = onnx.load(job["path"])
    names = ["X", *job["parameters"]]
    kept = [one for one in model.graph.initializer if one.name not in names]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.input.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in names[1:]
    )
    results = {}
    run: Any = onnx.reference.ReferenceEvaluator(model).run
    with np.errstate(all="ignore"):
        for dtype in ("float64", "float32"):
            given = dict(zip(names, np.array(rows, dtype=dtype), strict=True))
            (values,) = run(None, given)
            if values.dtype != dtype or values.shape != given["X"].shape:
                raise SystemExit(f"{dtype} inputs gave {values.dtype} of shape {values.shape}")
            results[dtype] = [float(value).hex() for value in values]
    if importlib.util.find_spec("onnxruntime") is not None:
        import onnxruntime

        session: Any = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        given = dict(zip(names, np.array(rows, dtype=np.float32), strict=True))
        results["runtime"] = [float(value).hex() for value in session.run(None, given)[0]]
    return results


def torch(module: dict[str, Any], job: dict[str, Any], rows: list[list[float]]) -> Any:
    """Values in both precisions; or, where a module is named, its gradients by all inputs."""
    import torch

    if "module" not in job:
        results = {}
        for dtype in ("float64", "float32"):
            inputs = torch.tensor(rows, dtype=getattr(torch, dtype))
            values = module[job["name"]](*inputs)
            if values.dtype != inputs.dtype or values.shape != inputs.shape[1:]:
                raise SystemExit(f"{dtype} inputs gave {values.dtype} of {tuple(values.shape)}")
            results[dtype] = [value.hex() for value in values.double().tolist()]
        return results
    _torch_module(module[job["module"]], module[job["name"]], rows)
    leaves = [torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in rows]
    module[job["name"]](*leaves).sum().backward()
    found = [value for leaf in leaves for value in _gradient(leaf, rows)]
    return {"gradient": [value.hex() for value in found]}


def _gradient(leaf: Any, rows: list[list[float]]) -> list[float]:
    values: list[float] = [0.0] * len(rows[0]) if leaf.grad is None else leaf.grad.tolist()
    return values


def _torch_module(kind: Any, function: Any, rows: list[list[float]]) -> None:
    """The module gives what the function does, in every scope and type."""
    import torch

    x = torch.tensor(rows[0][:8], dtype=torch.float32)
    one, many = kind(), kind(channels=3, axis=1)
    initial = [p.detach() for p in one.parameters()]
    wanted = function(x, *initial)
    batch = x.reshape(1, 1, -1).repeat(2, 3, 1)
    pairs = [
        (one(x), wanted),
        (many(batch), wanted.reshape(1, 1, -1).repeat(2, 3, 1)),
        (one(x.bfloat16()), function(x.bfloat16().float(), *initial).bfloat16()),
    ]
    for found, meant in pairs:
        near = 1e-2 if found.dtype == torch.bfloat16 else 1e-4
        same = found.dtype == meant.dtype and found.shape == meant.shape
        if not (same and torch.allclose(found, meant, rtol=near, equal_nan=True)):
            raise SystemExit("the module gives other values than the function")


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    kinds: dict[str, Any] = {"scalar": scalar, "array": array, "sympy": sympy, "torch": torch}
    results = []
    for job in request["jobs"]:
        points = [[float.fromhex(value) for value in row] for row in job["points"]]
        if request["kind"] == "onnx":
            results.append(onnx(job, points))
            continue
        call = kinds[request["kind"]]
        argument = job if call is torch else job["name"]
        results.append(call(runpy.run_path(job["path"]), argument, points))
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
