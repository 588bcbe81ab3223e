"""``evosearch doctor``: what this installation and machine can do, and what is wrong."""

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import typer

from evosearch.cli.console import emit, say, width
from evosearch.cli.options import AsJson
from evosearch.errors import EvosearchError

_PLUGIN_PACKAGES = ("evaluators", "search_spaces")
_JAX_SCRIPT = """
import json, os, warnings
warnings.simplefilter("ignore")
from evosearch import backend
import jax
print(json.dumps({
    "devices": [str(device) for device in jax.devices()],
    "backend": jax.default_backend(),
    "x64": bool(jax.config.jax_enable_x64),
    "flags": os.environ.get("XLA_FLAGS", ""),
    "sum": float(jax.jit(lambda x: x.sum())(jax.numpy.arange(4.0))),
    "cache": str(backend.cache_directory()),
    "one_native_loop": backend.one_native_loop(),
}))
"""
_SLOW_LOOPS = (
    "loops are not one native function, so that the interpreter is two to three times slower: "
    "leave xla_backend_extra_options out of XLA_FLAGS"
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``missing`` hurts nothing until it is asked for."""

    name: str
    status: Literal["ok", "missing", "warning", "problem"]
    detail: str


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look for whatever could keep a campaign from running well. Exit code 1 if there is any."""
    found = examine(context.obj.url)
    if as_json:
        emit([asdict(finding) for finding in found])
    else:
        for finding in found:
            lines = textwrap.wrap(finding.detail, max(40, width() - 26))
            say(f"{finding.status:<8} {finding.name:<15} " + f"\n{'':25}".join(lines))
    raise typer.Exit(int(any(finding.status == "problem" for finding in found)))


def examine(storage: str) -> list[Finding]:
    """Every finding, in order."""
    checks: list[Callable[[], list[Finding]]] = [
        python,
        packages,
        clashes,
        jax,
        compiler,
        sqlite,
        lambda: [database(storage)],
        extras,
    ]
    return [finding for check in checks for finding in check()]


def python() -> list[Finding]:
    """Interpreter and machine."""
    detail = f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} processors"
    return [Finding("python", "ok" if sys.version_info >= (3, 11) else "problem", detail)]


def packages() -> list[Finding]:
    """Versions of everything that evosearch needs."""
    found = [f"evosearch {_version('evosearch')}"]
    lacking: list[str] = []
    for name, extra in _requirements():
        version = _version(name)
        if extra is None:
            (found if version else lacking).append(f"{name} {version or ''}".strip())
    if lacking:
        return [Finding("packages", "problem", f"not installed: {', '.join(lacking)}")]
    return [Finding("packages", "ok", ", ".join(found))]


def clashes() -> list[Finding]:
    """Whether the plug-in packages are evosearch's own, not another distribution's."""
    owners = metadata.packages_distributions()
    home = Path(__file__).parents[2]
    findings = []
    for package in _PLUGIN_PACKAGES:
        others = sorted(set(owners.get(package, [])) - {"evosearch"})
        spec = importlib.util.find_spec(package)
        origin = Path(spec.origin).parent if spec and spec.origin else None
        if origin is None:
            findings.append(Finding(package, "problem", "cannot be imported"))
        elif others or origin.parent != home:
            owner = f" of {', '.join(others)}" if others else ""
            detail = f"{origin} is in the way{owner}: uninstall it, or use another environment"
            findings.append(Finding(package, "problem", detail))
        else:
            findings.append(Finding(package, "ok", str(origin)))
    return findings


def jax() -> list[Finding]:
    """JAX, tried in a process of its own, because a bad XLA option ends the process."""
    result = subprocess.run(
        [sys.executable, "-c", _JAX_SCRIPT], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        lines = (result.stderr or result.stdout).strip().splitlines() or ["it died"]
        return [Finding("jax", "problem", f"does not start: {lines[-1]}")]
    told = json.loads(result.stdout.splitlines()[-1])
    well = told["sum"] == 6.0 and told["x64"]
    devices = f"{told['backend']}: {', '.join(told['devices'])}, 64-bit {told['x64']}"
    honoured = told["one_native_loop"] or told["backend"] != "cpu"
    loops = "loops are one native function" if honoured else _SLOW_LOOPS
    return [
        Finding("jax", "ok" if well else "problem", devices),
        Finding("xla options", "ok" if honoured else "warning", f"{loops}: {told['flags']}"),
        _cache(Path(told["cache"])),
    ]


def _cache(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [file for file in folder.rglob("*") if file.is_file()]
    except OSError as error:
        return Finding("compile cache", "warning", f"{folder}: {error.strerror}")
    if not os.access(folder, os.W_OK):
        return Finding(
            "compile cache", "warning", f"{folder} cannot be written: every run compiles"
        )
    size = sum(file.stat().st_size for file in files) / 1e6
    return Finding("compile cache", "ok", f"{folder}, {len(files)} files, {size:.1f} MB")


def compiler() -> list[Finding]:
    """A C compiler, which checks C exports."""
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return [Finding("c compiler", "ok", path)]
    return [Finding("c compiler", "missing", "exports to C are written, but cannot be checked")]


def sqlite() -> list[Finding]:
    """SQLite, and whether it can lose commits when programs share a database."""
    from evosearch.store.sqlite import has_wal_reset_bug, sqlite_version

    if has_wal_reset_bug():
        detail = (
            f"{sqlite_version} has the WAL-reset bug: let evosearch alone write its databases "
            "(it takes turns), or use SQLite 3.51.3 or newer"
        )
        return [Finding("sqlite", "warning", detail)]
    return [Finding("sqlite", "ok", f"{sqlite_version}, without the WAL-reset bug")]


def database(url: str) -> Finding:
    """The database that commands mean."""
    from evosearch.store.location import locate
    from evosearch.store.store import Store

    try:
        location = locate(url)
        if location.path is not None and not location.path.exists():
            return Finding("database", "ok", f"{location.shown} is made by the first run")
        with Store.open(url) as store:
            return Finding("database", "ok", store.shown)
    except EvosearchError as error:
        return Finding("database", "problem", str(error))


def extras() -> list[Finding]:
    """Optional packages, by the extra that installs them."""
    wanted: dict[str, list[str]] = {}
    for name, extra in _requirements():
        if extra is not None and extra not in ("dev", "docs"):
            wanted.setdefault(extra, []).append(name)
    findings = []
    for extra, names in sorted(wanted.items()):
        lacking = [name for name in names if not _version(name)]
        if lacking:
            detail = f"{', '.join(lacking)}: pip install 'evosearch[{extra}]'"
            findings.append(Finding(f"extra {extra}", "missing", detail))
        else:
            detail = ", ".join(f"{name} {_version(name)}" for name in names)
            findings.append(Finding(f"extra {extra}", "ok", detail))
    return findings


def _requirements() -> list[tuple[str, str | None]]:
    """Required packages, each with its extra or None."""
    found = []
    for line in metadata.requires("evosearch") or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra *== *['\"]([^'\"]+)['\"]", line)
        if name:
            found.append((name[0], extra[1] if extra else None))
    return found


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
