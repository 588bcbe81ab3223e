"""Options of the search space, as written under ``[space]``."""

from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import MAX_INPUTS


class ExpressionsOptions(BaseModel):
    """Which programs there are."""

    model_config = ConfigDict(extra="forbid")

    primitives: tuple[str, ...] = Field(
        ("add", "sub", "mul", "div"), min_length=1, description="Operations that programs use."
    )
    inputs: int = Field(1, ge=1, le=MAX_INPUTS, description="Inputs of every program.")
    max_operations: int = Field(16, ge=1, le=60, description="Operations at most.")
    max_constants: int = Field(16, ge=0, le=60, description="Constants at most.")
    constant_scale: float = Field(
        1.0, gt=0, description="Fresh constants are this, times 10^U(-1, 1), of either sign."
    )

    @field_validator("primitives")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in BY_NAME:
                near = get_close_matches(name, BY_NAME, 1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise ValueError(
                    f"unknown primitive {name!r}; {hint}expected names from {', '.join(BY_NAME)}"
                )
        return names
