"""Options of the space ``hyperparameters``, as its table of the campaign file."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evosearch.errors import ConfigError
from evosearch.genomes.vector import Choice, Gene


class Number(BaseModel):
    """A gene between two bounds, which belong to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["real", "log", "integer"] = Field(
        description="real; log, a positive number that varies in its logarithm; or integer."
    )
    low: float = Field(description="Least value.")
    high: float = Field(description="Greatest value.")

    def gene(self, name: str) -> Gene:
        """The gene of this name; raises ConfigError."""
        return Gene(name, self.kind, self.low, self.high)


class Categorical(BaseModel):
    """A gene that is one of several choices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["categorical"] = Field(description="categorical.")
    choices: list[Choice] = Field(description="Texts, numbers or booleans, at least two.")

    def gene(self, name: str) -> Gene:
        """The gene of this name; raises ConfigError."""
        return Gene.categorical(name, self.choices)


class HyperparametersOptions(BaseModel):
    """Options of ``hyperparameters``.

    ```toml
    [space]
    use = "hyperparameters"
    [space.genes]
    learning_rate = { kind = "log", low = 1e-4, high = 1.0 }
    layers = { kind = "integer", low = 1, high = 8 }
    activation = { kind = "categorical", choices = ["relu", "tanh"] }
    ```
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    genes: dict[str, Annotated[Number | Categorical, Field(discriminator="kind")]] = Field(
        min_length=1, description="A table: name of the gene -> its kind and bounds or choices."
    )
    sigma: float = Field(
        0.1, gt=0.0, description="gaussian: standard deviation as a share of a gene's range."
    )
    rate: float | None = Field(
        None,
        gt=0.0,
        le=1.0,
        description="gaussian: chance of each gene to change; one of all genes where not given. "
        "At least one always changes.",
    )
    eta: float = Field(
        15.0, ge=0.0, description="sbx: distribution index; large keeps children near parents."
    )
    alpha: float = Field(
        0.5, ge=0.0, description="blend: how far beyond the parents, as a share of their distance."
    )
    scale: float = Field(0.8, gt=0.0, description="differential: factor F of the difference.")
    crossover: float = Field(
        0.9, gt=0.0, le=1.0, description="differential: chance CR of each gene to change."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        mistakes = []
        for name, gene in self.genes.items():
            try:
                gene.gene(name)
            except ConfigError as error:
                mistakes.append(str(error))
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    def described(self) -> tuple[Gene, ...]:
        """The genes, in the order of the file."""
        return tuple(gene.gene(name) for name, gene in self.genes.items())
