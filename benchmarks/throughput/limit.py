"""The bare-metal limit: what a compiled loop from memory to memory takes for each function.

`limit.c` is compiled here and now, for this processor; the limit of a workload is one over the
sum of each function's share times its seconds per element. An interpreter that kept values in
processor registers from one operation to the next could pass it.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("limit.c")
FLAGS = ("-std=gnu11", "-O3", "-march=native", "-ffast-math")
VARIANTS = ((), ("-mprefer-vector-width=512",), ("-funroll-loops",))  # the fastest counts
C_TYPE = {"float32": "float", "float64": "double"}


@dataclass(frozen=True)
class Speed:
    """The best that was found for one function."""

    way: str  # plain, library or own
    nanoseconds: float  # per element
    error: float


@dataclass(frozen=True)
class Limit:
    """All functions of both types, or the reason why there is none."""

    speeds: dict[tuple[str, str], Speed]
    compiler: str
    reason: str | None = None

    def gpops(self, dtype: str, shares: dict[str, float]) -> float | None:
        """Node evaluations a second, in 1e9, of a workload with these shares of functions."""
        if self.reason is not None:
            return None
        kind = C_TYPE[dtype]
        return 1 / sum(part * self.speeds[kind, name].nanoseconds for name, part in shares.items())

    def document(self) -> dict[str, Any]:
        """For JSON: G elements a second of each function, and how."""
        functions: dict[str, Any] = {}
        for (kind, name), speed in self.speeds.items():
            functions.setdefault(kind, {})[name] = {
                "g_elements": 1 / speed.nanoseconds,
                "way": speed.way,
                "error": speed.error,
            }
        return {"compiler": self.compiler, "reason": self.reason, "functions": functions}


@lru_cache
def limit() -> Limit:
    """Measured once in a process."""
    compiler = _compiler()
    if compiler is None:
        return Limit({}, "", "no C compiler: none of $CC, gcc, cc, clang was found")
    speeds: dict[tuple[str, str], Speed] = {}
    problem = "nothing was measured"
    with tempfile.TemporaryDirectory() as folder:
        for number, variant in enumerate(VARIANTS):
            try:
                text = _run(compiler, variant, Path(folder) / f"limit{number}")
            except (OSError, subprocess.SubprocessError) as error:
                problem = str(getattr(error, "stderr", "") or error).strip()
                continue
            _keep_the_best(speeds, text)
    named = _first_line(compiler)
    return Limit(speeds, named, None if speeds else f"{named}: {problem}")


def _compiler() -> str | None:
    names = (os.environ.get("CC", ""), "gcc", "cc", "clang")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def _run(compiler: str, variant: tuple[str, ...], program: Path) -> str:
    command = [compiler, *FLAGS, *variant, str(SOURCE), "-o", str(program)]
    try:
        _output([*command, "-lmvec", "-lm"])
    except subprocess.CalledProcessError:  # no vector library of mathematical functions
        _output([*command, "-lm"])
    return _output([str(program)])


def _output(command: list[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def _first_line(compiler: str) -> str:
    return _output([compiler, "--version"]).partition("\n")[0]


def _keep_the_best(speeds: dict[tuple[str, str], Speed], text: str) -> None:
    for line in text.splitlines():
        kind, name, way, nanoseconds, error = line.split()
        found = Speed(way, float(nanoseconds), float(error))
        known = speeds.get((kind, name))
        if known is None or found.nanoseconds < known.nanoseconds:
            speeds[kind, name] = found
