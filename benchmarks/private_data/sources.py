"""Sources: the real tables that play the part of private ones, with their public domains."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.private_data.lines import ROOT
from evaluators.private_data import csv_file
from evaluators.private_data.domain import Domain

RUNS = ROOT / "runs"
_FILES = {
    "acs10": ("acs2019.csv.gz", "acs20.json"),
    "acs20": ("acs2019.csv.gz", "acs20.json"),
    "adult": ("adult.csv.gz", "adult.json"),
}
NAMES = tuple(_FILES)
Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Source:
    """A table.

    Attributes:
        name: Of it and of its campaign file.
        data: CSV file.
        domain: Of the columns that are used.
    """

    name: str
    data: Path
    domain: Domain

    @classmethod
    def named(cls, name: str) -> "Source":
        """``acs10``, ``acs20`` or ``adult``; the columns of the first are those of its file."""
        data, domain = _FILES[name]
        whole = Domain.load(RUNS / "data" / domain)
        if name == "acs10":
            document = tomllib.loads(campaign(name).read_text("utf-8"))
            whole = whole.take(document["evaluator"]["columns"])
        return cls(name, RUNS / "data" / data, whole)

    @cached_property
    def codes(self) -> Codes:
        """All rows [rows, columns]."""
        return csv_file.read(self.data, self.domain)


def campaign(name: str) -> Path:
    """The campaign file of a table."""
    return RUNS / f"{name}.toml"
