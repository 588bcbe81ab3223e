"""A perceptron with three hidden layers of 64."""

from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import Any

from evaluators.activation.networks.dense import dense

AXES = (1, 2, 3)
_HIDDEN = (64, 64, 64)


def layout(shape: tuple[int, ...], outputs: int) -> tuple[list[tuple[int, ...]], list[int]]:
    """Shapes of parameters, widths of activations."""
    sizes = [prod(shape), *_HIDDEN, outputs]
    shapes: list[tuple[int, ...]] = []
    for before, after in pairwise(sizes):
        shapes += [(before, after), (after,)]
    return shapes, list(_HIDDEN)


def compute(parameters: list[Any], inputs: Any, activation: Callable[[int, Any], Any]) -> Any:
    """Outputs of all lanes."""
    values = inputs.reshape(*inputs.shape[:2], -1)
    for k in range(len(_HIDDEN)):
        values = activation(k, dense(values, *parameters[2 * k : 2 * k + 2]))
    return dense(values, *parameters[-2:])
