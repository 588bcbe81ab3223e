"""Three 3x3 convolutions of an image (16, 24 and 32 channels, in steps of 2), and their mean."""

from collections.abc import Callable
from typing import Any

from evaluators.activation.networks.dense import dense, image_patches

AXES = (2, 3)
_CHANNELS = (16, 24, 32)
_KERNEL = 3


def layout(shape: tuple[int, ...], outputs: int) -> tuple[list[tuple[int, ...]], list[int]]:
    """Shapes of parameters, widths of activations."""
    before = shape[2] if len(shape) == 3 else 1
    shapes: list[tuple[int, ...]] = []
    for channels in _CHANNELS:
        shapes += [(_KERNEL**2 * before, channels), (channels,)]
        before = channels
    shapes += [(before, outputs), (outputs,)]
    return shapes, list(_CHANNELS)


def compute(parameters: list[Any], inputs: Any, activation: Callable[[int, Any], Any]) -> Any:
    """Outputs of all lanes."""
    values = inputs if inputs.ndim == 5 else inputs[..., None]
    for k in range(len(_CHANNELS)):
        patch = image_patches(values, _KERNEL)
        values = activation(k, dense(patch, *parameters[2 * k : 2 * k + 2]))
    return dense(values.mean(axis=(2, 3)), *parameters[-2:])
