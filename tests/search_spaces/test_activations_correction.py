"""Symbolic derivatives, and the correction f + eps * c that is made of them."""

import numpy as np
import pytest
from scipy import stats

from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ALL, ARITY, BY_NAME
from evosearch.genomes.program import ProgramBatch
from search_spaces.activations import Activations, ActivationsOptions
from search_spaces.activations.algebra import Algebra
from search_spaces.activations.correction import correction

X = np.array([-4.3, -2.1, -0.9, -0.31, 0.23, 0.7, 1.9, 3.4])
POSITIVE = {"sqrt", "log", "pow"}
CHEAP = "relu", "abs", "tanh", "sigmoid", "softplus", "erf", "exp", "atan", "asinh", "logsigmoid"


def values(algebra, term, x):
    return algebra.evaluate(term, np.stack([x, np.full_like(x, 1.3)]))


def program(name, n_inputs=1):
    return ProgramBatch(
        np.array([[BY_NAME[name].code]], np.uint8),
        np.array([[[-1, 0, 0]]], np.int16),
        np.ones(1, np.int32),
        np.zeros((1, 0)),
        np.zeros(1, np.int32),
        np.zeros(1, np.int16),
        n_inputs,
    )


def corrected(name, parameters=0, **options):
    space = Activations(ActivationsOptions(parameters=parameters, **options))
    rng = np.random.default_rng(0)
    return space.operators["correct"].apply(rng, (program(name, 1 + parameters),), 1)


@pytest.mark.parametrize("name", [primitive.name for primitive in ALL.members])
def test_derivatives_are_those_of_finite_differences(name):
    algebra = Algebra()
    x, alpha = algebra.input(0), algebra.input(1)
    args = {1: [algebra.add(algebra.scale(0.9, x), algebra.constant(0.05))]}
    args[2] = [args[1][0], algebra.apply("sin", algebra.mul(x, alpha))]
    args[3] = [*args[2], algebra.apply("exp", x)]
    term = algebra.apply(name, *args[BY_NAME[name].arity])
    at = abs(X) if name in POSITIVE else X
    step = 2.0**-17
    for _ in range(2):  # first and second derivative
        slope = algebra.derivative(term)
        ahead, behind = values(algebra, term, at + step), values(algebra, term, at - step)
        found = values(algebra, slope, at)
        np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=2e-7, atol=2e-9)
        term = slope


@pytest.mark.parametrize("name", ["tanh", "erf", "exp", "softplus", "swish", "gelu", "asinh"])
def test_the_logarithmic_derivative_is_a_quotient_of_derivatives(name):
    algebra = Algebra()
    slope = algebra.derivative(algebra.apply(name, algebra.input(0)))
    quotient = values(algebra, algebra.derivative(slope), X) / values(algebra, slope, X)
    found = values(algebra, algebra.logarithmic_derivative(slope), X)
    np.testing.assert_allclose(found, quotient, rtol=1e-9)


def test_powers_of_sums_and_roots_cancel():
    algebra = Algebra()
    x = algebra.input(0)
    tanh = algebra.apply("tanh", x)
    slope = algebra.derivative(tanh)
    assert algebra.logarithmic_derivative(slope) == algebra.scale(-2.0, tanh)
    root = algebra.apply("sqrt", algebra.add(algebra.constant(1.0), x))
    assert algebra.power(root, 2) == algebra.add(algebra.constant(1.0), x)
    assert algebra.power(root, -3) == algebra.mul(
        algebra.power(root, -1), algebra.power(algebra.add(x, algebra.constant(1.0)), -1)
    )
    assert algebra.sub(algebra.mul(x, tanh), algebra.mul(tanh, x)) == ()


def test_relu_becomes_crrelu():
    child = corrected("relu")
    x = np.linspace(-4, 4, 33)
    eps = (evaluate(child, np.ones((1, 1)))[0, 0] - 1) * np.exp(0.5)
    assert 0.01 <= abs(eps) <= 0.3
    meant = np.maximum(x, 0) + eps * x * np.exp(-(x**2) / 2)
    np.testing.assert_allclose(evaluate(child, x[None])[0], meant, rtol=1e-13, atol=1e-16)
    assert child.sizes().tolist() == [6]


def test_eps_takes_a_parameter_that_is_free():
    child = corrected("relu", parameters=1)
    x = np.linspace(-2, 2, 9)
    off = evaluate(child, np.stack([x, 0 * x]))[0]
    np.testing.assert_array_equal(off, np.maximum(x, 0))
    assert child.sizes().tolist() == [7]


def test_it_lowers_or_raises_the_entropy_of_the_output_most():
    """Along c the entropy of f(z) changes more than along other directions of its size."""
    algebra = Algebra()
    f = algebra.apply("softplus", algebra.input(0))
    slope = algebra.derivative(f)
    z = np.linspace(-9, 9, 20001)
    weights = stats.norm.pdf(z)

    def change(direction):  # of E log |f'(z)| + const, the output's entropy, per unit of eps
        along = np.gradient(direction, z) / values(algebra, slope, z)
        size = np.sqrt(np.trapezoid((direction / values(algebra, slope, z)) ** 2, z))
        return abs(np.trapezoid(along * weights, z)) / size

    c = values(algebra, correction(algebra, f), z)
    # the steepest direction in x of the inverse function, eta = p (z + f''/f') / f'
    others = [np.exp(-(z**2) / 2), z * np.exp(-(z**2) / 2), np.exp(-(z**2)), np.tanh(z) * 1e-3]
    assert all(change(c) > change(other) for other in others)


@pytest.mark.parametrize("name", CHEAP)
def test_there_is_room_for_the_corrections_of_common_functions(name):
    child = corrected(name, parameters=1)
    assert child.digests() != program(name, 2).digests()
    assert 6 < child.sizes()[0] <= 12


@pytest.mark.parametrize("name", ["swish", "square", "elu", "sinc", "i1e", "recip"])
def test_poles_and_steps_leave_the_parent(name):
    assert corrected(name, exclude=()).digests() == program(name).digests()


def test_too_large_a_result_leaves_the_parent():
    parent = program("tanh").digests()
    assert corrected("tanh", max_operations=7).digests() == parent
    assert corrected("tanh", max_operations=8).digests() != parent
    assert corrected("tanh", max_constants=2).digests() == parent


def test_the_written_correction_is_the_correction():
    algebra = Algebra()
    x = np.linspace(-3, 3, 25)
    for name in CHEAP:
        child = corrected(name)
        f = algebra.apply(name, algebra.input(0))
        meant = values(algebra, correction(algebra, f), x)
        found = evaluate(child, x[None])[0] - BY_NAME[name].compute(x)
        assert ARITY[BY_NAME[name].code] == 1
        eps = found @ meant / (meant @ meant)
        np.testing.assert_allclose(found, eps * meant, atol=1e-12)
