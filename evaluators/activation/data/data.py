"""The data of one task: what is trained on, what the search is scored on, and what is sealed."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32, Int32

from evosearch.errors import ConfigError

Inputs = Float32[np.ndarray, "n ..."]
Targets = Int32[np.ndarray, " n"] | Float32[np.ndarray, "n outputs"]


@dataclass(frozen=True, eq=False)
class Data:
    """Three disjoint parts of one data set.

    Attributes:
        name: For reports.
        train_inputs: One example a row: (length,) of a signal, (height, width, channels) of an
            image.
        train_targets: Classes 0, 1, ...; or (outputs,) numbers of a regression.
        selection_inputs: Held out: what the search is scored on.
        selection_targets: Of these.
        test_inputs: Sealed: for the confirmation of what was found alone.
        test_targets: Of these.
        classes: How many there are; 0 of a regression.

    Raises:
        ConfigError: The parts do not fit together, or hold something that is no finite number.
    """

    name: str
    train_inputs: Float32[np.ndarray, "train ..."]
    train_targets: Int32[np.ndarray, " train"] | Float32[np.ndarray, "train outputs"]
    selection_inputs: Float32[np.ndarray, "selection ..."]
    selection_targets: Int32[np.ndarray, " selection"] | Float32[np.ndarray, "selection outputs"]
    test_inputs: Float32[np.ndarray, "test ..."]
    test_targets: Int32[np.ndarray, " test"] | Float32[np.ndarray, "test outputs"]
    classes: int

    def __post_init__(self) -> None:
        mistakes = [
            f"{self.name}: {mistake}"
            for part, (inputs, targets) in self.parts().items()
            for mistake in self._mistakes(part, inputs, targets)
        ]
        if mistakes:
            raise ConfigError(mistakes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one example."""
        return self.train_inputs.shape[1:]

    @property
    def outputs(self) -> int:
        """Of a network: one for each class, or for each number of a regression."""
        return self.classes or int(self.train_targets.shape[1])

    def parts(self) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Inputs and targets by the name of the part."""
        return {
            "train": (self.train_inputs, self.train_targets),
            "selection": (self.selection_inputs, self.selection_targets),
            "test": (self.test_inputs, self.test_targets),
        }

    def checksum(self) -> str:
        """Of all arrays, with their shapes: 32 hexadecimal digits."""
        digest = blake2b(digest_size=16)
        for part in self.parts().values():
            for array in part:
                digest.update(repr((array.shape, array.dtype.str)).encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _mistakes(self, part: str, inputs: Inputs, targets: Targets) -> list[str]:
        found = []
        if not len(inputs):
            found.append(f"expected at least one example in {part}, received none")
        if len(inputs) != len(targets):
            found.append(
                f"expected as many inputs as targets in {part}, received {len(inputs)} and "
                f"{len(targets)}"
            )
        if inputs.shape[1:] != self.shape:
            found.append(
                f"expected inputs of shape {self.shape} in {part} as in train, received "
                f"{inputs.shape[1:]}"
            )
        if not np.isfinite(inputs).all():
            found.append(f"expected finite inputs in {part}, received NaN or infinity")
        return found + self._wrong_targets(part, targets)

    def _wrong_targets(self, part: str, targets: Targets) -> list[str]:
        if self.classes:
            if targets.ndim != 1 or not len(targets):
                return [f"expected one class for each example of {part}"]
            low, high = int(targets.min()), int(targets.max())
            if low >= 0 and high < self.classes:
                return []
            return [
                f"expected classes 0 to {self.classes - 1} in {part}, received {low} to {high}"
            ]
        if targets.ndim != 2 or not np.isfinite(targets).all():
            return [f"expected rows of finite numbers as targets of {part}"]
        return []
