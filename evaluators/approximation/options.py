"""Options of the approximation evaluator, as written under ``[evaluator]``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from evosearch.errors import ConfigError
from evosearch.fitting import Effort
from evosearch.genomes.primitives import PrimitiveSet


class EffortOptions(BaseModel):
    """How hard the constants of one program are fitted."""

    model_config = ConfigDict(extra="forbid")

    rounds: int = Field(default=1, ge=1, le=64, description="Sets of four starts that are fitted.")
    draws: int = Field(
        default=8, ge=1, le=1024, description="Random constants tried for each start."
    )
    steps: int = Field(default=24, ge=0, le=1000, description="Levenberg-Marquardt steps at most.")
    newton: int = Field(default=16, ge=0, le=1000, description="Undamped Gauss-Newton steps.")
    reweightings: int = Field(default=4, ge=0, le=1000, description="Steps toward the minimax.")

    def effort(self, *, minimax: bool) -> Effort:
        """The kernel's setting; an RMS error needs no steps toward the minimax."""
        turns = self.reweightings if minimax else 0
        return Effort(self.rounds, self.draws, self.steps, self.newton, turns)


class Options(BaseModel):
    """What is approximated, where, and how the error is measured."""

    model_config = ConfigDict(extra="forbid")

    target: str = Field(
        description='Function name ("exp2"), "./file.py:function", or "./points.csv".'
    )
    interval: str | tuple[float, float] | None = Field(
        default=None,
        description='Where it is approximated, e.g. "(0, 1]"; a table\'s own range by default.',
    )
    error: Literal["relative", "absolute", "ulp"] = Field(
        default="relative", description="Error per point."
    )
    norm: Literal["max", "rms"] = Field(
        default="max", description="How point errors are summed up."
    )
    format: Literal["float64", "float32"] = Field(
        default="float64",
        description="Whose units in the last place are counted when error is ulp.",
    )
    costs: dict[str, float] = Field(
        default_factory=dict, description="Cost of an operation by name; 1 where not given."
    )
    fit: Literal["least-squares", "cmaes", "none"] = Field(
        default="least-squares", description="How constants are found before a program is scored."
    )
    fit_points: int = Field(
        default=32, ge=8, le=4096, description="Points that constants are fitted on."
    )
    score_points: int = Field(
        1024, ge=16, le=2**20, description="Points that scores are taken on."
    )
    effort: EffortOptions = Field(default_factory=EffortOptions)

    @field_validator("costs")
    @classmethod
    def _known_primitives(cls, costs: dict[str, float]) -> dict[str, float]:
        try:
            PrimitiveSet.named(costs)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        if any(not cost >= 0 for cost in costs.values()):
            raise ValueError("expected costs of 0 or more")
        return costs
