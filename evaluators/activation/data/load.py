"""A data set by its name."""

from collections.abc import Callable

from evaluators.activation.data.characters import characters
from evaluators.activation.data.data import Data
from evaluators.activation.data.digits import digits
from evaluators.activation.data.mnist1d import mnist1d
from evaluators.activation.data.npz_file import npz_file
from evaluators.activation.data.regression import regression
from evaluators.activation.data.source import Source
from evosearch.errors import ConfigError

NAMES: dict[str, Callable[[int], Data]] = {
    "mnist1d": mnist1d,
    "digits": digits,
    "regression": regression,
    "characters": characters,
}


def load(name: str, source: Source | None = None) -> Data:
    """The data set of this name, or the one in a file.

    Args:
        name: One of `NAMES`, or the path of an ``.npz`` file.
        source: Seed and folder; by default seed 0 and the current folder.

    Raises:
        ConfigError: There is no such data set, or the file is not of the form that `npz_file`
            describes.
    """
    source = source or Source()
    if name in NAMES:
        return NAMES[name](source.seed)
    if name.endswith(".npz"):
        return npz_file(source.folder / name, source)
    raise ConfigError(
        f"data: expected {', '.join(NAMES)} or the path of an .npz file, received {name!r}"
    )
