"""Where data come from, besides their name."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """What a data set depends on besides its name.

    Attributes:
        seed: Of what is drawn: signals, splits, noise. One seed, one data set, to the last bit.
        folder: What paths of files are relative to.
        selection: Examples at most that a file's training part gives up for selection; at most a
            quarter of it.
    """

    seed: int = 0
    folder: Path = Path()
    selection: int = 5_000
