"""Cores: how many this process may use, and how many each of its threads."""

import os
import threading

_local = threading.local()


def available() -> int:
    """Cores of this process: $EVOSEARCH_CORES, else those of its affinity mask."""
    wanted = os.environ.get("EVOSEARCH_CORES", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(threads: int) -> None:
    """Let the calling thread use its part of the cores, one of so many threads side by side."""
    _local.cores = max(1, available() // threads)


def allowed() -> int:
    """Cores that the calling thread may use."""
    return int(getattr(_local, "cores", 0)) or available()
