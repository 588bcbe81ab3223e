"""A stored configuration as a campaign file; the standard library only reads TOML."""

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write(document: Mapping[str, Any]) -> str:
    """TOML of a dict of tables; what is None is left out."""
    return "\n".join(_table(document, ())).strip() + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    inner = {key: item for key, item in table.items() if isinstance(item, Mapping)}
    plain = {k: v for k, v in table.items() if v is not None and k not in inner}
    lines = [f"{_key(key)} = {value(item)}" for key, item in plain.items()]
    if path and (lines or not inner):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, item in inner.items():
        lines += _table(item, (*path, key))
    return lines


def value(item: Any) -> str:
    """What stands behind the equals sign."""
    if isinstance(item, str):
        return _string(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, Mapping):
        inner = [f"{_key(key)} = {value(each)}" for key, each in item.items() if each is not None]
        return "{ " + ", ".join(inner) + " }" if inner else "{}"
    if isinstance(item, list | tuple):
        return "[" + ", ".join(map(value, item)) + "]"
    return repr(item)  # integers and floats are written as in Python, inf and nan as well


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    """JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
