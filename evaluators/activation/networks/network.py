"""Network: shapes of its parameters, and how lanes of it are computed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evaluators.activation.networks import cnn1d, image_cnn, mlp, vit
from evosearch.errors import ConfigError

Activation = Callable[[int, Any], Any]


@dataclass(frozen=True)
class Network:
    """A network for inputs of one shape.

    Attributes:
        name: One of `NETWORKS`.
        shapes: Of its parameters. Those of two axes are matrices, (inputs, outputs).
        widths: Channels at each place where an activation function stands.
        compute: Of parameters (lanes, *shape), inputs (lanes, batch, *input shape) and the
            activation (its place, values with channels last): outputs (lanes, batch, outputs).
    """

    name: str
    shapes: tuple[tuple[int, ...], ...]
    widths: tuple[int, ...]
    compute: Callable[[list[Any], Any, Activation], Any]


NETWORKS = {"mlp": mlp, "cnn1d": cnn1d, "cnn": image_cnn, "vit": vit}


def build(name: str, shape: tuple[int, ...], outputs: int) -> Network:
    """The network of this name for inputs of a shape.

    Raises:
        ConfigError: There is no such network, or it does not take inputs of this shape.
    """
    if name not in NETWORKS:
        raise ConfigError(f"network: expected {', '.join(NETWORKS)}, received {name!r}")
    module = NETWORKS[name]
    if len(shape) not in module.AXES:
        expected = " or ".join(map(str, module.AXES))
        raise ConfigError(
            f"network {name!r}: expected inputs of {expected} axes, the data have {shape}"
        )
    shapes, widths = module.layout(shape, outputs)
    return Network(name, tuple(shapes), tuple(widths), module.compute)
