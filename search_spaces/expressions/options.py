"""Options of the space ``expressions``, as its table of the campaign file."""

from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evosearch.genomes.primitives import BY_NAME, CORE, PrimitiveSet
from evosearch.genomes.program import MAX_INPUTS


class ExpressionsOptions(BaseModel):
    """Options of ``expressions``.

    ```toml
    [space]
    use = "expressions"
    primitives = ["add", "sub", "mul", "div", "sqrt"]
    max_operations = 12
    ```
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    primitives: tuple[str, ...] = Field(
        ("add", "sub", "mul", "div"),
        min_length=1,
        description=f"Operations that programs may use, out of {', '.join(CORE.names)}.",
    )
    inputs: int = Field(1, ge=1, le=MAX_INPUTS, description="Number of inputs of every program.")
    max_operations: int = Field(16, ge=1, le=64, description="Most operations of a program.")
    max_constants: int = Field(16, ge=0, le=64, description="Most constants of a program.")
    constant_scale: float = Field(
        1.0,
        gt=0.0,
        allow_inf_nan=False,
        description="Fresh constants are this, times 10^U(-1, 1), of either sign.",
    )

    @field_validator("primitives")
    @classmethod
    def _known_primitives(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        mistakes = []
        for name in names:
            if name not in CORE.names:
                near = get_close_matches(name, CORE.names, 1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                if name in BY_NAME:
                    hint = "it is for the search space 'activations'; "
                mistakes.append(
                    f"unknown primitive {name!r}; {hint}expected names from "
                    f"{', '.join(CORE.names)}"
                )
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return names

    def primitive_set(self) -> PrimitiveSet:
        """The primitives themselves."""
        return PrimitiveSet.named(self.primitives)
