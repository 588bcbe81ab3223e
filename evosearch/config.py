"""The campaign file: read, checked whole, every default filled in.

`load` reports all mistakes at once, those in the options of plug-ins and algorithms included.
"""

import copy
import difflib
import inspect
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from evosearch import plugins, selection
from evosearch.budget import Budget
from evosearch.errors import ConfigError, PluginError

Weight = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]

# What may differ between two runs of a campaign without changing its course.
_FREE = {
    "budget": None,
    "store": ("url",),
    "campaign": ("notes",),
    "execution": ("use", "workers", "timeout", "warmup", "memory"),
}


class Section(BaseModel):
    """One table of the campaign file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CampaignSection(Section):
    """[campaign]: what it is called and where its randomness comes from."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="Name in the database; letters, digits, dot, dash and underscore.",
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="Everything random is drawn from it.")
    notes: str = Field(default="", description="Free text, kept with the campaign.")
    seeds: tuple[str, ...] = Field(
        default=(), description="Program documents (JSON files) that join generation 0."
    )


class Choice(BaseModel):
    """[space] or [evaluator]: a plug-in and its options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field(description="An installed name, module:Class or ./file.py:Class.")

    @property
    def options(self) -> dict[str, Any]:
        """Every key but ``use``."""
        return dict(self.model_extra or {})


class Migration(Section):
    """[algorithm.migration]: exchange between islands, in a ring."""

    interval: int = Field(default=10, ge=1, description="Generations between two migrations.")
    size: int = Field(default=5, ge=1, description="Individuals that each island sends.")


class AlgorithmSection(BaseModel):
    """[algorithm]: who has children and who survives; the algorithm's own options beside it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str = Field(default="nsga2", description="Name of the algorithm.")
    population: int = Field(
        default=256, ge=1, description="Children that each island has in a generation."
    )
    operators: dict[str, Weight] = Field(
        default_factory=dict, description="Operator name -> weight, in place of the space's own."
    )
    mutations: tuple[Weight, ...] = Field(
        default=(0.45, 0.30, 0.17, 0.08),
        min_length=1,
        description="How often a mutated child gets 1, 2, 3, ... mutations in a row.",
    )
    adapt_operators: bool = Field(
        default=False,
        description="Operators whose children join the front are used more often; weights are "
        "what they start from.",
    )
    islands: int = Field(
        default=1, ge=1, le=1024, description="Populations that evolve side by side."
    )
    migration: Migration = Field(default_factory=lambda: Migration(interval=10, size=5))
    max_fits: int = Field(
        default=6,
        ge=1,
        description="How often one structure is refined before its best is taken as is.",
    )
    promote: tuple[Share, ...] = Field(
        default=(),
        description="Share of a generation's new children that go on from each of the evaluator's "
        "fidelities to the next; a quarter where nothing is said.",
    )

    @property
    def options(self) -> dict[str, Any]:
        """The algorithm's own options."""
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _some_mutations(self) -> "AlgorithmSection":
        if sum(self.mutations) <= 0:
            raise ValueError("mutations: at least one of them has to be positive")
        return self


class ExecutionSection(Section):
    """[execution]: where batches are scored."""

    use: Literal["inline", "process"] | None = Field(
        default=None,
        description="`inline`: threads of the driving process. `process`: processes of their own, "
        "which end alone where an evaluator hangs or crashes. Without it `process` for evaluators "
        "that are a file or a module of yours, `inline` for installed ones.",
    )
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Batches scored at a time."
    )
    batch: int = Field(
        default=512, ge=1, description="Individuals in a batch; part of the campaign's identity."
    )
    timeout: float | None = Field(
        default=None,
        gt=0,
        description="Seconds for a batch, compiling included; `inline` cannot stop one and warns.",
    )
    warmup: float = Field(
        default=120.0, ge=0, description="Seconds more for the first batch of a process."
    )
    memory: int | None = Field(
        default=None, gt=0, description="MiB that a process may hold; `inline` warns."
    )


class StoreSection(Section):
    """[store]: the database, unless the command line names one."""

    url: str | None = Field(default=None, description="SQLAlchemy URL of the database.")
    retain: Literal["all", "elites", "summary"] = Field(
        default="all", description="Which individuals are kept."
    )


class CampaignConfig(Section):
    """A whole campaign file, checked and complete."""

    campaign: CampaignSection
    space: Choice = Field(description="A table with `use` = a search space and its options.")
    evaluator: Choice = Field(description="A table with `use` = an evaluator and its options.")
    algorithm: AlgorithmSection = Field(default_factory=AlgorithmSection)
    execution: ExecutionSection = Field(default_factory=ExecutionSection)
    budget: Budget
    store: StoreSection = Field(default_factory=StoreSection)

    _base: Path = PrivateAttr(default_factory=Path)

    @property
    def base(self) -> Path:
        """The folder that paths in the file are relative to."""
        return self._base

    def document(self) -> dict[str, Any]:
        """The complete file as a dict that can be written as JSON; `parse` reads it."""
        return self.model_dump(mode="json")

    def canonical(self) -> str:
        """`document` as JSON with sorted keys and no spaces."""
        return _json(self.document())

    def identity(self) -> dict[str, Any]:
        """The part that decides the campaign's course: all but limits, places and notes."""
        document = self.document()
        for section, keys in _FREE.items():
            if keys is None:
                del document[section]
            else:
                document[section] = {k: v for k, v in document[section].items() if k not in keys}
        return document

    @property
    def hash(self) -> str:
        """blake2b of `identity`."""
        return blake2b(_json(self.identity()).encode(), digest_size=16).hexdigest()


def load(
    path: Path | str,
    overrides: Sequence[str] = (),
    name: str | None = None,
    seed: int | None = None,
) -> CampaignConfig:
    """Read and check a campaign file.

    Args:
        path: The TOML file.
        overrides: ``section.key=value`` each, the value as in TOML (quotes may be left out).
        name: In place of ``campaign.name``, whose default is the file's name.
        seed: In place of ``campaign.seed``.

    Raises:
        ConfigError: With every mistake that was found.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read campaign file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    campaign = document.setdefault("campaign", {})
    if isinstance(campaign, dict):
        campaign.setdefault("name", path.stem)
        campaign |= {"name": name} if name is not None else {}
        campaign |= {"seed": seed} if seed is not None else {}
    return parse(document, path.parent, overrides)


def parse(source: Mapping[str, Any], base: Path, overrides: Sequence[str] = ()) -> CampaignConfig:
    """Check a campaign file that is already a dict; raises ConfigError with every mistake."""
    document = {"budget": {}, "algorithm": {}, **copy.deepcopy(dict(source))}
    mistakes = [mistake for text in overrides if (mistake := _override(document, text))]
    mistakes += _fill_plugin(document, "space", "search space", base)
    mistakes += _fill_plugin(document, "evaluator", "evaluator", base)
    mistakes += _fill_algorithm(document)
    try:
        config = CampaignConfig(**document)
    except ValidationError as error:
        raise ConfigError(mistakes + explain(error, CampaignConfig)) from None
    if mistakes:
        raise ConfigError(mistakes)
    config._base = base
    return config


def stored(config: CampaignConfig) -> dict[str, Any]:
    """The document with the folder that its paths are relative to, for the database."""
    return {**config.document(), "base": str(config.base.resolve())}


def restore(document: Mapping[str, Any], overrides: Sequence[str] = ()) -> CampaignConfig:
    """Inverse of `stored`, with changes; raises ConfigError."""
    sections = dict(document)
    base = Path(sections.pop("base", "."))
    return parse(sections, base, overrides)


def explain(
    error: ValidationError, model: type[BaseModel], prefix: str = "", also: Sequence[str] = ()
) -> list[str]:
    """One line a mistake: key, what was expected, what was received, the nearest valid name.

    Args:
        error: What validating ``model`` raised.
        model: The model.
        prefix: Where in the campaign file its keys are.
        also: Names that are valid beside those of the model.
    """
    return [_explain(detail, model, prefix, also) for detail in error.errors(include_url=False)]


def _explain(
    detail: Mapping[str, Any], model: type[BaseModel], prefix: str, also: Sequence[str]
) -> str:
    location = [str(part) for part in detail["loc"]]
    key = ".".join([prefix, *location] if prefix else location)
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    message = message[:1].lower() + message[1:]
    if detail["type"] == "extra_forbidden":
        return f"{key}: unknown key{_nearest(location[-1], [*_names(model, location), *also])}"
    if detail["type"] == "missing":
        return f"{key}: missing; {_purpose(model, location)}"
    if detail["type"] == "value_error":
        return f"{key}: {message}"
    return f"{key}: {message}, received {detail['input']!r}"


def _parent(model: type[BaseModel], location: Sequence[str]) -> type[BaseModel] | None:
    """The model that the last key of ``location`` belongs to, as far as tables nest plainly."""
    for part in location[:-1]:
        field = model.model_fields.get(part)
        if field is None or not inspect.isclass(field.annotation):
            return None
        if not issubclass(field.annotation, BaseModel):
            return None
        model = field.annotation
    return model


def _names(model: type[BaseModel], location: Sequence[str]) -> list[str]:
    parent = _parent(model, location)
    return list(parent.model_fields) if parent else []


def _purpose(model: type[BaseModel], location: Sequence[str]) -> str:
    parent = _parent(model, location)
    field = parent.model_fields.get(location[-1]) if parent else None
    if field is None or field.description is None:
        return "it is required"
    return f"expected {field.description[:1].lower()}{field.description[1:].rstrip('.')}"


def _nearest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; expected one of {', '.join(names)}" if names else "; no options are accepted here"


def _override(document: dict[str, Any], text: str) -> str | None:
    """Set ``section.key=value`` in the document; returns what is wrong with it."""
    path, equals, value = text.partition("=")
    *parents, last = (part.strip() for part in path.split("."))
    if not equals or not parents or not all([*parents, last]):
        return f"--set {text!r}: expected section.key=value, such as budget.generations=100"
    table = document
    for part in parents:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            return f"--set {text!r}: {part!r} is not a table"
    try:
        table[last] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = value.strip()
    return None


def _fill_plugin(document: dict[str, Any], section: str, kind: str, base: Path) -> list[str]:
    """Complete the options of [space] or [evaluator] in place; returns the mistakes."""
    table = document.get(section)
    if not isinstance(table, dict) or not isinstance(table.get("use"), str):
        return []  # the section's own check says so
    try:
        model = plugins.resolve(kind, table["use"], base).options_model
    except PluginError as error:
        return [f"{section}.use: {error}"]
    return _fill(table, section, model, ("use",))


def _fill_algorithm(document: dict[str, Any]) -> list[str]:
    """Complete the options of [algorithm] in place; returns the mistakes."""
    own = AlgorithmSection.model_fields
    table = document["algorithm"]
    use = table.get("use", own["use"].default) if isinstance(table, dict) else None
    if not isinstance(use, str):
        return []
    try:
        model = selection.options_model(use)
    except ConfigError as error:
        return error.mistakes
    return _fill(table, "algorithm", model, tuple(own))


def _fill(
    table: dict[str, Any], section: str, model: type[BaseModel], own: Sequence[str]
) -> list[str]:
    options = {key: value for key, value in table.items() if key not in own}
    try:
        checked = model(**options)
    except ValidationError as error:
        return explain(error, model, section, own)
    table |= checked.model_dump(mode="json", by_alias=True)
    return []


def _json(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
