"""Matrix files: what is shipped, what is read, and every message."""

import gzip
import hashlib
import math

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from evaluators.sor.matrix_file import SHIPPED, find, read, shipped
from evaluators.sor.problems.laplacian import grid_laplacian
from evaluators.sor.problems.matrices import MatricesOptions, matrices
from evaluators.sor.spectrum import spectrum
from evosearch.errors import ConfigError

FIGURES = {  # n, non-zeros, radius of Jacobi's iteration
    "494_bus": (494, 1666, 0.99997),
    "1138_bus": (1138, 4054, 1 - 4e-6),
    "bcsstk01": (48, 400, 1.101),
    "bcsstk02": (66, 4356, 1.481),
    "bcsstk16": (4884, 290378, 2.384),
    "gr_30_30": (900, 7744, 0.99232),
    "nos4": (100, 594, 1.027),
    "LFAT5": (14, 46, 0.98687),
    "Trefethen_500": (500, 8478, 0.860),
}


def load(folder, *patterns, seed=0, rhs=1):
    options = MatricesOptions(problem="matrices", matrices=list(patterns), rhs=rhs)
    return matrices(options, np.random.default_rng(seed), folder)


@pytest.mark.parametrize("name", FIGURES)
def test_shipped_matrices(name, tmp_path):
    (systems,) = load(tmp_path, f"builtin:{name}", rhs=2)
    n, entries, mu = FIGURES[name]
    assert (systems.name, systems.n, systems.matrix.nnz) == (name, n, entries)
    assert systems.rhs.shape == (2, n)
    assert spectrum(systems).mu[0] == pytest.approx(mu, abs=6e-4 if mu < 0.9 or mu > 1 else 6e-6)


def test_shipped_are_all_and_small():
    assert sorted(shipped()) == sorted(FIGURES)
    files = [file for file in SHIPPED.iterdir() if file.name != "README.md"]
    assert sum(file.stat().st_size for file in files) < 1.1e6
    text = gzip.decompress((SHIPPED / "bcsstk16.mtx.gz").read_bytes())
    assert len(text) == 3_779_212
    assert hashlib.sha256(text).hexdigest().startswith("f14ecb1e6c9a9d5d")


def test_files_folders_and_patterns(tmp_path):
    small, large = grid_laplacian(3), grid_laplacian(4)
    scipy.io.mmwrite(tmp_path / "b.mtx", small, symmetry="symmetric")
    scipy.sparse.save_npz(tmp_path / "a.npz", large)
    (tmp_path / "c.mtx.gz").write_bytes(gzip.compress((tmp_path / "b.mtx").read_bytes()))
    (tmp_path / "notes.txt").write_text("not a matrix")
    assert [systems.name for systems in load(tmp_path, ".")] == ["a", "b", "c"]
    assert [systems.name for systems in load(tmp_path, "*.mtx*", "a.npz")] == ["b", "c", "a"]
    assert [systems.name for systems in load(tmp_path / "..", str(tmp_path / "a.*"))] == ["a"]
    for name, expected in (("b.mtx", small), ("a.npz", large), ("c.mtx.gz", small)):
        assert abs(read(find(name, tmp_path)[0]) - expected).max() == 0


def test_whole_numbers_and_dense_files_are_read(tmp_path):
    scipy.io.mmwrite(tmp_path / "whole.mtx", grid_laplacian(3).astype(np.int64))
    scipy.io.mmwrite(tmp_path / "dense.mtx", grid_laplacian(3).toarray())
    for systems in load(tmp_path, "whole.mtx", "dense.mtx"):
        assert abs(systems.matrix - grid_laplacian(3)).max() == 0


BAD = {
    "oblong": (np.ones((2, 3)), "square matrix, received 2 x 3"),
    "lopsided": (np.array([[2.0, 1], [0, 2]]), r"a\[0, 1\] = 1 and a\[1, 0\] = 0"),
    "hollow": (np.array([[0.0, 1], [1, 2]]), r"positive diagonal, received a\[0, 0\] = 0"),
    "indefinite": (np.array([[1.0, 2], [2, 1]]), "positive definite"),
    "singular": (np.array([[1.0, -1], [-1, 1]]), "positive definite"),
    "unbounded": (np.array([[1.0, 0], [0, math.inf]]), "finite entries"),
    "complex": (np.array([[1.0, 1j], [-1j, 3]]), "is complex"),
}


@pytest.mark.parametrize("name", BAD)
def test_matrices_that_relaxation_cannot_solve(name, tmp_path):
    matrix, message = BAD[name]
    scipy.sparse.save_npz(tmp_path / f"{name}.npz", scipy.sparse.csr_array(matrix))
    with pytest.raises(ConfigError, match=message) as error:
        load(tmp_path, f"{name}.npz")
    assert f"{name}.npz" in str(error.value)


def test_a_larger_singular_matrix_is_refused(tmp_path):
    laplacian = grid_laplacian(12)
    free = laplacian - scipy.sparse.diags_array(np.asarray(laplacian.sum(axis=1)))
    scipy.sparse.save_npz(tmp_path / "free.npz", scipy.sparse.csr_array(free))
    with pytest.raises(ConfigError, match="positive definite"):
        load(tmp_path, "free.npz")


def test_files_that_are_something_else(tmp_path):
    (tmp_path / "text.mtx").write_text("hello")
    (tmp_path / "cut.mtx").write_text(
        "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n"
    )
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "text.mtx.gz").write_text("hello")
    np.savez(tmp_path / "array.npz", a=np.ones(3))
    pickled = np.empty(1, object)
    np.savez(tmp_path / "pickled.npz", format=pickled)
    for name in ("text.mtx", "cut.mtx", "text.npz", "text.mtx.gz", "array.npz", "pickled.npz"):
        with pytest.raises(ConfigError, match=f"cannot read .*{name}"):
            load(tmp_path, name)


def test_files_that_are_not_there(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")
    for pattern, message in (
        ("nothing.mtx", "nothing matches .*relative to the campaign file"),
        ("*.npz", "nothing matches"),
        ("empty", "holds none of"),
        ("notes.txt", "received notes.txt"),
        ("builtin:bcsstk99", "expected one of .*bcsstk01"),
        ("builtin:../x", "expected one of"),
    ):
        with pytest.raises(ConfigError, match=message):
            load(tmp_path, pattern)


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as error:
        load(tmp_path, "a.mtx", "builtin:nos4", "b.mtx")
    assert len(error.value.mistakes) == 2
