"""Database errors as one clear line each."""

from __future__ import annotations

from evosearch.errors import StorageError

_SQLITE = {
    "SQLITE_NOTADB": "is not a SQLite database: name another file with --storage",
    "SQLITE_CORRUPT": (
        "is damaged; nothing was changed: run `evosearch db check` and restore the last backup"
    ),
    "SQLITE_FULL": (
        "has no room left (disk full); the last generation was not stored: free some space, then "
        "resume from the last committed generation"
    ),
    "SQLITE_BUSY": (
        "is locked by another process: wait for it, or close the program that holds it open"
    ),
    "SQLITE_LOCKED": "is locked by this process: close its other store first",
    "SQLITE_READONLY": "cannot be written: check the permissions of the file and of its folder",
    "SQLITE_CANTOPEN": "cannot be opened: check the path and the permissions of its folder",
    "SQLITE_PERM": "cannot be opened: check the permissions of the file",
    "SQLITE_IOERR": "cannot be read or written (input/output error): check the disk",
}

_POSTGRES = {
    "08": "cannot be reached: check that the server runs and the URL is right",
    "28": "refused the login: check user and password in the URL",
    "3D": "does not exist: create it with `createdb`",
    "53": "has no resources left (disk full or too many connections): free some, then resume",
    "55": "is locked by another session: wait for it, or end that session",
    "25006": "is read-only: connect to the primary server",
    "42501": "refused permission: grant this user the right to create and write tables",
}


def explain(error: BaseException, shown: str) -> StorageError:
    """The StorageError that says what happened to the database ``shown`` and what to do."""
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        for code, advice in _SQLITE.items():
            if name.startswith(code):
                return StorageError(f"{shown} {advice}")
    state = getattr(error, "sqlstate", None)
    if state is not None:
        for code, advice in _POSTGRES.items():
            if state.startswith(code):
                return StorageError(f"{shown} {advice}")
    elif "psycopg" in type(error).__module__ and type(error).__name__ == "OperationalError":
        return StorageError(f"{shown} {_POSTGRES['08']} ({_first_line(error)})")
    return StorageError(f"{shown}: {type(error).__name__}: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
