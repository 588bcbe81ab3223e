"""The protocol in C: functions in loops that the C compiler turns into vectors, timed in C.

Three ways to compile, all of them ``-O3 -march=native``:

- ``strict``: results as C has them, exceptions as it leaves them; no contraction of products and
  sums
- ``finite``: no NaN, infinity or sign of zero has to be kept, so that keeping values inside an
  interval takes two instructions; arithmetic as in ``strict``
- ``fast``: ``-ffast-math``, which lets the compiler call the C library's vector functions
"""

import ctypes
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_VECTOR = re.compile(rb"_ZGV\w+")  # names by the vector function ABI
POINTS = 10_000
ITERATIONS = 100
_BASE = ("-std=gnu11", "-O3", "-march=native", "-fPIC", "-fno-math-errno")
FLAGS: Mapping[str, tuple[str, ...]] = {
    "strict": (*_BASE, "-ffp-contract=off", "-fno-trapping-math"),
    "finite": (*_BASE, "-ffp-contract=off", "-fno-signed-zeros", "-ffinite-math-only"),
    "fast": (*_BASE, "-ffast-math"),
}
_HEAD = """
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static float values[%(points)d] __attribute__((aligned(64)));
"""
_LOOP = """
%(text)s
/* Values of the function, for checks. */
void values_%(number)d(const float *restrict x, float *restrict y, int n) {
    for (int i = 0; i < n; i++) y[i] = %(call)s(x[i]);
}

/* Nanoseconds of all iterations. */
double run_%(number)d(const float *points, float low, float high) {
    struct timespec begin, end;
    memcpy(values, points, sizeof values);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int k = 0; k < %(iterations)d; k++) {
        for (int i = 0; i < %(points)d; i++) {
            float v = %(call)s(values[i]);
            v = v > low ? v : low;
            values[i] = v < high ? v : high;
        }
        __asm__ volatile("" : : "r"(values) : "memory");
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return 1e9 * (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec);
}
"""


@dataclass(frozen=True)
class CFunction:
    """A contestant in C.

    Attributes:
        name: For people.
        text: C source that defines ``float FUNCTION(float)``.
        way: How it is compiled, one of `FLAGS`.
    """

    name: str
    text: str
    way: str = "finite"

    @classmethod
    def of(cls, name: str, expression: str, way: str = "finite") -> "CFunction":
        """From the text of an expression in ``x``."""
        return cls(name, f"static inline float FUNCTION(float x) {{ return {expression}; }}", way)


class Native:
    """Contestants, compiled into one library; raises OSError where there is no C compiler.

    Attributes:
        functions: The contestants.
        vector_calls: Vector functions of the C library that the compiler put in.
    """

    def __init__(self, functions: Sequence[CFunction]) -> None:
        self.functions = tuple(functions)
        self.vector_calls: set[str] = set()
        self.compiler = shutil.which("cc") or ""
        if not self.compiler:
            raise OSError("no C compiler called cc")
        with tempfile.TemporaryDirectory() as folder:
            self._library = ctypes.CDLL(str(self._built(Path(folder))))
        self._run, self._values = [], []
        for number in range(len(self.functions)):
            run: Any = getattr(self._library, f"run_{number}")
            run.restype = ctypes.c_double
            run.argtypes = [ctypes.c_void_p, ctypes.c_float, ctypes.c_float]
            values: Any = getattr(self._library, f"values_{number}")
            values.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
            self._run.append(run)
            self._values.append(values)

    def nanoseconds(self, number: int, points: npt.NDArray[np.float32]) -> float:
        """Time of one evaluation at one point, in a single run from ``points`` [POINTS].

        Values stay inside the interval that the points span, but for a tenth at either end.
        """
        if points.dtype != np.float32 or points.shape != (POINTS,):
            raise ValueError(f"expected {POINTS} float32, received {points.dtype} {points.shape}")
        low, high = inside(points)
        taken = self._run[number](points.ctypes.data, low, high)
        return float(taken) / POINTS / ITERATIONS

    def values(self, number: int, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """What the function computes in a vectorised loop."""
        x = np.ascontiguousarray(x, np.float32)
        y = np.empty_like(x)
        self._values[number](x.ctypes.data, y.ctypes.data, len(x))
        return y

    def _built(self, folder: Path) -> Path:
        objects = []
        for way, flags in FLAGS.items():
            loops = [
                _loop(number, function)
                for number, function in enumerate(self.functions)
                if function.way == way
            ]
            source, made = folder / f"{way}.c", folder / f"{way}.o"
            source.write_text(_HEAD % {"points": POINTS} + "".join(loops), encoding="ascii")
            if loops:
                self._command(*flags, "-c", source, "-o", made)
                objects.append(made)
                self.vector_calls |= {name.decode() for name in _VECTOR.findall(made.read_bytes())}
        library = folder / "functions.so"
        try:
            self._command("-shared", *objects, "-o", library, "-lmvec", "-lm")
        except subprocess.CalledProcessError:  # no vector functions in this C library
            self._command("-shared", *objects, "-o", library, "-lm")
        return library

    def _command(self, *arguments: str | Path) -> None:
        command = [self.compiler, *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def _loop(number: int, function: CFunction) -> str:
    name = f"function_{number}"
    return _LOOP % {
        "text": function.text.replace("FUNCTION", name),
        "call": name,
        "number": number,
        "points": POINTS,
        "iterations": ITERATIONS,
    }


def inside(points: npt.NDArray[np.float32]) -> tuple[np.float32, np.float32]:
    """Between which values the iteration is kept: 0.1 and 0.9 for points from 0 to 1."""
    low, high = points.min(), points.max()
    tenth = (high - low) * np.float32(0.1)
    return low + tenth, high - tenth
