"""Files: an export appears under its name only when it is whole and was checked."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from evosearch.errors import ExportError
from evosearch.export import strict
from evosearch.export.check import CheckResult, check
from evosearch.export.document import ProgramDocument
from evosearch.export.exporter import Exporter
from evosearch.export.table import TableDocument, TableExporter
from evosearch.export.vector import vector_json

_MAX_NAME = 64


def default_path(root: Path, campaign: str, identity: int, suffix: str) -> Path:
    """``<root>/<campaign>/<campaign>-<id>.<suffix>``, whatever the campaign is called.

    Raises:
        ExportError: A link leads out of ``root``.
    """
    name = re.sub(r"[^A-Za-z0-9._-]", "_", campaign)[:_MAX_NAME].lstrip(".") or "campaign"
    path = root / name / f"{name}-{identity}.{suffix}"
    if not path.resolve().is_relative_to(root.resolve()):
        raise ExportError(f"{path} is a link that leads out of {root}: name a file with --output")
    return path


def export(document: ProgramDocument, exporter: Exporter, path: Path) -> CheckResult:
    """Write a program, re-run what was written, and only then give it its name.

    A check that needs something that is not installed is skipped, and says so.

    Raises:
        ExportError: The file cannot be written, or its check failed; ``path`` is as it was before.
    """
    binary = getattr(exporter, "write_bytes", None)
    text = exporter.write(document) if binary is None else binary(document)
    return publish(text, path, lambda temporary: check(temporary, exporter, document))


def export_vector(
    genes: Mapping[str, float | int | str], metadata: Mapping[str, Any], path: Path
) -> CheckResult:
    """Write one individual of named genes as JSON, read it back, and give it its name."""
    text = vector_json(genes, metadata)

    def check_vector(temporary: Path) -> CheckResult:
        again = strict.load(temporary.read_text(encoding="utf-8"))
        if again["genes"] != genes or again["metadata"] != metadata:
            return CheckResult("failed", message="the genes read back differently")
        return CheckResult("ok", message="read back equal")

    return publish(text, path, check_vector)


def export_table(document: TableDocument, exporter: TableExporter, path: Path) -> CheckResult:
    """Write a table, read what was written, give it its name, and write what goes with it.

    Raises:
        ExportError: A file cannot be written, or the check failed; ``path`` is as it was before.
    """
    text = exporter.write(document)
    beside = exporter.companions(path, document, text)
    result = publish(text, path, lambda temporary: exporter.check(temporary, document))
    for companion, content in beside.items():
        publish(content, companion, lambda _: CheckResult("ok"))
    return result


def publish(
    text: str | bytes, path: Path, check_file: Callable[[Path], CheckResult]
) -> CheckResult:
    """Write to a temporary file beside ``path``, check that, rename it.

    Raises:
        ExportError: The file cannot be written, or its check failed; ``path`` is as it was before.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_new(temporary, text)
            result = check_file(temporary)
            if result.status == "failed":
                raise ExportError(f"{path.name} was not written: {result.message}")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror}") from error
    return result


def _write_new(path: Path, text: str | bytes) -> None:
    """Create a file with this text in UTF-8, or these bytes, on the disk.

    Never follow a link, never overwrite.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return  # a folder cannot be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
