"""`plain.c`, compiled here and now for this processor and called through ctypes."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse

SOURCE = Path(__file__).with_name("plain.c")
FLAGS = ("-std=c11", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def compiler() -> str | None:
    names = (os.environ.get("CC", ""), "gcc", "cc", "clang")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@lru_cache
def library() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain.so"
        subprocess.run([compiler(), *FLAGS, str(SOURCE), "-o", str(path)], check=True)
        return ctypes.CDLL(str(path))


def grid(
    side: int, shifts: FloatArray, rhs: FloatArray, omegas: FloatArray, tolerance: float, cap: int
) -> IntArray:
    """Sweeps of each lane: a shift, a right-hand side [lanes, n] and an omega."""
    x, before = np.empty((2, (side + 2) ** 2))
    solve = library().grid
    return np.array(
        [
            solve(
                side,
                ctypes.c_double(4.0 + shift),
                ctypes.c_void_p(b.ctypes.data),
                ctypes.c_double(omega),
                ctypes.c_double(tolerance),
                cap,
                ctypes.c_void_p(x.ctypes.data),
                ctypes.c_void_p(before.ctypes.data),
            )
            for shift, b, omega in zip(shifts, rhs, omegas, strict=True)
        ]
    )


def csr(
    matrix: scipy.sparse.csr_array, b: FloatArray, omegas: FloatArray, tolerance: float, cap: int
) -> IntArray:
    """Sweeps for each omega."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    diagonal = np.flatnonzero(rows == matrix.indices)
    whole = [part.astype(np.int32) for part in (matrix.indptr, matrix.indices, diagonal)]
    x, before = np.empty((2, matrix.shape[0]))
    arrays = [whole[0], whole[1], matrix.data, whole[2], b]
    places = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
    work = [ctypes.c_void_p(array.ctypes.data) for array in (x, before)]
    limits = (ctypes.c_double(tolerance), cap)
    return np.array(
        [
            library().csr(matrix.shape[0], *places, ctypes.c_double(omega), *limits, *work)
            for omega in omegas
        ]
    )
