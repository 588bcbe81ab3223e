"""The search space ``tables``."""

from pathlib import Path

from evosearch.genomes.table import TableBatch
from search_spaces.tables.domain import columns_of
from search_spaces.tables.operators import operators
from search_spaces.tables.options import TablesOptions


class Tables:
    """Tables of a number of rows, whose cells are codes of the columns of a domain file."""

    options_model = TablesOptions
    genome_type = TableBatch

    def __init__(self, options: TablesOptions, base: Path) -> None:
        """``base`` is the folder that the domain file is relative to."""
        self.options = options
        self.columns = columns_of(base / options.domain, options.columns)
        self.operators = operators(self.columns, options.rows)

    def describe(self, genomes: TableBatch) -> list[str]:
        """``27,253 rows x 20 columns``."""
        _, rows, columns = genomes.codes.shape
        return [f"{rows:,} rows x {columns:,} columns"] * len(genomes)
