"""Latencies: nanoseconds of one operation whose argument is the result of the one before."""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STEPS = 100_000
REPEATS = 30
_OPERATIONS = {
    "add": "v + a",
    "sub": "a - v",
    "mul": "v * b",
    "fma": "fmaf(v, b, a)",
    "div": "a / v",
    "sqrt": "sqrtf(v)",
    "max": "v > a ? v : a",
    "min": "v < a ? v : a",
}
_FLAGS = (
    "-O2",
    "-march=native",
    "-fPIC",
    "-shared",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-signed-zeros",
    "-ffinite-math-only",
)
_LOOP = """
double latency_%(name)s(float v, float a, float b, int steps, float *result) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int k = 0; k < steps; k++) v = %(value)s;
    clock_gettime(CLOCK_MONOTONIC, &end);
    *result = v;
    return 1e9 * (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec);
}
"""


def latencies() -> Mapping[str, float]:
    """Nanoseconds by primitive; raises OSError where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise OSError("no C compiler called cc")
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "latency.c", Path(folder) / "latency.so"
        loops = (_LOOP % {"name": op, "value": text} for op, text in _OPERATIONS.items())
        source.write_text("#include <math.h>\n#include <time.h>\n" + "".join(loops), "ascii")
        command = [compiler, *_FLAGS, str(source), "-o", str(library), "-lm"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return _measured(ctypes.CDLL(str(library)))


def _measured(library: Any) -> dict[str, float]:
    result = ctypes.c_float()
    best = dict.fromkeys(_OPERATIONS, float("inf"))
    for op in _OPERATIONS:
        getattr(library, f"latency_{op}").restype = ctypes.c_double
    for _ in range(REPEATS):
        for op in _OPERATIONS:
            numbers = (ctypes.c_float(0.7), ctypes.c_float(0.9), ctypes.c_float(0.9999999))
            taken = getattr(library, f"latency_{op}")(*numbers, STEPS, ctypes.byref(result))
            best[op] = min(best[op], taken / STEPS)
    return best
