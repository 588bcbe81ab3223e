"""Target: the function to be approximated, exact to as many digits as it can be had.

By name (`named`), from a Python function (`from_file`) or from a table of points (`from_csv`).
"""

import csv
import difflib
import importlib.util
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from jaxtyping import Float64
from mpmath import mp, mpf

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evosearch.errors import ConfigError

__all__ = ["NAMES", "Interval", "Measure", "Target", "find", "from_csv", "from_file", "named"]

_WORKING_DIGITS = 40  # of `values` and `extended`
_FLOAT_DIGITS = 15
_FULL_DIGITS = 50
_FEWEST_ROWS = 8

Pair = tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]


@dataclass(frozen=True, eq=False)
class Target:
    """A real function of one variable.

    Attributes:
        name: As written in campaign files.
        formula: For people.
        function: mpf to mpf under the working precision; None when only ``points`` are known.
        digits: How many significant digits of ``function`` (or of the table) can be trusted.
        points: x and y of a table, ascending in x.
    """

    name: str
    formula: str
    function: Callable[[Any], Any] | None
    digits: int = _FULL_DIGITS
    points: Pair | None = None
    _known: dict[bytes, Pair] = field(default_factory=dict, repr=False)

    def exact(self, x: Any) -> Any:
        """Value at the mpf ``x``, to the working precision (call it inside ``mp.workdps``).

        Raises:
            ConfigError: Undefined or infinite there, or known at a table's points only.
        """
        if self.function is None:
            raise ConfigError(
                f"target {self.name} is known only at its points: high precision needs a "
                'function, by name or as "./file.py:function"'
            )
        try:
            y = self.function(x)
        except (ValueError, ArithmeticError) as error:
            raise self._undefined(x) from error
        if not isinstance(y, mpf):
            try:
                y = mpf(y)
            except TypeError as error:
                raise self._undefined(x) from error
        if not mpmath.isfinite(y):
            raise self._undefined(x)
        return y

    def values(self, x: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Correctly rounded values."""
        return self.extended(x)[0]

    def extended(self, x: Float64[np.ndarray, " n"]) -> Pair:
        """Values as unevaluated sums high + low of two float64 (about 32 digits)."""
        key = np.ascontiguousarray(x).tobytes()
        if key not in self._known:
            self._known[key] = self._from_table(x) if self.points else self._from_function(x)
        return self._known[key]

    def _from_function(self, x: Float64[np.ndarray, " n"]) -> Pair:
        with mp.workdps(_WORKING_DIGITS):
            exact = [self.exact(mpf(point)) for point in x.tolist()]
            high = np.array([float(y) for y in exact])
            low = np.array([float(y - mpf(h)) for y, h in zip(exact, high.tolist(), strict=True)])
        return high, low

    def _from_table(self, x: Float64[np.ndarray, " n"]) -> Pair:
        assert self.points is not None
        known_x, known_y = self.points
        at = np.minimum(np.searchsorted(known_x, x), len(known_x) - 1)
        if not np.array_equal(known_x[at], x):
            missing = float(x[known_x[at] != x][0])
            raise ConfigError(f"target {self.name} is a table without a row for x = {missing!r}")
        return known_y[at], np.zeros(len(x))

    def _undefined(self, x: Any) -> ConfigError:
        return ConfigError(
            f"target {self.name} has no finite real value at x = {mpmath.nstr(x, 8)}: choose an "
            'interval without that point (an open end such as "(0, 1]" leaves the end out)'
        )


def _bessel_half(x: Any) -> Any:
    """I_{1/2}(x) = sqrt(2 / (pi x)) sinh x (DLMF 10.39.1)."""
    return mp.sqrt(2 / (mp.pi * x)) * mp.sinh(x) if x else mpf(0)


_NAMED: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "exp2": ("2^x", lambda x: mp.power(2, x)),
    "exp": ("exp(x)", mp.exp),
    "expm1": ("exp(x) - 1", mp.expm1),
    "log2": ("log2(x)", lambda x: mp.log(x) / mp.ln2),
    "log": ("ln(x)", mp.log),
    "log10": ("log10(x)", mp.log10),
    "log1p": ("ln(1 + x)", mp.log1p),
    "log1p2": ("log2(1 + x)", lambda x: mp.log1p(x) / mp.ln2),
    "sin": ("sin(x)", mp.sin),
    "cos": ("cos(x)", mp.cos),
    "tan": ("tan(x)", mp.tan),
    "asin": ("asin(x)", mp.asin),
    "atan": ("atan(x)", mp.atan),
    "sinh": ("sinh(x)", mp.sinh),
    "cosh": ("cosh(x)", mp.cosh),
    "tanh": ("tanh(x)", mp.tanh),
    "sigmoid": ("1 / (1 + exp(-x))", lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": ("ln(1 + exp(x))", lambda x: mp.log1p(mp.exp(x))),
    "sqrt": ("sqrt(x)", mp.sqrt),
    "rsqrt": ("1 / sqrt(x)", lambda x: 1 / mp.sqrt(x)),
    "cbrt": ("cbrt(x)", lambda x: mp.sign(x) * mp.cbrt(abs(x))),
    "erf": ("erf(x)", mp.erf),
    "erfc": ("erfc(x)", mp.erfc),
    "normal_cdf": ("Phi(x), the standard normal distribution function", mp.ncdf),
    "gaussian": ("exp(-x^2)", lambda x: mp.exp(-x * x)),
    "gamma": ("Gamma(x)", mp.gamma),
    "rgamma1p": ("1 / Gamma(1 + x)", lambda x: mp.rgamma(1 + x)),
    "lambertw": ("W(x), the principal branch", mp.lambertw),
    "airy": ("Ai(x)", mp.airyai),
    "airy7": ("Ai(-7 x)", lambda x: mp.airyai(-7 * x)),
    "besseli_half": ("I_{1/2}(x)", _bessel_half),
}

NAMES = tuple(_NAMED)


def named(name: str) -> Target:
    """The built-in target of that name; raises ConfigError with the nearest name."""
    if name not in _NAMED:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"unknown target {name!r}: {hint}expected one of {', '.join(NAMES)}, "
            'a function "./file.py:function" or a table "./file.csv"'
        )
    formula, function = _NAMED[name]
    return Target(name, formula, function)


def find(text: str, base: Path) -> Target:
    """The target that a campaign file means: a name, "./file.py:function" or "./file.csv"."""
    if text.endswith(".csv"):
        return from_csv(base / text)
    return from_file(text, base) if ":" in text else named(text)


def from_file(text: str, base: Path) -> Target:
    """A Python function of one number, written ``"./file.py:function"`` relative to ``base``.

    Written with mpmath it is called under a working precision of 40 and more digits. Written with
    ``math`` or NumPy it is called with floats, and only 15 digits are trusted.

    Raises:
        ConfigError: No such file or function, or it fails when it is called.
    """
    file, _, name = text.rpartition(":")
    path = base / file
    if not path.is_file():
        raise ConfigError(f'target {text!r}: no file {path}; expected "./file.py:function"')
    spec = importlib.util.spec_from_file_location(f"evosearch_target_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"target {text!r}: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"target {text!r}: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigError(f"target {text!r}: {path} has no function {name!r}")
    if _takes_mpf(function):
        return Target(name, text, function)
    return Target(name, text, lambda x: mpf(float(function(float(x)))), _FLOAT_DIGITS)


def _takes_mpf(function: Callable[[Any], Any]) -> bool:
    """Whether the function keeps the digits of an mpf, as far as a few calls can tell."""
    for point in ("0.3", "0.7", "1.3", "-0.6", "2.9"):
        with mp.workdps(60):
            try:
                return _is_smooth(function, mpf(point))
            except TypeError:
                return False
            except (ValueError, ArithmeticError):
                continue  # outside its domain
    return False


def _is_smooth(function: Callable[[Any], Any], x: Any) -> bool:
    """Rounding to float64 inside the function makes its slope depend on the step."""
    far, near = mpf(10) ** -4, mpf(10) ** -25
    if not isinstance(function(x), mpf):
        return False
    slopes = [(function(x + h) - function(x - h)) / (2 * h) for h in (far, near)]
    return bool(abs(slopes[0] - slopes[1]) <= 1e-4 * (1 + abs(slopes[0])))


def from_csv(path: Path) -> Target:
    """A table with columns x and y (a header is optional; without one, the first two columns).

    Raises:
        ConfigError: No such file, or the file and line of the first thing wrong in it.
    """
    if not path.is_file():
        raise ConfigError(f"target table {path} does not exist")
    rows = list(_read(path))
    if len(rows) < _FEWEST_ROWS:
        raise ConfigError(f"{path}: expected at least {_FEWEST_ROWS} rows, found {len(rows)}")
    rows.sort()
    for (x, _, line), (next_x, _, next_line) in pairwise(rows):
        if x == next_x:
            raise ConfigError(f"{path}:{next_line}: x = {x!r} is already given in line {line}")
    table = np.array([row[:2] for row in rows])
    return Target(path.stem, path.name, None, _FLOAT_DIGITS, (table[:, 0], table[:, 1]))


def _read(path: Path) -> Iterator[tuple[float, float, int]]:
    """x, y and line number of each row."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        columns = (0, 1)
        for cells in reader:
            line = reader.line_num
            cells = [cell.strip() for cell in cells]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if line == 1 and not _is_number(cells[0]):
                columns = _header(cells, path)
                continue
            yield (*(_number(cells, column, path, line) for column in columns), line)  # type: ignore[misc]


def _header(cells: list[str], path: Path) -> tuple[int, int]:
    names = [cell.lower() for cell in cells]
    missing = [name for name in ("x", "y") if name not in names]
    if missing:
        raise ConfigError(
            f"{path}:1: no column {' and '.join(map(repr, missing))}: "
            f"expected columns x and y, found {', '.join(cells)}"
        )
    return names.index("x"), names.index("y")


def _number(cells: list[str], column: int, path: Path, line: int) -> float:
    if column >= len(cells):
        raise ConfigError(f"{path}:{line}: expected a number in column {column + 1}, found none")
    if not _is_number(cells[column]):
        raise ConfigError(f"{path}:{line}: expected a number, found {cells[column]!r}")
    value = float(cells[column])
    if not math.isfinite(value):
        raise ConfigError(f"{path}:{line}: expected a finite number, found {cells[column]!r}")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
