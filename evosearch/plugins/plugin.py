"""Plug-ins: found by name, loaded when a campaign names them, never before.

A plug-in is written in a campaign file as

    name                an installed entry point
    module:Object       anything importable
    ./file.py:Object    a file, relative to the campaign file

It is a class made from its options, a pydantic model that the class names as ``options_model``
(none: it takes no options); one that also wants the campaign file's folder has a second parameter
called ``base``. An evaluator may also be a plain function, see `FunctionEvaluator`.
"""

import difflib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from evosearch.contracts import Evaluator, SearchSpace
from evosearch.errors import EvosearchError, PluginError
from evosearch.plugins.code import hash_of

GROUPS = {
    "search space": "evosearch.search_spaces",
    "evaluator": "evosearch.evaluators",
    "exporter": "evosearch.exporters",
}
_NEEDS = {
    "search space": ("genome_type", "operators", "describe"),
    "evaluator": ("genome_type", "objectives", "measures", "fidelities", "prepare", "score"),
}


class NoOptions(BaseModel):
    """What a plug-in without ``options_model`` accepts."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Plugin:
    """A plug-in that was found and loaded, not yet made.

    Attributes:
        kind: A key of `GROUPS`.
        name: As written in the campaign file.
        target: The class or function.
        version: Of the distribution that it comes from, empty where there is none.
        code_hash: blake2b of its source files.
    """

    kind: str
    name: str
    target: Any
    version: str
    code_hash: str

    @property
    def options_model(self) -> type[BaseModel]:
        """The pydantic model of its options."""
        return getattr(self.target, "options_model", NoOptions)

    @property
    def is_function(self) -> bool:
        """Whether it is a function that scores one individual."""
        return inspect.isfunction(self.target)


def installed(kind: str) -> list[str]:
    """Names of the installed plug-ins of a kind, sorted; loads none of them."""
    return sorted(point.name for point in metadata.entry_points(group=GROUPS[kind]))


def resolve(kind: str, use: str, base: Path) -> Plugin:
    """Find and load what a campaign file names.

    Args:
        kind: A key of `GROUPS`.
        use: Name, ``module:Object`` or ``./file.py:Object``.
        base: The folder that files are relative to.

    Raises:
        PluginError: There is no such plug-in, or loading it failed.
    """
    place, _, attribute = use.partition(":")
    version = ""
    if attribute and place.endswith(".py"):
        module = _load_file(base / place, use)
    elif attribute:
        module = _import(place, use)
    else:
        point = _entry_point(kind, use)
        version = point.dist.version if point.dist else ""
        attribute = point.attr
        module = _import(point.module, use)
    target: Any = module
    for part in attribute.split("."):
        if not hasattr(target, part):
            raise PluginError(_missing(use, part, target))
        target = getattr(target, part)
    if not (inspect.isclass(target) or inspect.isfunction(target)):
        raise PluginError(f"plug-in {use!r} is {target!r}: expected a class or a function")
    return Plugin(kind, use, target, version, hash_of(target))


def make_space(plugin: Plugin, options: Mapping[str, Any], base: Path) -> SearchSpace:
    """The search space with these (checked) options."""
    return cast(SearchSpace, _make(plugin, options, base))


def make_evaluator(
    plugin: Plugin, options: Mapping[str, Any], base: Path, space: SearchSpace
) -> Evaluator:
    """The evaluator with these (checked) options, for genomes of ``space``.

    Raises:
        PluginError: The two use different kinds of genomes, or different inputs of programs, or
            different columns of tables.
    """
    if plugin.is_function:
        from evosearch.plugins.function_evaluator import FunctionEvaluator  # needs networkx

        return FunctionEvaluator(plugin.name, plugin.target, space)
    evaluator = cast(Evaluator, _make(plugin, options, base))
    if not issubclass(space.genome_type, evaluator.genome_type):
        raise PluginError(
            f"evaluator {plugin.name!r} scores {evaluator.genome_type.__name__}, but the search "
            f"space makes {space.genome_type.__name__}: choose a space of the same genome type"
        )
    _check_inputs(space, evaluator)
    _check_columns(space, evaluator)
    return evaluator


def _check_inputs(space: SearchSpace, evaluator: Evaluator) -> None:
    """Where both name the inputs of programs, the names are the same."""
    made, given = (getattr(part, "inputs", None) for part in (space, evaluator))
    if made is not None and given is not None and tuple(made) != tuple(given):
        raise PluginError(
            f"the search space makes programs of {_listed(made)}, but the evaluator gives them "
            f"{_listed(given)}: name the same inputs, in the same order, in [space] and "
            "[evaluator]"
        )


def _check_columns(space: SearchSpace, evaluator: Evaluator) -> None:
    """Where both name the columns of tables, these are the same."""
    made, given = (getattr(part, "columns", None) for part in (space, evaluator))
    if made is not None and given is not None and tuple(made) != tuple(given):
        raise PluginError(
            "the search space makes tables of other columns than the evaluator scores: write the "
            "same domain and columns, in the same order, in [space] and [evaluator]"
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "no inputs"


def _make(plugin: Plugin, options: Mapping[str, Any], base: Path) -> Any:
    if not inspect.isclass(plugin.target):
        raise PluginError(f"{plugin.kind} {plugin.name!r} is not a class: {plugin.target!r}")
    parameters = inspect.signature(plugin.target).parameters
    arguments: list[Any] = [plugin.options_model(**options)] if parameters else []
    if "base" in parameters:
        arguments.append(base)
    try:
        made = plugin.target(*arguments)
    except EvosearchError:
        raise
    except Exception as error:
        raise PluginError(
            f"{plugin.kind} {plugin.name!r} could not be made: {type(error).__name__}: {error}"
        ) from error
    lacking = [name for name in _NEEDS[plugin.kind] if not hasattr(made, name)]
    if lacking:
        raise PluginError(
            f"{plugin.name!r} is no {plugin.kind}: it lacks {', '.join(lacking)}; "
            "evosearch.contracts says what they are"
        )
    return made


def _entry_point(kind: str, name: str) -> metadata.EntryPoint:
    for point in metadata.entry_points(group=GROUPS[kind]):
        if point.name == name:
            return point
    names = installed(kind)
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise PluginError(
        f"no {kind} called {name!r} is installed: {hint}expected one of "
        f"{', '.join(names) or '(none installed)'}, or module:Class, or ./file.py:Class"
    )


def _import(module: str, use: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except EvosearchError:
        raise
    except Exception as error:
        raise PluginError(
            f"plug-in {use!r}: importing {module!r} failed: {type(error).__name__}: {error}"
        ) from error


def _load_file(path: Path, use: str) -> ModuleType:
    """Run a plug-in's file as a module; the same content at the same path is run once."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PluginError(f"plug-in {use!r}: cannot read {path}: {error.strerror}") from error
    mark = blake2b(content + str(path.resolve()).encode(), digest_size=8).hexdigest()
    name = f"evosearch_plugin_{path.stem}_{mark}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"plug-in {use!r}: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, EvosearchError) or not isinstance(error, Exception):
            raise
        raise PluginError(
            f"plug-in {use!r}: running {path} failed: {type(error).__name__}: {error}"
        ) from error
    return module


def _missing(use: str, part: str, where: Any) -> str:
    near = difflib.get_close_matches(part, [n for n in dir(where) if not n.startswith("_")], 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"plug-in {use!r}: there is no {part!r} in {getattr(where, '__name__', where)!r}{hint}"
