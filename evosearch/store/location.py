"""Where a database is: reading of storage URLs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from evosearch.errors import StorageError

_EXPECTED = "expected sqlite:///path/to/file.db or postgresql://user@host/database"
_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True)
class Location:
    """A SQLite file (``path``) or a PostgreSQL database (``url``, for SQLAlchemy)."""

    url: str
    path: Path | None
    shown: str  # for messages; holds no password


def locate(url: str) -> Location:
    """Read a storage URL; raises StorageError for anything else."""
    for prefix in _SQLITE:
        if url.startswith(prefix):
            path = url.removeprefix(prefix)
            if not path or path == ":memory:" or "?" in path:
                raise StorageError(f"storage {url!r} names no file: {_EXPECTED}")
            return Location(url, Path(path), path)
    scheme, separator, rest = url.partition("://")
    if separator and scheme in _POSTGRES:
        parts = urlsplit(f"postgresql://{rest}")
        host = parts.netloc.rpartition("@")[2]
        return Location(f"postgresql+psycopg://{rest}", None, f"postgresql://{host}{parts.path}")
    raise StorageError(f"storage {url.partition(':')[0]!r} is not known: {_EXPECTED}")
