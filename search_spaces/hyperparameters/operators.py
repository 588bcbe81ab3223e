"""Operators on vectors, all children at once: matrices of values in, a matrix of values out."""

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Bool, Float64

from evosearch.contracts import Operator
from evosearch.genomes.vector import VectorBatch
from search_spaces.hyperparameters.box import Box, Matrix, reflect
from search_spaces.hyperparameters.options import HyperparametersOptions

Change = Bool[np.ndarray, "batch genes"]


def operators(box: Box, options: HyperparametersOptions) -> dict[str, Operator]:
    """Every operator of the space by name."""
    rate = options.rate or 1.0 / len(box.genes)
    differ = partial(differential, scale=options.scale, crossover=options.crossover)
    return {
        "random": Operator(0, partial(_nothing, box)),
        "gaussian": _operator(1, box, partial(gaussian, sigma=options.sigma, rate=rate)),
        "reset": _operator(1, box, reset),
        "sbx": _operator(2, box, partial(sbx, eta=options.eta)),
        "blend": _operator(2, box, partial(blend, alpha=options.alpha)),
        "differential": _operator(3, box, differ),
    }


def _nothing(
    box: Box, rng: np.random.Generator, _parents: tuple[VectorBatch, ...], n: int
) -> VectorBatch:
    """Uniform in the unit box: uniform reals and choices, log-uniform logs."""
    return VectorBatch(box.genes, box.from_unit(rng.random((n, len(box.genes)))) + 0.0)


def _operator(arity: int, box: Box, vary: Callable[..., Matrix]) -> Operator:
    def apply(rng: np.random.Generator, parents: tuple[VectorBatch, ...], _n: int) -> VectorBatch:
        values = vary(box, rng, *(parent.values for parent in parents))
        return VectorBatch(box.genes, values + 0.0)  # -0.0 is stored as 0.0

    return Operator(arity, apply)


def gaussian(
    box: Box, rng: np.random.Generator, values: Matrix, *, sigma: float, rate: float
) -> Matrix:
    """Normal steps of reals, geometric ones of integers (Rudolph 1994), another choice."""
    shape = values.shape
    change = _at_least_one(rng.random(shape) < rate, rng)
    stepped = box.from_unit(reflect(box.to_unit(values) + sigma * rng.normal(size=shape)))
    mean = np.maximum(1.0, sigma * box.count)
    step = rng.geometric(1.0 / mean, size=shape) * rng.choice([-1.0, 1.0], size=shape)
    whole = _bounce(values - box.low + step, box.count) + box.low
    other = np.floor(rng.random(shape) * (box.count - 1))
    other += other >= values  # skips the present choice
    new = np.where(box.categorical, other, np.where(box.whole, whole, stepped))
    return np.where(change, new, values)


def reset(box: Box, rng: np.random.Generator, values: Matrix) -> Matrix:
    """One gene drawn anew."""
    change = _at_least_one(np.zeros(values.shape, bool), rng)
    return np.where(change, box.from_unit(rng.random(values.shape)), values)


def sbx(box: Box, rng: np.random.Generator, a: Matrix, b: Matrix, *, eta: float) -> Matrix:
    """Simulated binary crossover of half the genes (Deb and Agrawal 1995); choices are picked."""
    near_low, near_high = spread(box.to_unit(a), box.to_unit(b), rng.random(a.shape), eta)
    unit = np.where(rng.random((len(a), 1)) < 0.5, near_low, near_high)  # of two children, one
    crossed = (rng.random(a.shape) < 0.5) & (a != b) & ~box.categorical
    picked = np.where(box.categorical & (rng.random(a.shape) < 0.5), b, a)
    return np.where(crossed, box.from_unit(unit), picked)


def spread(x: Matrix, y: Matrix, u: Matrix, eta: float) -> tuple[Matrix, Matrix]:
    """Both children of bounded simulated binary crossover in the unit box, the lower one first.

    Deb and Agrawal 1995, with the spread factor limited by the border on each side.
    """
    low, high = np.minimum(x, y), np.maximum(x, y)
    gap = np.maximum(high - low, 1e-14)  # equal parents: the children are the parents
    children = []
    for sign, room in ((-1.0, low), (1.0, 1.0 - high)):
        alpha = 2.0 - (1.0 + 2.0 * room / gap) ** -(eta + 1.0)
        inner = (u * alpha) ** (1.0 / (eta + 1.0))
        outer = (1.0 / (2.0 - u * alpha)) ** (1.0 / (eta + 1.0))  # u < 1 and alpha <= 2
        beta = np.where(u <= 1.0 / alpha, inner, outer)
        children.append(np.clip(0.5 * (low + high + sign * beta * gap), 0.0, 1.0))
    return children[0], children[1]


def blend(box: Box, rng: np.random.Generator, a: Matrix, b: Matrix, *, alpha: float) -> Matrix:
    """BLX-alpha: uniform around both parents (Eshelman and Schaffer 1993), within the box."""
    x, y = box.to_unit(a), box.to_unit(b)
    reach = alpha * np.abs(x - y)
    low = np.maximum(np.minimum(x, y) - reach, 0.0)
    high = np.minimum(np.maximum(x, y) + reach, 1.0)
    blended = box.from_unit(low + (high - low) * rng.random(a.shape))
    picked = np.where(rng.random(a.shape) < 0.5, a, b)
    return np.where(box.categorical | (a == b), picked, blended)


def differential(
    box: Box,
    rng: np.random.Generator,
    base: Matrix,
    plus: Matrix,
    minus: Matrix,
    *,
    scale: float,
    crossover: float,
) -> Matrix:
    """DE/rand/1/bin (Storn and Price 1997): base + F (plus - minus); choices from any parent.

    The base is the target of the binomial crossover as well.
    """
    unit = box.to_unit(base) + scale * (box.to_unit(plus) - box.to_unit(minus))
    moved = np.where(plus == minus, base, box.from_unit(reflect(unit)))
    picked = np.choose(rng.integers(3, size=base.shape), [base, plus, minus])
    change = _at_least_one(rng.random(base.shape) < crossover, rng)
    return np.where(change, np.where(box.categorical, picked, moved), base)


def _at_least_one(change: Change, rng: np.random.Generator) -> Change:
    """The same with one gene of each row true for certain."""
    forced = rng.integers(change.shape[1], size=len(change))
    return np.asarray(change | (np.arange(change.shape[1]) == forced[:, None]))


def _bounce(place: Matrix, count: Float64[np.ndarray, " genes"]) -> Matrix:
    """Whole places thrown back from 0 and count - 1."""
    last = np.maximum(count - 1, 1.0)
    return np.asarray(last - np.abs(last - np.mod(place, 2 * last)))
