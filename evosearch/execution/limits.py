"""Limits: what a worker process may do and see, and how much memory it holds."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_NAMES = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "VIRTUAL_ENV", "LD_LIBRARY_PATH"}
_PREFIXES = ("LC_", "JAX_", "XLA_", "CUDA_", "NVIDIA_", "OMP_", "PYTHON", "EVOSEARCH_")
_SECRET = {"EVOSEARCH_STORAGE", "EVOSEARCH_TEST_POSTGRES", "EVOSEARCH_FAILPOINT"}


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of ``variables`` that a worker process gets: none that may hold a password."""
    return {
        name: value
        for name, value in variables.items()
        if (name in _NAMES or name.startswith(_PREFIXES)) and name not in _SECRET
    }


def become_worker(driver: int) -> None:
    """In a worker process: end with the driver, leave no core dump, and ignore its Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != driver:
        sys.exit("the driver is gone")


def resident_mib(pid: int) -> float:
    """Memory that a process holds, 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20
