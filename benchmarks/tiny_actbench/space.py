"""All 5,103 functions binary(unary(x), unary(x)), and which of them behave alike.

The lists are those of AQuaSurF (G. Bingham and R. Miikkulainen, "Efficient Activation Function
Optimization through Surrogate Modeling", arXiv 2301.05785): 27 unary and 7 binary functions.
A function's number is (27 binary + first unary) 27 + second unary, by the places in these lists.

Two functions behave alike where one is the other or its negative: f and -f train to networks of
the same distribution. Multiples and functions with another offset do not train alike (scale and
offset change what an initialisation and a rate mean), so they are not put together.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.special import ndtri

from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch

# fmt: off
UNARY = (
    "0", "1", "x", "neg", "abs", "recip", "square", "exp", "erf", "erfc", "sinh", "cosh", "tanh",
    "expm1", "sigmoid", "logsigmoid", "asinh", "atan", "i0e", "i1e", "relu", "elu", "selu",
    "swish", "softplus", "softsign", "hardsigmoid",
)
# fmt: on
BINARY = ("add", "sub", "mul", "div", "pow", "max", "min")
SHAPE = (len(BINARY), len(UNARY), len(UNARY))
SIZE = int(np.prod(SHAPE))

REACH = 8.0  # functions are judged on [-REACH, REACH]
LARGEST = 50.0  # of values and slopes
_GRID = 1_025
_POINTS = 256
_QUANTILES = 64
_DECIMALS = 7


@dataclass(frozen=True, eq=False)
class Space:
    """The functions as programs, and their behaviours.

    Attributes:
        programs: Canonical ones, by number.
    """

    programs: ProgramBatch

    @classmethod
    @cache
    def whole(cls) -> "Space":
        """All 5,103, made once."""
        return cls(canonical(_programs(np.arange(SIZE))))

    @cached_property
    def accepted(self) -> Bool[np.ndarray, " functions"]:
        """Finite, not constant, values and slopes within 50: what is worth training."""
        values = self._values(np.linspace(-REACH, REACH, _GRID))
        with np.errstate(all="ignore"):
            slopes = np.diff(values, axis=1) * ((_GRID - 1) / (2 * REACH))
            sound = np.isfinite(values).all(axis=1) & (np.ptp(values, axis=1) > 1e-6)
            small = (np.abs(values) <= LARGEST).all(axis=1)
            flat = (np.abs(slopes) <= LARGEST).all(axis=1)
        return np.asarray(sound & small & flat)

    @cached_property
    def behaviours(self) -> Int64[np.ndarray, " functions"]:
        """Number of each function's behaviour in order of first appearance; -1: not accepted."""
        rows = np.flatnonzero(self.accepted)
        signed = oriented(self._values(np.linspace(-REACH, REACH, _POINTS), rows))
        rounded = np.round(signed, _DECIMALS) + 0.0  # no negative zeros
        _, first, inverse = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
        place = np.empty(len(first), np.int64)
        place[np.argsort(first)] = np.arange(len(first))
        found = np.full(len(self.programs), -1, np.int64)
        found[rows] = place[inverse.ravel()]
        return found

    @cached_property
    def representatives(self) -> Int64[np.ndarray, " behaviours"]:
        """For each behaviour the function of the fewest operations, the first of several."""
        sizes = self.programs.sizes()
        order = np.lexsort([np.arange(len(sizes)), sizes])
        order = order[self.behaviours[order] >= 0]
        _, first = np.unique(self.behaviours[order], return_index=True)
        return np.asarray(order[first])

    @cached_property
    def features(self) -> Float64[np.ndarray, "behaviours points"]:
        """Values of each behaviour where a normal variable has its quantiles, within [-5, 5]."""
        at = ndtri((np.arange(_QUANTILES) + 0.5) / _QUANTILES)
        return np.clip(oriented(self._values(at, self.representatives)), -5.0, 5.0)

    def _values(
        self,
        points: Float64[np.ndarray, " points"],
        rows: Int64[np.ndarray, " rows"] | None = None,
    ) -> Float64[np.ndarray, "rows points"]:
        programs = self.programs if rows is None else self.programs.take(rows)
        return evaluate(programs, points[None])


def oriented(
    values: Float64[np.ndarray, "functions points"],
) -> Float64[np.ndarray, "functions points"]:
    """Each function or its negative: positive where it first differs from zero."""
    first = np.argmax(np.abs(values) > 1e-5, axis=1)
    signs = np.where(values[np.arange(len(values)), first] < 0, -1.0, 1.0)
    return np.asarray(values * signs[:, None])


def genes(numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "n 3"]:
    """Places of the binary and the two unary functions."""
    return np.stack(np.unravel_index(numbers, SHAPE), axis=1)


def numbers(places: Int64[np.ndarray, "n 3"]) -> Int64[np.ndarray, " n"]:
    """The inverse of `genes`."""
    return np.asarray(np.ravel_multi_index(tuple(places.T), SHAPE))


def text(number: int) -> str:
    """As ``mul(x, sigmoid(x))``."""
    binary, *unary = genes(np.array([number]))[0].tolist()
    first, second = (_of_x(UNARY[place]) for place in unary)
    return f"{BINARY[binary]}({first}, {second})"


def _of_x(name: str) -> str:
    return name if name in ("0", "1", "x") else f"{name}(x)"


def _programs(wanted: Int64[np.ndarray, " n"]) -> ProgramBatch:
    """Programs of one to three instructions; two constants each, 0 and 1, used or not."""
    n = len(wanted)
    ops, args = np.zeros((n, 3), np.uint8), np.zeros((n, 3, 3), np.int16)
    lengths = np.zeros(n, np.int32)
    for row, (binary, *unary) in enumerate(genes(wanted).tolist()):
        operands = []
        for place in unary:
            name = UNARY[place]
            if name in BY_NAME:
                ops[row, lengths[row]] = BY_NAME[name].code
                args[row, lengths[row], 0] = FIRST_INPUT
                operands.append(int(lengths[row]))
                lengths[row] += 1
            else:
                operands.append(
                    {"x": FIRST_INPUT, "0": FIRST_CONSTANT, "1": FIRST_CONSTANT - 1}[name]
                )
        ops[row, lengths[row]] = BY_NAME[BINARY[binary]].code
        args[row, lengths[row], :2] = operands
        lengths[row] += 1
    return ProgramBatch(
        ops=ops,
        args=args,
        lengths=lengths,
        constants=np.tile([0.0, 1.0], (n, 1)),
        n_constants=np.full(n, 2, np.int32),
        outputs=(lengths - 1).astype(np.int16),
        n_inputs=1,
    )
