"""What a result was measured on: processor, libraries, and the XLA options that took effect."""

import os
import platform
import resource
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evosearch import backend, cores

LIBRARIES = ("jax", "jaxlib", "numpy", "deap", "gplearn", "pyoperon")


def machine() -> dict[str, Any]:
    """Facts that a reader needs to compare figures with those of another machine."""
    with suppress(ImportError):
        import pyoperon

        build = " ".join(str(pyoperon.Version()).split())
    return {
        "processor": processor(),
        "cores": cores.available(),
        "caches": _caches(),
        "avx512": backend._has_avx512(),
        "one_native_loop": backend.one_native_loop(),
        "load": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in LIBRARIES},
        "pyoperon_build": locals().get("build"),
    }


def peak_memory() -> float:
    """Most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def _caches() -> dict[str, str]:
    """Sizes for one core, L1d, L2 and L3, as far as the kernel tells."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        with suppress(OSError):
            level, kind = ((folder / name).read_text().strip() for name in ("level", "type"))
            if kind != "Instruction":
                name = f"L{level}d" if kind == "Data" else f"L{level}"
                found[name] = (folder / "size").read_text().strip()
    return found
