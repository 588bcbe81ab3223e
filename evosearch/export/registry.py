"""Registry: exporters by name, from the entry points ``evosearch.exporters``."""

from pathlib import Path
from typing import Any

from evosearch import plugins
from evosearch.errors import PluginError, UsageError
from evosearch.export.exporter import Exporter
from evosearch.export.table import TableExporter


def names() -> list[str]:
    """Names of the installed exporters, sorted; loads none of them."""
    return plugins.installed("exporter")


def find(name: str) -> Exporter:
    """The exporter of programs called ``name``.

    Raises:
        PluginError: There is none (the message has the nearest name), or it is no exporter.
        UsageError: It writes tables.
    """
    made = _made(name)
    if isinstance(made, TableExporter):
        raise UsageError(f"--format {name} writes tables: expected a format of programs")
    if not isinstance(made, Exporter):
        raise PluginError(
            f"{name!r} is no exporter: expected name, suffix, needs, write and check, as "
            "evosearch.export.exporter says"
        )
    return made


def find_table(name: str) -> TableExporter:
    """The exporter of tables called ``name``.

    Raises:
        PluginError: There is no exporter of that name.
        UsageError: It does not write tables.
    """
    made = _made(name)
    if not isinstance(made, TableExporter):
        raise UsageError(f"--format {name} writes no tables: expected csv")
    return made


def _made(name: str) -> Any:
    return plugins.resolve("exporter", name, Path.cwd()).target()
