"""Training: lanes of a network, of different seeds and rates, trained side by side.

AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) with betas 0.9 and 0.99, weight decay 0.01 of
matrices alone, a tenth of the steps to warm up and then a cosine to 0. Parameters of activation
functions learn at a tenth of the rate, without decay. All parameters of a lane are one vector.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import PartitionSpec

from evaluators.activation.learnable import Learnable
from evaluators.activation.networks import Network
from evosearch import backend

BETAS = (0.9, 0.99)
DECAY = 0.01
WARM_UP = 0.1
SLOWLY = 0.1  # rate of a function's parameters over that of the network
_TINY = 1e-8
_CHUNK = 100  # examples that are judged at a time: what they need stays in the caches
_SEEDS, _ALL = PartitionSpec("core"), PartitionSpec()
Apply = Callable[[Any, Any, tuple[Any, ...]], Any]


@dataclass(frozen=True, eq=False)
class Training:
    """What one executable trains.

    Attributes:
        network: Of the lanes.
        classes: Of the targets; 0 of a regression.
        learnable: Parameters of the activation function.
        apply: The activation: of values, the function as data, and its parameters.
    """

    network: Network
    classes: int
    learnable: Learnable
    apply: Apply

    @property
    def sizes(self) -> list[int]:
        """Of the network's parameters."""
        return [prod(shape) for shape in self.network.shapes]

    def function(self, cores: int) -> Callable[..., Any]:
        """The training, for so many cores that share the seeds.

        Its arguments: start (seeds, parameters of the network), initial (parameters of the
        function), picks (steps, seeds, batch), rates, steps, function, inputs, targets, and the
        judging inputs, targets and weights, whole chunks of them. It returns sums over the judging
        examples, the score's and the loss's, (seeds, rates) each, and the function's parameters.
        """
        inside = (_SEEDS, _ALL, PartitionSpec(None, "core"), *(_ALL,) * 8)
        return jax.shard_map(
            self._train,
            mesh=backend.mesh(cores),
            in_specs=inside,
            out_specs=(_SEEDS, _SEEDS, _SEEDS),
            check_vma=False,
        )

    def _train(
        self,
        start: Any,
        initial: Any,
        picks: Any,
        rates: Any,
        steps: Any,
        function: Any,
        inputs: Any,
        targets: Any,
        *judging: Any,
    ) -> tuple[Any, Any, Any]:
        seeds, count = start.shape[0], rates.shape[0]
        own = jnp.broadcast_to(initial, (seeds, len(initial)))
        theta = jnp.repeat(jnp.concatenate([start, own], axis=1), count, axis=0)
        lane_rates = jnp.tile(rates, seeds)[:, None] * self._speeds()
        decay = self._decays()

        def step(t: Any, state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            theta, first, second = state
            pick = lax.dynamic_index_in_dim(picks, t, keepdims=False)
            lanes = [jnp.repeat(each[pick], count, axis=0) for each in (inputs, targets)]
            slopes = jax.grad(self._cost)(self._parts(theta), function, *lanes)
            slope = jnp.concatenate([each.reshape(len(theta), -1) for each in slopes], axis=1)
            first = BETAS[0] * first + (1 - BETAS[0]) * slope
            second = BETAS[1] * second + (1 - BETAS[1]) * slope**2
            done = (t + 1).astype(jnp.float32)
            mean = first / (1 - BETAS[0] ** done)
            size = jnp.sqrt(second / (1 - BETAS[1] ** done)) + _TINY
            move = lane_rates * _course(t, steps) * (mean / size + decay * theta)
            return theta - move, first, second

        none = jnp.zeros_like(theta)
        theta, _, _ = lax.fori_loop(jnp.int32(0), steps, step, (theta, none, none))
        score, loss = self._judged(theta, function, *judging)
        own = theta[:, start.shape[1] :].reshape(seeds, count, -1)
        return score.reshape(seeds, count), loss.reshape(seeds, count), own

    def _speeds(self) -> Any:
        """Of each parameter, in rates."""
        ones = np.ones(sum(self.sizes), np.float32)
        return np.concatenate([ones, np.full(self.learnable.size, SLOWLY, np.float32)])

    def _decays(self) -> Any:
        """Of each parameter: matrices alone decay."""
        parts = [
            np.full(size, DECAY if len(shape) > 1 else 0.0, np.float32)
            for size, shape in zip(self.sizes, self.network.shapes, strict=True)
        ]
        return np.concatenate([*parts, np.zeros(self.learnable.size, np.float32)])

    def _parts(self, theta: Any) -> list[Any]:
        """The network's parameters as it knows them, and last the function's.

        Gradients are taken of these: those of slices of one vector would be padded and summed.
        """
        places = np.cumsum([0, *self.sizes])
        parts = [
            theta[:, a:b].reshape(-1, *shape)
            for a, b, shape in zip(places, places[1:], self.network.shapes, strict=False)
        ]
        return [*parts, theta[:, places[-1] :]]

    def outputs(self, parts: list[Any], function: Any, inputs: Any) -> Any:
        """Of all lanes, (lanes, batch, outputs)."""
        *parameters, own = parts

        def activation(layer: int, values: Any) -> Any:
            return self.apply(values, function, self.learnable.at(own, layer, values.ndim))

        return self.network.compute(parameters, inputs, activation)

    def _cost(self, parts: list[Any], function: Any, inputs: Any, targets: Any) -> Any:
        """Mean loss of each lane, summed: lanes do not touch each other."""
        outputs = self.outputs(parts, function, inputs)
        return self._losses(outputs, targets).mean(axis=1).sum()

    def _losses(self, outputs: Any, targets: Any) -> Any:
        """Of each example: cross entropy, or the mean squared error."""
        if not self.classes:
            return ((outputs - targets) ** 2).mean(axis=-1)
        right = jnp.take_along_axis(outputs, targets[..., None], axis=-1)[..., 0]
        return jax.nn.logsumexp(outputs, axis=-1) - right

    def _judged(
        self, theta: Any, function: Any, inputs: Any, targets: Any, weights: Any
    ) -> tuple[Any, Any]:
        """Sums of scores and losses over all examples, a chunk at a time."""

        def chunk(k: Any, sums: tuple[Any, Any]) -> tuple[Any, Any]:
            start = k * _CHUNK
            x, y, w = (
                lax.dynamic_slice_in_dim(each, start, _CHUNK)[None]
                for each in (inputs, targets, weights)
            )
            outputs = self.outputs(
                self._parts(theta), function, jnp.broadcast_to(x, (theta.shape[0], *x.shape[1:]))
            )
            losses = self._losses(outputs, jnp.broadcast_to(y, (theta.shape[0], *y.shape[1:])))
            right = outputs.argmax(axis=-1) == y if self.classes else jnp.zeros_like(losses)
            return sums[0] + (right * w).sum(axis=1), sums[1] + (losses * w).sum(axis=1)

        zero = jnp.zeros(theta.shape[0], jnp.float32)
        score, loss = lax.fori_loop(0, weights.shape[0] // _CHUNK, chunk, (zero, zero))
        return score, loss


def whole_chunks(inputs: Any, targets: Any) -> tuple[Any, Any, Any]:
    """Examples filled up to whole chunks, and 1 for each real one."""
    more = -len(inputs) % _CHUNK
    padded = [
        np.concatenate([each, np.zeros((more, *each.shape[1:]), each.dtype)])
        for each in (inputs, targets)
    ]
    weights = (np.arange(len(inputs) + more) < len(inputs)).astype(np.float32)
    return padded[0], padded[1], weights


def _course(t: Any, steps: Any) -> Any:
    """Rate at a step, as a share of the highest."""
    warm = jnp.maximum(1.0, WARM_UP * steps)
    late = jnp.pi * (t - warm) / jnp.maximum(1.0, steps - warm)
    return jnp.where(t < warm, (t + 1) / warm, 0.5 * (1 + jnp.cos(late))).astype(jnp.float32)
