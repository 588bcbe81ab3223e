"""The task that most is measured on: MNIST-1D and a perceptron of three layers of 64."""

from functools import cache
from pathlib import Path

import numpy as np

from evaluators.activation.data import Data, load
from evaluators.activation.task import Task

_JUDGING = 5_000


@cache
def mnist1d() -> Task:
    """Batches of 100, as in the reference measurements."""
    return Task("mnist1d_mlp", load("mnist1d"), "mlp", batch=100)


def original(path: Path) -> Task:
    """The same with signals of the original generator, from a file.

    It holds ``x_train`` and ``y_train``, and in ``x_extra`` and ``y_extra`` more than 5,000
    others, of which the first 5,000 judge.
    """
    with np.load(path, allow_pickle=False) as file:
        x, y = ({part: file[f"{axis}_{part}"] for part in ("train", "extra")} for axis in "xy")
    inputs = {part: each.astype(np.float32) for part, each in x.items()}
    targets = {part: each.astype(np.int32) for part, each in y.items()}
    judging = [each["extra"][:_JUDGING] for each in (inputs, targets)]
    rest = [each["extra"][_JUDGING:] for each in (inputs, targets)]
    data = Data("original", inputs["train"], targets["train"], *judging, *rest, classes=10)
    return Task("original_mlp", data, "mlp", batch=100)
