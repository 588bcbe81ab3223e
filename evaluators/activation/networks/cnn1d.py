"""Three convolutions along a signal, 24 channels each, in steps of 2."""

from collections.abc import Callable
from typing import Any

from evaluators.activation.networks.dense import dense, patches, reduced

AXES = (1,)
_CHANNELS = (24, 24, 24)
_KERNELS = (5, 3, 3)


def layout(shape: tuple[int, ...], outputs: int) -> tuple[list[tuple[int, ...]], list[int]]:
    """Shapes of parameters, widths of activations."""
    length, before = shape[0], 1
    shapes: list[tuple[int, ...]] = []
    for channels, kernel in zip(_CHANNELS, _KERNELS, strict=True):
        shapes += [(kernel * before, channels), (channels,)]
        length, before = reduced(length, kernel), channels
    shapes += [(length * before, outputs), (outputs,)]
    return shapes, list(_CHANNELS)


def compute(parameters: list[Any], inputs: Any, activation: Callable[[int, Any], Any]) -> Any:
    """Outputs of all lanes."""
    values = inputs[..., None]
    for k, kernel in enumerate(_KERNELS):
        values = activation(k, dense(patches(values, kernel), *parameters[2 * k : 2 * k + 2]))
    return dense(values.reshape(*values.shape[:2], -1), *parameters[-2:])
