"""Matrix files: symmetric positive definite matrices read and checked.

Matrix Market (``.mtx``, ``.mtx.gz``) and what ``scipy.sparse.save_npz`` writes (``.npz``).
"""

import zipfile
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse
from scipy.sparse.linalg import splu

from evosearch.errors import ConfigError

SUFFIXES = (".mtx", ".mtx.gz", ".npz")
SHIPPED = Path(__file__).parent / "matrices"
_BUILTIN = "builtin:"
_ASYMMETRY = 1e-12  # largest relative difference of a_ij and a_ji


def find(pattern: str, base: Path) -> list[Path]:
    """Files that one entry of ``matrices`` names, in order of their names.

    Args:
        pattern: ``builtin:NAME``, or a file, folder or glob pattern relative to ``base``.
        base: Folder of the campaign file.

    Raises:
        ConfigError: Nothing matches, or it matches a file of another kind.
    """
    if pattern.startswith(_BUILTIN):
        return [_shipped(pattern.removeprefix(_BUILTIN))]
    path = base / pattern
    if path.is_dir():
        found = [file for file in sorted(path.iterdir()) if _readable(file)]
        if not found:
            raise ConfigError(
                f"matrices: folder {path} holds none of *{', *'.join(SUFFIXES)}; name a folder "
                "or files of these kinds, or builtin:NAME"
            )
        return found
    found = [path] if path.is_file() else _glob(pattern, base)
    if not found:
        raise ConfigError(
            f"matrices: nothing matches {path}; file names are relative to the campaign file, "
            "and builtin:NAME names a matrix that evosearch ships"
        )
    for file in found:
        if not _readable(file):
            raise ConfigError(
                f"matrices: expected {', '.join(SUFFIXES)} files, received {file.name}; "
                "write it with scipy.io.mmwrite or scipy.sparse.save_npz"
            )
    return found


def shipped() -> list[str]:
    """Names for ``builtin:NAME``."""
    return sorted((stem(file) for file in SHIPPED.iterdir() if _readable(file)), key=str.lower)


def stem(path: Path) -> str:
    """File name without its ending."""
    return next(path.name.removesuffix(s) for s in SUFFIXES[::-1] if path.name.endswith(s))


def read(path: Path) -> scipy.sparse.csr_array:
    """The matrix, float64 with sorted indices.

    Raises:
        ConfigError: It cannot be read, or is not real, square, finite, symmetric and positive
            definite.
    """
    try:
        raw = _load(path)
    except (ValueError, OSError, EOFError, OverflowError, KeyError, zipfile.BadZipFile) as error:
        kind = "a scipy.sparse.save_npz" if path.suffix == ".npz" else "a Matrix Market"
        raise ConfigError(
            f"matrices: expected {kind} file, cannot read {path}: {error or type(error).__name__}"
        ) from error
    if np.iscomplexobj(raw):
        raise ConfigError(f"matrices: expected a real matrix, {path} is complex; write its parts")
    matrix = scipy.sparse.csr_array(raw).astype(np.float64)
    matrix.sum_duplicates()
    mistake = _mistake(matrix)
    if mistake:
        raise ConfigError(f"matrices: {mistake} in {path}")
    return scipy.sparse.csr_array((matrix + matrix.T) / 2.0)


def _load(path: Path) -> scipy.sparse.sparray:
    if path.suffix == ".npz":
        return scipy.sparse.load_npz(path)  # refuses pickles
    return scipy.io.mmread(path, spmatrix=False)


def _mistake(matrix: scipy.sparse.csr_array) -> str:
    """What keeps relaxation from solving systems of this matrix; empty when nothing does."""
    rows, columns = matrix.shape
    if rows != columns or not rows:
        return f"expected a square matrix, received {rows} x {columns}"
    if not np.isfinite(matrix.data).all():
        return "expected finite entries, received infinite or undefined ones"
    difference, size = abs(matrix - matrix.T), abs(matrix).max()
    if difference.max() > _ASYMMETRY * size:
        i, j = np.unravel_index(difference.argmax(), matrix.shape)
        return (
            f"expected a symmetric matrix, received a[{i}, {j}] = {matrix[i, j]:g} and "
            f"a[{j}, {i}] = {matrix[j, i]:g} (a file of one triangle has to say `symmetric` in "
            "its first line)"
        )
    diagonal = matrix.diagonal()
    if diagonal.min() <= 0:
        i = diagonal.argmin()
        return f"expected a positive diagonal, received a[{i}, {i}] = {diagonal[i]:g}"
    if not _positive_definite(matrix):
        return (
            "expected a positive definite matrix, received one with an eigenvalue of 0 or below "
            "(to working precision); a multiple of the identity added makes it so"
        )
    return ""


def _positive_definite(matrix: scipy.sparse.csr_array) -> bool:
    """Whether all pivots of elimination without exchanges are positive, on a unit diagonal."""
    roots = scipy.sparse.diags_array(matrix.diagonal() ** -0.5)
    try:
        factors = splu(
            scipy.sparse.csc_array(roots @ matrix @ roots),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError:  # exactly singular
        return False
    pivots = factors.U.diagonal()
    rounding = matrix.shape[0] * np.finfo(np.float64).eps
    return bool(np.array_equal(factors.perm_r, factors.perm_c) and pivots.min() > rounding)


def _readable(path: Path) -> bool:
    return path.is_file() and path.name.endswith(SUFFIXES)


def _glob(pattern: str, base: Path) -> list[Path]:
    path = Path(pattern)
    if path.is_absolute():
        base, path = Path(path.anchor), path.relative_to(path.anchor)
    return [file for file in sorted(base.glob(str(path))) if file.is_file()]


def _shipped(name: str) -> Path:
    for suffix in SUFFIXES:
        path = SHIPPED / f"{name}{suffix}"
        if name in shipped() and path.is_file():
            return path
    raise ConfigError(f"matrices: no builtin:{name}; expected one of {', '.join(shipped())}")
