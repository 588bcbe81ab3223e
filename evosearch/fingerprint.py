"""Fingerprint: what a campaign's results depend on besides its seed, compared on resume.

Limits, the number of workers and other things that cannot change the course are left out.
"""

import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from evosearch.genomes.primitives import CORE
from evosearch.plugins.code import hash_files

_PACKAGES = ("evosearch", "numpy", "jax", "jaxlib")
# parts of the engine that cannot change the course of a campaign
_BYSTANDERS = {
    "budget.py",
    "cli",
    "config.py",
    "dashboard",
    "errors.py",
    "export",
    "lineage.py",
    "report",
    "store",
    "testing.py",
}
_VARIABLES = ("JAX_PLATFORMS", "JAX_DEFAULT_MATMUL_PRECISION", "JAX_DISABLE_JIT")
_VECTOR_UNITS = ("avx2", "avx512f", "fma", "asimd", "sve")
# evosearch.backend derives these from the machine, which is recorded itself
_DERIVED_FLAGS = ("--xla_backend_extra_options", "--xla_cpu_prefer_vector_width")


def fingerprint(
    config: Mapping[str, Any], code: Mapping[str, str], genome_type: str
) -> dict[str, Any]:
    """Everything that must not change between two runs of a campaign.

    Args:
        config: The part of the configuration that decides the course.
        code: Hash of the code of each plug-in, by what it is.
        genome_type: ``module:Class`` of the genomes; its byte form is versioned by the engine.
    """
    return {
        "config": dict(config),
        "code": {"engine": _engine(), **code},
        "genome": genome_type,
        "primitives": {primitive.name: primitive.code for primitive in CORE.members},
        "versions": {name: _version(name) for name in _PACKAGES},
        "machine": _machine(),
        "environment": _environment(),
    }


def difference(stored: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """One line for each thing that differs: ``algorithm.population: 100 -> 200``."""
    before, after = _flat(stored), _flat(now)
    return [
        f"{key.removeprefix('config.')}: {before.get(key, '(none)')} -> {after.get(key, '(none)')}"
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= (
            _flat(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {prefix + key: item}
        )
    return flat


def _engine() -> str:
    root = Path(__file__).parent
    files = [
        file for file in root.rglob("*.py") if file.relative_to(root).parts[0] not in _BYSTANDERS
    ]
    return hash_files(root, files)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _machine() -> str:
    """Architecture and vector units: compiled floating-point code differs between these."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    words = set(text.split())
    return " ".join([platform.machine(), *(unit for unit in _VECTOR_UNITS if unit in words)])


def _environment() -> dict[str, str]:
    settings = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    flags = [
        flag
        for flag in os.environ.get("XLA_FLAGS", "").split()
        if not flag.startswith(_DERIVED_FLAGS)
    ]
    return {**settings, "XLA_FLAGS": " ".join(flags)}
