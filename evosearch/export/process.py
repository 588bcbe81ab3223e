"""Processes that re-run exports: a bare environment, a time limit, no shell."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from evosearch.errors import ExportError

TIMEOUT = 120.0  # seconds
_RERUN = Path(__file__).with_name("rerun.py")
_KEPT = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR", "TEMP")


def run(command: Sequence[str | Path], text: str = "", timeout: float = TIMEOUT) -> str:
    """Standard output of a command given ``text``; raises ExportError where it fails."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
    tool = Path(command[0]).name
    try:
        done = subprocess.run(
            [str(part) for part in command],
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ExportError(f"{tool} did not end within {timeout:g} seconds") from error
    except OSError as error:
        raise ExportError(f"cannot run {tool}: {error.strerror}") from error
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise ExportError(f"{tool} failed with exit code {done.returncode}: {lines[-1]}")
    return done.stdout


def run_python(*arguments: str | Path, text: str = "") -> str:
    """Output of this Python on ``arguments``, isolated from the caller's paths."""
    return run([sys.executable, "-I", *arguments], text)


def job(path: Path, name: str, points: Float64[np.ndarray, "inputs points"]) -> dict[str, Any]:
    """A file, the function in it and where to call it."""
    rows = [[float(value).hex() for value in row] for row in points]
    return {"path": str(path), "name": name, "points": rows}


def rerun(kind: str, jobs: Sequence[dict[str, Any]]) -> list[dict[str, list[str]]]:
    """Values that exported Python files give, all in one process.

    Args:
        kind: ``scalar``, ``array``, ``sympy``, ``torch`` or ``onnx``: what is called.
        jobs: Made by `job`; of torch with a ``module`` besides where gradients are wanted,
            of onnx with the names of the ``parameters``.

    Returns:
        One mapping a job from a float type to numbers as text.
    """
    request = json.dumps({"kind": kind, "jobs": list(jobs)})
    results: list[dict[str, list[str]]] = json.loads(run_python(_RERUN, text=request))
    return results
