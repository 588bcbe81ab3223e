"""The processor's name, with the numbers that tell its generation where a name does not."""

from contextlib import suppress
from pathlib import Path

from benchmarks.throughput.machine import processor as name


def processor() -> str:
    """For example ``AMD EPYC, family 26, model 2``."""
    facts = {}
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    known = [
        f"{key.removeprefix('cpu ')} {facts[key]}"
        for key in ("cpu family", "model")
        if key in facts
    ]
    return ", ".join([name(), *known])
