"""Places at which a test can kill the process: ``EVOSEARCH_FAILPOINT=name:n``."""

import os
import signal

_passed: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Kill this process with SIGKILL if this is the n-th passing of the wanted place."""
    wanted, _, count = os.environ.get("EVOSEARCH_FAILPOINT", "").partition(":")
    if wanted != name:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
