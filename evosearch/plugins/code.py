"""Hashes of source code, by which a changed plug-in or engine is noticed on resume."""

import sys
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any


def hash_of(target: Any) -> str:
    """Of the source and JSON files of the package that a class or function was defined in.

    A module outside of any package is hashed alone.
    """
    module = sys.modules[target.__module__]
    source = Path(module.__file__ or "")
    if not module.__package__:
        return hash_files(source.parent, [source])
    package = source.parent
    return hash_files(package, [*package.rglob("*.py"), *package.rglob("*.json")])


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """Of the names below ``root`` and the contents of files, in the order of names."""
    digest = blake2b(digest_size=16)
    for name, file in sorted((file.relative_to(root).as_posix(), file) for file in files):
        content = file.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
