"""Dense: a layer of lanes, and patches that make layers of convolutions."""

from typing import Any

import jax.numpy as jnp


def dense(inputs: Any, weights: Any, bias: Any) -> Any:
    """(lanes, batch, ..., in) by (lanes, in, out), plus (lanes, out)."""
    lanes, *middle, width = inputs.shape
    flat = inputs.reshape(lanes, -1, width)
    out = jnp.einsum("lbi,lio->lbo", flat, weights) + bias[:, None]
    return out.reshape(lanes, *middle, -1)


def reduced(length: int, kernel: int) -> int:
    """Places of a kernel along an axis that is padded by 1 and walked in steps of 2."""
    return (length + 2 - kernel) // 2 + 1


def patches(signal: Any, kernel: int) -> Any:
    """(lanes, batch, length, channels) to (lanes, batch, places, kernel * channels)."""
    places = reduced(signal.shape[2], kernel)
    padded = jnp.pad(signal, ((0, 0), (0, 0), (1, 1), (0, 0)))
    parts = [padded[:, :, k : k + 2 * places - 1 : 2] for k in range(kernel)]
    return jnp.concatenate(parts, axis=-1)


def image_patches(image: Any, kernel: int) -> Any:
    """The same along both axes of an image: (lanes, batch, height, width, channels)."""
    height, width = (reduced(n, kernel) for n in image.shape[2:4])
    padded = jnp.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)))
    parts = [
        padded[:, :, i : i + 2 * height - 1 : 2, j : j + 2 * width - 1 : 2]
        for i in range(kernel)
        for j in range(kernel)
    ]
    return jnp.concatenate(parts, axis=-1)
