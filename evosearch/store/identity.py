"""Whose database it is, and of which schema."""

from __future__ import annotations

from evosearch.errors import StorageError

APPLICATION_ID = 0x45764F53  # "EvOS", in the header of our SQLite files
REVISIONS = (
    "0001",
    "0002",
    "0003",
)  # of the schema, oldest first; the files are in migrations/versions
TABLES_SQL = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')"


def check_revision(revision: str | None, shown: str, *, writing: bool) -> None:
    """Raise StorageError unless a database of this schema revision may be opened.

    Writing may open an empty (None) or older one, which is then brought up to date.
    """
    if revision is not None and revision not in REVISIONS:
        raise StorageError(
            f"{shown} was written by a newer evosearch (schema {revision}, this one knows up to "
            f"{REVISIONS[-1]}): upgrade evosearch to open it"
        )
    if writing or revision == REVISIONS[-1]:
        return
    if revision is None:
        raise StorageError(f"{shown} holds no campaigns yet: `evosearch run` writes the first")
    raise StorageError(
        f"{shown} has the older schema {revision}: run `evosearch db upgrade` to bring it to "
        f"{REVISIONS[-1]}"
    )
