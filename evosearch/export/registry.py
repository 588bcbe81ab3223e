"""Registry: exporters by name, from the entry points ``evosearch.exporters``."""

from pathlib import Path

from evosearch import plugins
from evosearch.errors import PluginError
from evosearch.export.exporter import Exporter


def names() -> list[str]:
    """Names of the installed exporters, sorted; loads none of them."""
    return plugins.installed("exporter")


def find(name: str) -> Exporter:
    """The exporter called ``name``.

    Raises:
        PluginError: There is none (the message has the nearest name), or it is no exporter.
    """
    made = plugins.resolve("exporter", name, Path.cwd()).target()
    if not isinstance(made, Exporter):
        raise PluginError(
            f"{name!r} is no exporter: expected name, suffix, needs, write and check, as "
            "evosearch.export.exporter says"
        )
    return made
