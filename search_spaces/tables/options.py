"""Options of the space ``tables``, as its table of the campaign file."""

from pydantic import BaseModel, ConfigDict, Field


class TablesOptions(BaseModel):
    """Options of ``tables``.

    ```toml
    [space]
    use = "tables"
    domain = "people.json"
    columns = ["age", "sex"]
    rows = 10_000
    ```
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = Field(
        description="JSON file that says which codes the columns have, relative to the campaign "
        "file (docs/private-data.md)."
    )
    columns: tuple[str, ...] = Field(
        default=(), description="Those to use, in this order; by default all."
    )
    rows: int = Field(ge=2, le=1 << 22, description="Number of rows of every table.")
