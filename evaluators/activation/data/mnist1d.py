"""MNIST-1D: signals of 40 points, each a bent, moved and noisy copy of one of ten templates.

The data set, its ten templates and the order and strength of the changes are those of S. Greydanus
and D. Kobak, "Scaling down deep learning with MNIST-1D" (arXiv 2011.14439; Apache-2.0, 2020).
What makes them here is written anew, over all signals at once, and draws from a generator of its
own: the distribution is that of the original, the signals are others.
"""

import numpy as np
from jaxtyping import Float64, Int32, Int64
from scipy.ndimage import gaussian_filter1d

from evaluators.activation.data.data import Data
from evosearch.seeding import stream

LENGTH = 40
CLASSES = 10
SIZES = {"train": 4_000, "selection": 5_000, "test": 10_000}

# Heights of the ten digits, drawn as lines from bottom to top.
_TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
_PADDING = (36, 60)  # zeros behind a template, both included
_CANVAS = _TEMPLATES.shape[1] + _PADDING[1]  # points while a signal is changed
_STRETCH = 0.4  # width of the factor around 1
_SHIFT = 48  # points to the right, excluded
_CORRELATED = 0.25  # deviation of the noise before it is smoothed, where there is no signal
_SMOOTHING = 2.0  # deviation in points
_INDEPENDENT = 0.02  # deviation of the noise everywhere
_SHEAR = 0.75  # width of the slope around 0
_MARK = 1e-8  # tells zeros of a template from those around it
_PLACE = 0x1D  # of the streams that the signals are drawn from

Signals = Float64[np.ndarray, "n 40"]


def mnist1d(seed: int) -> Data:
    """4,000 signals to train on, 5,000 to select by and 10,000 sealed ones; as many of each digit.

    All are centred and scaled by the mean and the deviation of the training signals.
    """
    drawn = [
        signals(stream(seed, "prepare", island=_PLACE, generation=part), size // CLASSES)
        for part, size in enumerate(SIZES.values())
    ]
    mean, deviation = drawn[0][0].mean(), drawn[0][0].std()
    scaled = [((inputs - mean) / deviation).astype(np.float32) for inputs, _ in drawn]
    train, selection, test = zip(scaled, (targets for _, targets in drawn), strict=True)
    return Data("mnist1d", *train, *selection, *test, classes=CLASSES)


def signals(rng: np.random.Generator, each: int) -> tuple[Signals, Int32[np.ndarray, " n"]]:
    """``each`` signals of every digit in random order, neither centred nor scaled."""
    targets = rng.permutation(np.repeat(np.arange(CLASSES, dtype=np.int32), each))
    n = len(targets)
    padding = rng.integers(_PADDING[0], _PADDING[1] + 1, n)
    drawn = _dilated(_templates()[targets], padding)
    drawn *= 1 + _STRETCH * (rng.random((n, 1)) - 0.5)
    drawn = _shifted(drawn, rng.integers(0, _SHIFT, n))
    noise = gaussian_filter1d(_CORRELATED * rng.standard_normal((n, _CANVAS)), _SMOOTHING, axis=1)
    drawn = np.where(drawn != 0, drawn, noise)
    drawn += _INDEPENDENT * rng.standard_normal((n, _CANVAS))
    slopes = _SHEAR * (rng.random((n, 1)) - 0.5)
    drawn -= slopes * np.linspace(-0.5, 0.5, _CANVAS)
    ends = np.full(n, _CANVAS - 1)
    return _resampled(drawn, ends, LENGTH), targets


def _templates() -> Float64[np.ndarray, "10 12"]:
    """Of deviation 1/6, from 0 at the beginning to 0 at the end."""
    centred = _TEMPLATES - _TEMPLATES.mean(axis=1, keepdims=True)
    scaled = centred / centred.std(axis=1, keepdims=True)
    moved: Float64[np.ndarray, "10 12"] = (scaled - scaled[:, :1]) / 6
    return moved


def _dilated(
    templates: Float64[np.ndarray, "n 12"], padding: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, "n canvas"]:
    """Templates with so many zeros behind them, all stretched to one length."""
    n, length = templates.shape
    padded = np.zeros((n, _CANVAS))
    padded[:, :length] = templates + _MARK
    return _resampled(padded, length + padding - 1, _CANVAS)


def _resampled(
    lines: Float64[np.ndarray, "n before"], ends: Int64[np.ndarray, " n"], points: int
) -> Float64[np.ndarray, "n after"]:
    """Each line from its first place to its end, at ``points`` even places, joined linearly."""
    at = np.linspace(0, 1, points) * ends[:, None]
    left = np.minimum(at.astype(np.int64), ends[:, None] - 1)
    share = at - left
    low = np.take_along_axis(lines, left, axis=1)
    high = np.take_along_axis(lines, left + 1, axis=1)
    return np.asarray(low + share * (high - low))


def _shifted(
    lines: Float64[np.ndarray, "n points"], by: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, "n points"]:
    """Each line moved to the right, what leaves it coming back on the left."""
    places = (np.arange(lines.shape[1]) - by[:, None]) % lines.shape[1]
    return np.take_along_axis(lines, places, axis=1)
