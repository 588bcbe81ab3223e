"""Options of the evaluator, as written under ``[evaluator]``."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evaluators.private_data.noise import Neighbours

Order = Annotated[int, Field(ge=1, le=4)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Some = Annotated[float, Field(gt=0.0, lt=1.0)]


class Workload(BaseModel):
    """What could be measured, and what of it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    marginals: tuple[Order, ...] = Field(
        default=(2,), description="Orders: 2 is every pair of columns, 3 every three of them."
    )
    ranges: int = Field(
        default=0,
        ge=0,
        le=12,
        description="Levels of ranges: pairs with a numeric column whose bins are merged by twos, "
        "by fours and so on.",
    )
    prefixes: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Random counts of rows with one category and two numbers below thresholds.",
    )
    halfspaces: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Random counts of rows with one category and their numbers in a halfspace.",
    )
    queries: str | None = Field(
        default=None, description="A Python file with queries of your own (docs/private-data.md)."
    )
    rounds: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Rounds in which what is fitted worst is chosen and measured; 0: all is "
        "measured, at once.",
    )
    each: int = Field(default=1, ge=1, le=100, description="How many are measured in a round.")
    first: Some = Field(
        default=0.1, description="Share of the budget for single columns; with rounds or edges."
    )
    choice: Some = Field(
        default=0.1, description="Share of a round's budget for choosing what to measure."
    )
    edges: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Bins at most of a numeric column in what is measured, their edges drawn from "
        "noisy counts of the domain's bins, which cost the share `first`; 0: the domain's bins.",
    )
    split: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="What is measured at once shares rho by its number of cells to this power.",
    )

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.edges and self.rounds:
            raise ValueError("edges and rounds: expected one of them, the other one 0")
        return self


class Fit(BaseModel):
    """How tables are made to have the noisy answers (docs/decisions/tempered-tables.md)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(
        default=0.02,
        ge=0.0,
        le=100.0,
        description="Of chains of as many rows as the private table; 0: strict climb.",
    )
    spectral: Share = Field(
        default=0.35,
        description="Share of the targets that spectra of noisy pairs are cleared of.",
    )
    strength: float = Field(
        default=0.12,
        ge=0.0,
        le=1.0,
        description="Pairs weigh by their signal to this power.",
    )
    cool: int = Field(default=8, ge=1, le=32, description="Sweeps of cooling.")
    hold: int = Field(default=8, ge=0, le=32, description="Sweeps at the temperature.")
    rounds: int = Field(default=2, ge=0, le=20, description="Rounds of debiasing.")
    sweeps: int = Field(default=6, ge=1, le=64, description="Sweeps of each.")
    threshold: float = Field(
        default=1.25,
        ge=0.0,
        description="Residuals beyond so many deviations are added to targets.",
    )


class Options(BaseModel):
    """The private table, its budget, and what it is spent on."""

    model_config = ConfigDict(extra="forbid")

    data: str = Field(description="CSV file of the private table, relative to the campaign file.")
    domain: str = Field(description="JSON file with its public schema.")
    columns: tuple[str, ...] = Field(default=(), description="Those to use; by default all.")
    epsilon: float = Field(gt=0.0, le=1e6, description="Of (epsilon, delta)-differential privacy.")
    delta: float | Literal["1/n^2"] = Field(
        default="1/n^2", description="A number, or 1/n^2 with n rows."
    )
    neighbours: Neighbours = Field(
        default="replace-one",
        description="What a neighbour is: one row replaced, the number of rows being public; or "
        "one row more or less.",
    )
    dataset: str = Field(
        default="",
        description="Name of the data set in the privacy ledger; by default the file's without "
        "its ending. All campaigns on the same people's data have to use the same.",
    )
    total_epsilon: float | None = Field(
        default=None,
        gt=0.0,
        le=1e6,
        description="What all campaigns on the data set may spend together; by default epsilon.",
    )
    workload: Workload = Field(default_factory=Workload, description="What is measured.")
    constraints: tuple[str, ...] = Field(
        default=(), description="Public rules that every row satisfies (docs/private-data.md)."
    )
    fit: Fit = Field(default_factory=Fit, description="How tables are fitted.")

    @field_validator("delta")
    @classmethod
    def _between(cls, delta: float | str) -> float | str:
        if isinstance(delta, float) and not 0.0 < delta < 1.0:
            raise ValueError(f'expected a number between 0 and 1 or "1/n^2", received {delta}')
        return delta

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.total_epsilon is not None and self.total_epsilon < self.epsilon:
            raise ValueError(
                f"total_epsilon: expected at least epsilon, {self.epsilon:g}, received "
                f"{self.total_epsilon:g}"
            )
        return self

    def delta_for(self, rows: int) -> Fraction:
        """Delta as a number, for a table of so many rows."""
        return Fraction(1, rows**2) if isinstance(self.delta, str) else Fraction(self.delta)
