"""Options of the space ``activations``, as its table of the campaign file."""

from difflib import get_close_matches
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from search_spaces.activations.forms import BETA, FORMS, ONE, PRESETS, ZERO, FormTable

PARAMETERS = ("alpha", "beta", "gamma")


class ActivationsOptions(BaseModel):
    """Options of ``activations``.

    ```toml
    [space]
    use = "activations"
    operators = "pangaea"
    parameters = 1
    ```
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    operators: str | tuple[str, ...] = Field(
        "union",
        description=f"What functions are made of: {', '.join(PRESETS)}, or a list of names out of "
        f"{', '.join(FORMS)}.",
    )
    exclude: tuple[str, ...] = Field(
        ("swish", "gelu", "mish"),
        description="Operators that are left out, so that they have to be found.",
    )
    parameters: int = Field(
        0,
        ge=0,
        le=len(PARAMETERS),
        description=f"Most learnable parameters of a function: {', '.join(PARAMETERS)}.",
    )
    max_operations: int = Field(
        12, ge=3, le=64, description="Most operations of a function; a correction takes 5 or more."
    )
    max_constants: int = Field(
        6, ge=0, le=64, description="Most constants of a function; a correction takes 2 or more."
    )

    @model_validator(mode="after")
    def _known_operators(self) -> Self:
        for place, names in (("operators", self._listed()), ("exclude", self.exclude)):
            unknown = [name for name in names if name not in FORMS]
            if unknown:
                near = get_close_matches(unknown[0], FORMS, 1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ValueError(
                    f"{place}: unknown operator {unknown[0]!r}; {hint}expected "
                    f"{' or '.join(map(repr, PRESETS))}, or names from {', '.join(FORMS)}"
                )
        both = sorted({*self.operators} & {*self.exclude}) if self._is_list() else []
        if both:
            raise ValueError(
                f"{', '.join(both)} in operators and in exclude: expected one of the two, write "
                "exclude = []"
            )
        table = self.table()
        for arity, kind in ((1, "unary"), (2, "binary")):
            if not len(table.of_arity(arity)):
                raise ValueError(
                    f"no {kind} operator is left of {self.operators!r}: expected at least one"
                )
        return self

    def _is_list(self) -> bool:
        return not isinstance(self.operators, str)

    def _listed(self) -> tuple[str, ...]:
        if isinstance(self.operators, str):
            return PRESETS.get(self.operators, (self.operators,))
        return self.operators

    def names(self) -> tuple[str, ...]:
        """The operators in use: without those that need a constant where there may be none."""
        found = [name for name in dict.fromkeys(self._listed()) if name not in self.exclude]
        impossible = set() if self.max_constants else {ZERO, ONE}
        if not (self.max_constants or self.parameters):
            impossible.add(BETA)
        return tuple(name for name in found if not FORMS[name].symbols & impossible)

    def table(self) -> FormTable:
        """The operators as arrays."""
        return FormTable.of(self.names())

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs: x and the learnable parameters."""
        return ("x", *PARAMETERS[: self.parameters])
