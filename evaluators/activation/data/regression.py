"""A regression whose held-out inputs lie outside of the range of the training inputs.

Six functions of four numbers, of the kinds in "Mining Generalizable Activation Functions"
(A. Vitvitskyi et al., arXiv 2602.05688): polynomials, harmonics and formulas of physics. Training
inputs are uniform in [-1, 1]^4; those for selection and test have at least one coordinate of
absolute value 1 to 1.5 and the others below 1.5, so no held-out example lies among the training
inputs. Score: minus the natural logarithm of the mean squared error (of all outputs, each in
deviations of its training targets).
"""

import numpy as np
from jaxtyping import Float32, Float64

from evaluators.activation.data.data import Data
from evosearch.seeding import stream

INPUTS = 4
SIZES = (4_000, 5_000, 10_000)
_INSIDE = 1.0
_OUTSIDE = 1.5
_PLACE = 0x5E  # of the streams that the inputs are drawn from

Points = Float64[np.ndarray, "n 4"]
Values = Float64[np.ndarray, "n 6"]


def regression(seed: int) -> Data:
    """4,000 examples to train on, 5,000 to select by and 10,000 sealed ones, without noise."""
    rngs = [stream(seed, "prepare", island=_PLACE, generation=part) for part in range(3)]
    points = [
        rngs[0].uniform(-_INSIDE, _INSIDE, (SIZES[0], INPUTS)),
        *(_outside(rng, n) for rng, n in zip(rngs[1:], SIZES[1:], strict=True)),
    ]
    values = [targets(each) for each in points]
    mean, deviation = values[0].mean(axis=0), values[0].std(axis=0)
    # Uniform numbers in [-1, 1] have the deviation 1 / sqrt(3).
    inputs = [_float32(each * np.sqrt(3.0)) for each in points]
    outputs = [_float32((each - mean) / deviation) for each in values]
    train, selection, test = zip(inputs, outputs, strict=True)
    return Data("regression", *train, *selection, *test, classes=0)


def targets(points: Points) -> Values:
    """The six functions."""
    a, b, c, d = points.T
    columns = [
        a * b - c * d + a**2 * c,  # a cubic
        (a + b) ** 2 - c * (c**2 - d),  # another one
        np.sin(np.pi * a) * np.cos(np.pi * b / 2) + c,  # a plane harmonic
        (3 * d**2 - 1) * (a - b) / 2,  # a spherical one times a slope
        np.exp(-(a**2 + b**2)) * c + d,  # a Gaussian well
        a * b / (1.0 + (c - d) ** 2),  # an attraction that falls with the distance squared
    ]
    return np.stack(columns, axis=1)


def _outside(rng: np.random.Generator, n: int) -> Points:
    """Uniform in [-1.5, 1.5]^4 without [-1, 1]^4."""
    found = np.zeros((0, INPUTS))
    while len(found) < n:
        drawn = rng.uniform(-_OUTSIDE, _OUTSIDE, (n, INPUTS))
        found = np.concatenate([found, drawn[(np.abs(drawn) > _INSIDE).any(axis=1)]])
    return found[:n]


def _float32(values: Float64[np.ndarray, "n columns"]) -> Float32[np.ndarray, "n columns"]:
    return values.astype(np.float32)
