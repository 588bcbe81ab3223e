"""A campaign file with every option of it, made from the models that check it."""

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from evosearch import plugins
from evosearch.config import CampaignConfig
from evosearch.report.toml import value as toml_value
from evosearch.selection import options_model

_ALGORITHM = "nsga2"
# What a first campaign has, where there is an option of that name.
_CHOSEN: dict[str, Any] = {
    "generations": 40,
    "target": "exp2",
    "interval": "(0, 1]",
}
_HEAD = """\
# A campaign: what is searched, how good it is, how the search goes, and when it ends.
# Lines that are commented out show the defaults.
"""


def campaign_file(name: str, space: str, evaluator: str, base: Path) -> str:
    """Text of a campaign file.

    Args:
        name: Of the campaign.
        space: Name of the search space.
        evaluator: Name of the evaluator.
        base: Folder that plug-in files are relative to.

    Raises:
        PluginError: There is no such plug-in.
    """
    extra = {
        "space": plugins.resolve("search space", space, base).options_model,
        "evaluator": plugins.resolve("evaluator", evaluator, base).options_model,
        "algorithm": options_model(_ALGORITHM),
    }
    name = re.sub(r"[^A-Za-z0-9._-]|^[^A-Za-z0-9]", "-", name)[:100]
    chosen = {
        "campaign": {"name": name},
        "space": {"use": space},
        "evaluator": {"use": evaluator},
        "algorithm": {"use": _ALGORITHM},
    }
    parts = [_HEAD]
    for section, field in CampaignConfig.model_fields.items():
        model = field.annotation
        assert inspect.isclass(model)
        assert issubclass(model, BaseModel)
        models = [model, *([extra[section]] if section in extra else [])]
        parts.append("\n".join(_table(section, models, chosen.get(section, {}))) + "\n")
    return "\n".join(parts)


def _table(
    section: str, models: list[type[BaseModel]], chosen: Mapping[str, Any], commented: bool = False
) -> Iterator[str]:
    """Lines of one table; tables inside it come last."""
    mark = "# " if commented else ""
    yield f"{mark}[{section}]"
    inner: list[tuple[str, type[BaseModel]]] = []
    for model in models:
        for name, field in model.model_fields.items():
            kind = field.annotation
            if inspect.isclass(kind) and issubclass(kind, BaseModel) and section != "budget":
                inner.append((name, kind))
                continue
            yield from _comment(field.description)
            yield _line(field.alias or name, field.get_default(call_default_factory=True), chosen)
    for name, kind in inner:
        yield ""
        yield from _table(f"{section}.{name}", [kind], {}, commented=True)


def _comment(text: str | None) -> list[str]:
    return textwrap.wrap(text or "", 96, initial_indent="# ", subsequent_indent="# ")


def _line(name: str, default: Any, chosen: Mapping[str, Any]) -> str:
    if name in chosen:
        return f"{name} = {toml_value(chosen[name])}"
    if name in _CHOSEN and (default is None or default is PydanticUndefined):
        return f"{name} = {toml_value(_CHOSEN[name])}"
    if default is PydanticUndefined:
        return f"{name} =   # has no default: this line has to be completed"
    if default is None:
        return f"# {name}: not set"
    return f"# {name} = {toml_value(default)}"
