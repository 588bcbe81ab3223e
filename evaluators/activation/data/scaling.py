"""Inputs with mean 0 and deviation 1, as the training part has them."""

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32


def scaled(
    train: npt.NDArray[np.number], *others: npt.NDArray[np.number]
) -> tuple[Float32[np.ndarray, "..."], ...]:
    """All parts, less the mean and divided by the deviation of each channel of the first.

    The channel is the last axis. A channel that is constant is only centred.
    """
    axes = tuple(range(train.ndim - 1))
    mean = train.mean(axis=axes, dtype=np.float64)
    deviation = train.std(axis=axes, dtype=np.float64)
    deviation = np.where(deviation > 0, deviation, 1.0)
    return tuple(((part - mean) / deviation).astype(np.float32) for part in (train, *others))
