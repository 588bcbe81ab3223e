"""Learnable parameters of an activation function: how many there are of each, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["shared", "layer", "channel"]


@dataclass(frozen=True)
class Learnable:
    """Parameters of one function in one network, in one vector.

    Attributes:
        count: Parameters of the function.
        scope: Whether the network has one value of each, each layer, or each channel.
        widths: Channels of each layer.
    """

    count: int
    scope: Scope
    widths: Sequence[int]

    @property
    def size(self) -> int:
        """Length of the vector."""
        copies = {"shared": 1, "layer": len(self.widths), "channel": sum(self.widths)}
        return self.count * copies[self.scope]

    def at(self, vector: Any, layer: int, axes: int) -> tuple[Any, ...]:
        """Values of each parameter in a layer, (lanes, size) to arrays of so many axes."""
        lanes = vector.shape[0]
        if self.scope != "channel":
            start = layer * self.count if self.scope == "layer" else 0
            scalar = (lanes, *(1,) * (axes - 1))
            return tuple(vector[:, start + k].reshape(scalar) for k in range(self.count))
        width = self.widths[layer]
        start = self.count * sum(self.widths[:layer])
        row = (lanes, *(1,) * (axes - 2), width)
        parts = range(start, start + self.count * width, width)
        return tuple(vector[:, part : part + width].reshape(row) for part in parts)
