"""What is refused before training, and when two formulas are the same function."""

import numpy as np
import pytest

from evaluators.activation.filters import behaviours, canonical, refusals

X = np.linspace(-8, 8, 1025)
STEP = 1 / 64


def stack(*functions):
    with np.errstate(all="ignore"):
        return np.stack([function(X) for function in functions])


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (np.log, "not finite"),
        (lambda x: 1 / x, "not finite"),
        (lambda x: x**2, "larger than 50"),
        (np.zeros_like, "constant"),
        (lambda x: 3 + 1e-9 * x, "constant"),
        (lambda x: np.sign(x - 0.001), "steeper than 50"),
        (lambda x: np.sin(60 * x), "steeper than 50"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_reason(function, reason):
    assert reason in refusals(stack(np.tanh, function), STEP)[1]


def test_useful_functions_pass():
    swish = lambda x: x / (1 + np.exp(-x))  # noqa: E731
    sine = lambda x: x + np.sin(6 * x)  # noqa: E731
    assert not refusals(stack(swish, np.tanh, np.abs, sine, lambda x: 0.01 * x), STEP)


def test_formulas_of_one_function_have_equal_values_to_the_last_bit():
    first = stack(
        lambda x: x / (1 + np.exp(-x)), np.tanh, lambda x: np.maximum(x, 0), lambda x: x * 0.3
    )
    second = stack(
        lambda x: x * (0.5 + 0.5 * np.tanh(x / 2)),
        lambda x: 1 - 2 / (np.exp(2 * x) + 1),
        lambda x: (x + np.abs(x)) / 2,
        lambda x: x * 0.1 * 3,
    )
    assert not np.array_equal(first, second)
    assert np.array_equal(canonical(first), canonical(second))
    assert np.array_equal(canonical(first), canonical(-second))


def test_the_sign_of_known_functions_stays_and_values_hardly_move():
    values = stack(lambda x: x / (1 + np.exp(-x)), np.tanh, lambda x: np.maximum(x, 0))
    assert np.abs(canonical(values) - values).max() <= 8 * 2.0**-22
    assert np.array_equal(canonical(canonical(values)), canonical(values))


def test_a_behaviour_is_without_scale_and_sign_but_not_without_shape():
    one, scaled, flipped, other = behaviours(
        stack(np.tanh, lambda x: 3.7 * np.tanh(x), lambda x: -np.tanh(x), lambda x: np.tanh(2 * x))
    )
    assert one == scaled == flipped != other


def test_a_function_is_judged_alone():
    values = stack(np.tanh, np.exp, np.sin)
    assert np.array_equal(canonical(values)[1], canonical(values[1:2])[0])
    assert behaviours(values)[2] == behaviours(values[2:])[0]
