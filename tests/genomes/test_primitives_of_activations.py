"""Primitives of activation functions: what they compute, and who refuses them."""

import math

import mpmath
import numpy as np
import pytest

from evosearch import interpreter
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ALL, BY_NAME, CORE
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.text import expressions
from search_spaces.expressions.options import ExpressionsOptions

X = np.array([-40.0, -8.0, -3.0, -1.0, -0.5, -1e-3, 0.0, 1e-3, 0.7, 1.0, 2.5, 8.0, 40.0])
MEANT = {
    "square": lambda a: a**2,
    "cube": lambda a: a**3,
    "recip": lambda a: 1 / a if a else mpmath.inf,
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "logsigmoid": lambda a: -mpmath.log1p(mpmath.exp(-a)),
    "softplus": lambda a: mpmath.log1p(mpmath.exp(a)),
    "softsign": lambda a: a / (1 + abs(a)),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "expm1": mpmath.expm1,
    "asinh": mpmath.asinh,
    "relu": lambda a: max(a, 0),
    "elu": lambda a: a if a > 0 else mpmath.expm1(a),
    "selu": lambda a: 1.0507009873554805 * (a if a > 0 else 1.6732632423543772 * mpmath.expm1(a)),
    "hardsigmoid": lambda a: min(max(a / 6 + mpmath.mpf(1) / 2, 0), 1),
    "sinc": lambda a: mpmath.sin(a) / a if a else 1,
    "gauss": lambda a: mpmath.exp(-(a**2)),
    "i0e": lambda a: mpmath.besseli(0, a) * mpmath.exp(-abs(a)),
    "i1e": lambda a: mpmath.besseli(1, a) * mpmath.exp(-abs(a)),
    "swish": lambda a: a / (1 + mpmath.exp(-a)),
    "gelu": lambda a: (
        a * (1 + mpmath.erf(a / mpmath.sqrt(2))) / 2 if a > -20 else a * mpmath.ncdf(a)
    ),
    "mish": lambda a: a * mpmath.tanh(mpmath.log1p(mpmath.exp(a))),
    "gate": lambda a, b: b / (1 + mpmath.exp(-a)),
    "gaussdiff": lambda a, b: mpmath.exp(-((a - b) ** 2)),
    "absdiff": lambda a, b: mpmath.exp(-abs(a - b)),
    "pow": lambda a, b: abs(a) ** b,
}
NEW = [primitive for primitive in ALL.members if primitive not in CORE.members]


def program(name):
    """The primitive, of the first inputs."""
    primitive = BY_NAME[name]
    args = np.zeros((1, 1, 3), np.int16)
    args[0, 0, : primitive.arity] = [-1, -2][: primitive.arity]
    return ProgramBatch(
        np.array([[primitive.code]], np.uint8),
        args,
        np.array([1], np.int32),
        np.zeros((1, 0)),
        np.array([0], np.int32),
        np.array([0], np.int16),
        primitive.arity,
    )


@pytest.mark.parametrize("primitive", NEW, ids=lambda p: p.name)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 2e-14), (np.float32, 3e-5)])
def test_they_compute_what_they_are_called(primitive, dtype, tolerance):
    points = np.stack(np.meshgrid(X, X)).reshape(2, -1) if primitive.arity == 2 else X[None]
    if primitive.name == "pow":
        points = np.abs(points[:, points[0] != 0])
    points = points.astype(dtype)
    (found,) = evaluate(program(primitive.name), points, dtype)
    assert found.dtype == dtype
    with mpmath.workdps(60):
        meant = [MEANT[primitive.name](*map(mpmath.mpf, column)) for column in points.T.tolist()]
    wanted = np.array([float(value) for value in meant])
    small = np.finfo(dtype).tiny
    with np.errstate(over="ignore"):
        wanted = wanted.astype(dtype)
    finite = np.isfinite(wanted) & (np.abs(wanted) > small)
    np.testing.assert_allclose(found[finite], wanted[finite], rtol=tolerance)
    tiny = np.isfinite(wanted) & ~finite
    np.testing.assert_allclose(found[tiny], wanted[tiny], atol=4 * small)


def test_codes_stay_as_they_are():
    assert [(p.name, p.code) for p in NEW] == list(zip(MEANT, range(23, 49), strict=True))
    assert [p.code for p in CORE.members] == list(range(1, 23))


@pytest.mark.parametrize("name", ["gaussdiff", "absdiff"])
def test_commutative_ones_commute(name):
    primitive = BY_NAME[name]
    a, b = np.array([0.3, 2.0]), np.array([1.0, -1.5])
    assert primitive.commutative
    assert primitive.compute(a, b).tolist() == primitive.compute(b, a).tolist()


def test_programs_of_them_are_stored_and_printed():
    batch = program("swish")
    back = ProgramBatch.from_bytes(batch.to_bytes())
    assert back.digests() == batch.digests()
    assert expressions(back) == ["swish(x)"]


def test_the_interpreter_says_that_it_does_not_know_them():
    with pytest.raises(ValueError, match="a program uses erf, which is not in the set"):
        interpreter.evaluate(program("erf"), X[None])


def test_the_space_of_expressions_names_the_one_that_has_them():
    with pytest.raises(ValueError, match="'erf'; it is for the search space 'activations'"):
        ExpressionsOptions(primitives=("add", "erf"))


def test_poles_and_kinks_are_ieee():
    assert BY_NAME["sinc"].compute(np.zeros(1)).tolist() == [1.0]
    with np.errstate(divide="ignore"):
        assert math.isinf(BY_NAME["recip"].compute(np.zeros(1))[0])
    with np.errstate(invalid="ignore"):
        assert np.isnan(BY_NAME["pow"].compute(np.array([-2.0]), np.array([0.5])))[0]
