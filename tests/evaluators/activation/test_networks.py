"""Networks of many lanes are, lane by lane, the networks that they are said to be."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from evaluators.activation.networks import build
from evosearch import backend  # noqa: F401 - sets JAX up
from evosearch.errors import ConfigError

SHAPES = {"mlp": (40,), "cnn1d": (40,), "cnn": (16, 16, 3), "vit": (8, 8)}
LANES, BATCH, OUTPUTS = 3, 4, 10


def drawn(name, seed=0, shape=None):
    """A network, parameters of its lanes and inputs."""
    network = build(name, shape or SHAPES[name], OUTPUTS)
    rng = np.random.default_rng(seed)
    parameters = [0.3 * rng.standard_normal((LANES, *each)) for each in network.shapes]
    return network, parameters, rng.standard_normal((LANES, BATCH, *(shape or SHAPES[name])))


def computed(network, parameters, inputs, activation=lambda _, values: jnp.tanh(values)):
    return np.asarray(network.compute([*map(jnp.asarray, parameters)], inputs, activation))


def normal(values):
    centred = values - values.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


def convolved(values, weights, bias, kernel):
    """A convolution in steps of 2 with a border of 1, channels last."""
    axes = values.ndim - 2
    weights = weights.reshape(*(kernel,) * axes, -1, weights.shape[-1])
    numbers = ("NHC", "HIO", "NHC") if axes == 1 else ("NHWC", "HWIO", "NHWC")
    found = lax.conv_general_dilated(
        values, weights, (2,) * axes, [(1, 1)] * axes, dimension_numbers=numbers
    )
    return np.tanh(np.asarray(found) + bias)


def mlp(parameters, values):
    *hidden, (last, offset) = zip(parameters[::2], parameters[1::2], strict=True)
    for weights, bias in hidden:
        values = np.tanh(values @ weights + bias)
    return values @ last + offset


def cnn1d(parameters, values):
    values = values[..., None]
    for k, kernel in enumerate((5, 3, 3)):
        values = convolved(values, *parameters[2 * k : 2 * k + 2], kernel)
    return values.reshape(len(values), -1) @ parameters[-2] + parameters[-1]


def cnn(parameters, values):
    for k in range(3):
        values = convolved(values, *parameters[2 * k : 2 * k + 2], 3)
    return values.mean(axis=(1, 2)) @ parameters[-2] + parameters[-1]


def vit(parameters, values):
    """Patches of 4 x 4, two heads of 16, one example after another."""
    return np.stack([_transformed(parameters, each) for each in values])


def _transformed(parameters, image):
    embed, embed_bias, places, into, into_bias, out, out_bias = parameters[:7]
    up, up_bias, down, down_bias, last, last_bias = parameters[7:]
    patches = [image[i : i + 4, j : j + 4].ravel() for i in (0, 4) for j in (0, 4)]
    tokens = np.stack(patches) @ embed + embed_bias + places
    query, key, value = np.split(normal(tokens) @ into + into_bias, 3, axis=1)
    heads = []
    for part in (slice(0, 16), slice(16, 32)):
        scores = np.exp(query[:, part] @ key[:, part].T / 4)
        heads.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, part])
    tokens = tokens + np.concatenate(heads, axis=1) @ out + out_bias
    tokens = tokens + np.tanh(normal(tokens) @ up + up_bias) @ down + down_bias
    return normal(tokens).mean(axis=0) @ last + last_bias


PLAIN = {"mlp": mlp, "cnn1d": cnn1d, "cnn": cnn, "vit": vit}


@pytest.mark.parametrize("name", PLAIN)
def test_each_lane_is_the_plain_network(name):
    network, parameters, inputs = drawn(name)
    found = computed(network, parameters, inputs)
    assert found.shape == (LANES, BATCH, OUTPUTS)
    for lane in range(LANES):
        expected = PLAIN[name]([each[lane] for each in parameters], inputs[lane])
        np.testing.assert_allclose(found[lane], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PLAIN)
def test_activations_stand_where_they_are_said_to(name):
    network, parameters, inputs = drawn(name)
    seen = []

    def recorded(place, values):
        seen.append((place, values.shape[-1]))
        return values

    computed(network, parameters, inputs, recorded)
    assert seen == list(enumerate(network.widths))


@pytest.mark.parametrize("shape", [(37,), (7, 9), (10, 6, 3)])
def test_a_transformer_takes_inputs_that_are_no_whole_patches(shape):
    network, parameters, inputs = drawn("vit", shape=shape)
    found = computed(network, parameters, inputs)
    assert np.isfinite(found).all()
    changed = inputs.copy()
    changed[(0, 0, *(n - 1 for n in shape))] += 1.0  # the last number is seen
    again = computed(network, parameters, changed)
    assert not np.array_equal(again[0, 0], found[0, 0])
    assert np.array_equal(again[1:], found[1:])


def test_a_network_that_does_not_take_the_data_is_refused():
    with pytest.raises(ConfigError, match="expected inputs of 1 axes"):
        build("cnn1d", (8, 8), 10)
    with pytest.raises(ConfigError, match="expected mlp"):
        build("resnet", (8, 8), 10)
