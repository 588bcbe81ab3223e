"""Options of the float32 evaluator, as written under ``[evaluator]``."""

from pydantic import BaseModel, ConfigDict, Field

from evaluators.approximation.options import EffortOptions


class GridOptions(BaseModel):
    """How hard constants are searched on the float32 grid, in programs that are worth it."""

    model_config = ConfigDict(extra="forbid")

    turns: int = Field(default=24, ge=0, le=10_000, description="Moves at most, each round.")
    pairs: int = Field(
        default=32, ge=0, le=4096, description="Random pairs of moves tried in each turn."
    )
    patience: int = Field(
        default=2, ge=0, le=1000, description="Turns without a gain after which a round ends."
    )
    rounds: int = Field(
        default=5,
        ge=1,
        le=64,
        description="Searches, each on the worst inputs that the one before left.",
    )
    real: float = Field(
        default=4.0,
        gt=0,
        description="Largest error of the real fit, in bars, at which constants are adjusted.",
    )
    level: float = Field(
        default=1.1,
        gt=0,
        description="Largest error of the best real constants together with that of rounding, in "
        "bars, that is worth a search.",
    )


class Float32Options(BaseModel):
    """What is approximated in float32, where, and how closely it has to be."""

    model_config = ConfigDict(extra="forbid")

    target: str = Field(description='Function name ("exp2") or "./file.py:function".')
    interval: str | tuple[float, float] = Field(
        description='Where it is approximated, e.g. "[0, 1]".'
    )
    bar: float = Field(
        default=1.0,
        gt=0.5,
        le=1e6,
        description="Error in ULP that is good enough: no program gains by a smaller one.",
    )
    margin: float = Field(
        default=0.02,
        ge=0,
        le=1.0,
        description="By how many ULP the largest error of all is taken to exceed that of samples.",
    )
    thorough_points: int = Field(
        default=2**20,
        ge=0,
        le=2**24,
        description="Float32 inputs that programs within the bar run on; 0 for none.",
    )
    costs: str | None = Field(
        default=None,
        description='Table of costs, "./file.json"; that of the package by default.',
    )
    fit_points: int = Field(
        default=32, ge=8, le=4096, description="Points that real constants are fitted on."
    )
    search_points: int = Field(
        default=2048, ge=64, le=2**16, description="Float32 inputs that every program runs on."
    )
    score_points: int = Field(
        default=2**17,
        ge=1024,
        le=2**22,
        description="Float32 inputs that programs near the bar run on.",
    )
    exhaustive: bool = Field(
        default=True,
        description="Whether the programs of the final front that are within the bar are run on "
        "every float32 of the interval.",
    )
    effort: EffortOptions = Field(default_factory=EffortOptions)
    grid: GridOptions = Field(default_factory=GridOptions)
