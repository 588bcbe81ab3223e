"""Whether the process that drives a campaign still lives."""

import os
import socket
import time

our_tokens: set[str] = set()  # of the leases that this process holds


def is_gone(host: str, pid: int, token: str) -> bool:
    """Whether an owner is known to be dead: a process of this machine that no longer runs."""
    if host != socket.gethostname():
        return False
    if pid == os.getpid():
        return token not in our_tokens
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def lives(host: str | None, pid: int | None, token: str | None, until: float | None) -> bool:
    """Whether there is an owner that, as far as can be told from here, still works."""
    if host is None or pid is None or token is None or until is None:
        return False
    if host == socket.gethostname():
        return not is_gone(host, pid, token)
    return until > time.time()
