"""One transformer block over patches; the activation stands in its perceptron.

Tokens of 32 numbers with learned places, two heads, normalisation before each part, without
factors and offsets of its own (Dosovitskiy et al. 2021, arXiv:2010.11929, made small).
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from evaluators.activation.networks.dense import dense

AXES = (1, 2, 3)
_WIDTH = 32
_HEADS = 2
_HIDDEN = 64
_SIGNAL = 5  # numbers of a patch of a signal
_IMAGE = 4  # side of a patch of an image


def layout(shape: tuple[int, ...], outputs: int) -> tuple[list[tuple[int, ...]], list[int]]:
    """Shapes of parameters, widths of activations."""
    tokens, size = _tokens(shape)
    shapes = [
        *((size, _WIDTH), (_WIDTH,), (tokens, _WIDTH)),
        *((_WIDTH, 3 * _WIDTH), (3 * _WIDTH,), (_WIDTH, _WIDTH), (_WIDTH,)),
        *((_WIDTH, _HIDDEN), (_HIDDEN,), (_HIDDEN, _WIDTH), (_WIDTH,)),
        *((_WIDTH, outputs), (outputs,)),
    ]
    return shapes, [_HIDDEN]


def compute(parameters: list[Any], inputs: Any, activation: Callable[[int, Any], Any]) -> Any:
    """Outputs of all lanes."""
    values = dense(_patches(inputs), *parameters[:2]) + parameters[2][:, None]
    values = values + _attention(_normal(values), *parameters[3:7])
    hidden = activation(0, dense(_normal(values), *parameters[7:9]))
    values = values + dense(hidden, *parameters[9:11])
    return dense(_normal(values).mean(axis=2), *parameters[11:])


def _tokens(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many patches there are, and numbers in each."""
    if len(shape) == 1:
        return -(-shape[0] // _SIGNAL), _SIGNAL
    channels = shape[2] if len(shape) == 3 else 1
    rows, columns = (-(-n // _IMAGE) for n in shape[:2])
    return rows * columns, _IMAGE**2 * channels


def _patches(inputs: Any) -> Any:
    """(lanes, batch, tokens, numbers), zeros behind the end."""
    lanes, batch, *shape = inputs.shape
    if len(shape) == 1:
        padded = jnp.pad(inputs, ((0, 0), (0, 0), (0, -shape[0] % _SIGNAL)))
        return padded.reshape(lanes, batch, -1, _SIGNAL)
    image = inputs if len(shape) == 3 else inputs[..., None]
    edges = [(0, -n % _IMAGE) for n in shape[:2]]
    image = jnp.pad(image, ((0, 0), (0, 0), *edges, (0, 0)))
    rows, columns, channels = image.shape[2] // _IMAGE, image.shape[3] // _IMAGE, image.shape[4]
    image = image.reshape(lanes, batch, rows, _IMAGE, columns, _IMAGE, channels)
    return image.transpose(0, 1, 2, 4, 3, 5, 6).reshape(lanes, batch, rows * columns, -1)


def _normal(values: Any) -> Any:
    """Mean 0 and variance 1 in each token."""
    centred = values - values.mean(axis=-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


def _attention(values: Any, into: Any, into_bias: Any, out: Any, out_bias: Any) -> Any:
    lanes, batch, tokens, _ = values.shape
    whole = dense(values, into, into_bias).reshape(lanes, batch, tokens, 3, _HEADS, -1)
    query, key, value = (whole[:, :, :, k] for k in range(3))
    scores = jnp.einsum("lbqhd,lbkhd->lbhqk", query, key) / query.shape[-1] ** 0.5
    mixed = jnp.einsum("lbhqk,lbkhd->lbqhd", jax.nn.softmax(scores, axis=-1), value)
    return dense(mixed.reshape(lanes, batch, tokens, -1), out, out_bias)
