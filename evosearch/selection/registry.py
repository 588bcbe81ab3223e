"""Algorithms by the name that ``[algorithm] use`` gives."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from evosearch.errors import ConfigError
from evosearch.selection.ageing import Ageing
from evosearch.selection.algorithm import Algorithm
from evosearch.selection.map_elites import MapElites
from evosearch.selection.niches import Niches
from evosearch.selection.nsga2 import Nsga2
from evosearch.selection.random_search import RandomSearch

BUILT_IN: dict[str, Any] = {
    "nsga2": Nsga2,
    "ageing": Ageing,
    "niches": Niches,
    "map-elites": MapElites,
    "random": RandomSearch,
}
_DEAP = "deap:"


def names() -> list[str]:
    """Every name that `build` knows."""
    from evosearch.deap_adapter import OPERATORS  # DEAP takes a quarter of a second to import

    return [*BUILT_IN, *(_DEAP + name for name in OPERATORS)]


def options_model(use: str) -> type[BaseModel]:
    """The options of an algorithm, for validation and reference pages; ConfigError if unknown."""
    if use in BUILT_IN:
        model: type[BaseModel] = BUILT_IN[use].options_model
        return model
    if use not in names():
        near = get_close_matches(use, names(), n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"algorithm.use: expected one of {', '.join(names())}; received {use!r}{hint}"
        )
    from evosearch.selection.by_deap import options_model as deap_options

    return deap_options(use.removeprefix(_DEAP))


def build(use: str, options: Mapping[str, Any]) -> Algorithm:
    """The algorithm ``use`` with its options; ConfigError lists every mistake."""
    try:
        checked: Any = options_model(use).model_validate(dict(options))
    except ValidationError as error:
        raise ConfigError([_mistake(use, detail) for detail in error.errors()]) from None
    if use in BUILT_IN:
        algorithm: Algorithm = BUILT_IN[use](checked)
        return algorithm
    from evosearch.selection.by_deap import Deap

    return Deap(use.removeprefix(_DEAP), checked)


def _mistake(use: str, detail: Any) -> str:
    key = ".".join(["algorithm", *map(str, detail["loc"])])
    received = "" if detail["type"] == "missing" else f"; received {detail['input']!r}"
    known = ""
    if detail["type"] == "extra_forbidden":
        known = f"; {use} knows {', '.join(options_model(use).model_fields) or 'no options'}"
    return f"{key}: {detail['msg']}{received}{known}"
