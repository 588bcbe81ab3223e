"""dpmm 0.1.9: AIM and MST as others run them, in an environment of their own.

They need NumPy 1.26 and pandas 2. Read in its source: neighbours are add-remove (L2 sensitivity
1 of a marginal); (epsilon, delta) becomes rho by the same exact conversion as ours, and all of rho
is spent by the mechanism once the preprocessing is off. AIM: 0.9 of each round's share measures,
0.1 chooses; single columns are measured first with a round's noise. MST: a third each for single
columns, for choosing the tree and for its pairs. Rare codes are merged by the noisy single columns
alone (`compress`, dpmm's default). Structural zeros can be told for codes of single columns only,
not for pairs, and the constraints of our tables are all on pairs: ours without constraints is what
stands on equal terms.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.private_data.lines import ROOT
from benchmarks.private_data.sources import Codes

PACKAGE = "dpmm==0.1.9"
ENVIRONMENT = ROOT / ".venv-dpmm"
_PROBE = ("-I", "-c", "import dpmm.pipelines")
WORKER = Path(__file__).with_name("dpmm_worker.py")


class PeerError(Exception):
    """A peer cannot be run here, or failed."""


@dataclass(frozen=True)
class Method:
    """A mechanism of dpmm with its settings.

    Attributes:
        name: ``aim`` or ``mst``.
        max_model_size: Of the graphical model, in MB.
        options: More of its arguments.
    """

    name: str
    max_model_size: float | None = None
    options: dict[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """For tables."""
        if self.name == "mst":
            return "MST, its defaults"
        return (
            f"AIM, {self.options['rounds']} rounds, {self.options['n_iters']} iterations, "
            f"{self.max_model_size:g} MB"
        )


def methods(columns: int, settings: Sequence[str]) -> list[Method]:
    """MST, and AIM by the names of its settings.

    ``reduced`` has 2 rounds a column; ``larger`` 4, 1,000 iterations and 16 MB; ``default`` is
    what AIM's authors compare with: 16 rounds a column, 1,000 iterations and 80 MB.
    """
    iterations = 300 if columns <= 10 else 200
    every = {
        "mst": Method("mst"),
        "reduced": Method("aim", 2, {"rounds": 2 * columns, "n_iters": iterations}),
        "larger": Method("aim", 16, {"rounds": 4 * columns, "n_iters": 1000}),
        "default": Method("aim", 80, {"rounds": 16 * columns, "n_iters": 1000}),
    }
    return [every[name] for name in settings]


SETTINGS = ("mst", "reduced", "larger", "default")


def interpreter(given: Path | None) -> Path:
    """The Python that has dpmm: ``given``, or that of an environment which is made if need be.

    Raises:
        PeerError: It cannot be made, or has no dpmm.
    """
    python = given or ENVIRONMENT / "bin" / "python"
    try:
        _checked([str(python), *_PROBE])
    except (OSError, PeerError) as error:
        if given is not None:
            raise PeerError(str(error)) from error
        print(f"making {ENVIRONMENT.name} with {PACKAGE}", file=sys.stderr, flush=True)
        venv.create(ENVIRONMENT, with_pip=True)
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _checked([str(python), *pip, PACKAGE])
        _checked([str(python), *_PROBE])
    return python


def synthesise(
    python: Path,
    method: Method,
    codes: Codes,
    sizes: Sequence[int],
    epsilon: float,
    delta: float,
    limit: float,
) -> tuple[Codes, dict[str, float]] | None:
    """A table of as many rows, and what it took; None where it did not end within ``limit`` s.

    Raises:
        PeerError: It failed.
    """
    setting = {
        "method": method.name,
        "max_model_size": method.max_model_size,
        "options": method.options,
        "sizes": [int(size) for size in sizes],
        "epsilon": epsilon,
        "delta": delta,
        "rows": len(codes),
    }
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "codes.npy", Path(folder) / "table.npy"
        np.save(given, codes)
        command = [str(python), "-I", str(WORKER), str(given), str(made)]  # this folder has a dpmm
        try:
            output = _checked(command, json.dumps(setting), limit)
        except subprocess.TimeoutExpired:
            return None
        spent: dict[str, float] = json.loads(output.splitlines()[-1])
        return np.load(made, allow_pickle=False), spent


def _checked(command: Sequence[str], text: str = "", limit: float | None = None) -> str:
    """Output of a command; it and what it started end with the limit."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            output, complaint = process.communicate(text, limit)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        last = (complaint.strip().splitlines() or ["no message"])[-1]
        raise PeerError(
            f"{command[0]}: {last}; expected a Python 3.10 or 3.11 with {PACKAGE}: "
            "pass it as --dpmm-python"
        )
    return output
