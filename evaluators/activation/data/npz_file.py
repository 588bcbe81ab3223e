"""A user's own data: an ``.npz`` file of plain arrays.

Keys of a file that comes with a test part:

- ``x_train``, ``y_train``: of which a part is held out for selection, drawn by the seed;
- ``x_test``, ``y_test``: sealed;
- ``x_selection``, ``y_selection``: optional; then all of ``x_train`` is trained on;
- ``x_extra``, ``y_extra``: optional; more test examples;
- ``class_names``: optional, not used.

Or ``inputs`` and ``targets`` alone: three fifths to train on, one fifth each for selection and
test, drawn by the seed.

Inputs are (n, length), (n, height, width) or (n, height, width, channels). Whole numbers of 8 bits
are brought to mean 0 and deviation 1, images by channel; floating-point numbers are taken as they
are. Targets are whole numbers (classes from 0 on), or floating-point numbers of a regression,
(n,) or (n, outputs).
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float32

from evaluators.activation.data.data import Data
from evaluators.activation.data.scaling import scaled
from evaluators.activation.data.source import Source
from evosearch.errors import ConfigError
from evosearch.seeding import stream

MOST_BYTES = 2 << 30  # of all arrays of a file
MOST_CLASSES = 10_000
_PLACE = 0x0F  # of the stream that draws the splits
_PAIRS = ("train", "test", "selection", "extra")
_KNOWN = {f"{letter}_{part}" for part in _PAIRS for letter in "xy"} | {"class_names"}
_WHOLE = {"inputs", "targets"}
_UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)
_Arrays = dict[str, npt.NDArray[Any]]
_Part = tuple[npt.NDArray[Any], npt.NDArray[Any]]


def npz_file(path: Path, source: Source) -> Data:
    """The data of a file.

    Raises:
        ConfigError: The file cannot be read, is larger than `MOST_BYTES`, or is not of the form
            above; with every mistake.
    """
    arrays = _read(path)
    if arrays.keys() == _WHOLE:
        parts = _split(arrays, source, path)
    else:
        parts = _parts(arrays, source, path)
    parts = [(_images(inputs), targets) for inputs, targets in parts]
    return _data(path, parts)


def _read(path: Path) -> _Arrays:
    """All arrays, of which the sizes are looked at before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive, path)
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files if key != "class_names"}
    except _UNREADABLE as error:
        raise ConfigError(f"data: cannot read {path.name} as an .npz file: {error}") from error
    unknown = arrays.keys() - _KNOWN
    if unknown and arrays.keys() != _WHOLE:
        raise ConfigError(
            f"{path.name}: expected the keys x_train, y_train, x_test, y_test, or inputs and "
            f"targets; received {', '.join(sorted(arrays))}"
        )
    return arrays


def _check_sizes(archive: zipfile.ZipFile, path: Path) -> None:
    """What the archive claims to unpack to first, then what the arrays claim to be."""
    claimed = sum(item.file_size for item in archive.infolist())
    if claimed <= MOST_BYTES:
        for item in archive.infolist():
            with archive.open(item) as file:
                claimed = max(claimed, _bytes(file, item.filename, path))
    if claimed > MOST_BYTES:
        raise ConfigError(
            f"{path.name}: expected at most {MOST_BYTES:,} bytes of arrays, received {claimed:,}"
        )


def _bytes(file: IO[bytes], name: str, path: Path) -> int:
    """Of an array, as its header says."""
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ConfigError(f"{path.name}: {name}: expected an array of NumPy's format 1 or 2")
    shape, _, kind = readers[version](file)
    if kind.hasobject:
        raise ConfigError(f"{path.name}: {name}: expected numbers, received Python objects")
    size = kind.itemsize
    for length in shape:
        size *= length
    return size


def _parts(arrays: _Arrays, source: Source, path: Path) -> list[_Part]:
    """Train, selection and test of a file that has a test part."""
    present = [part for part in _PAIRS if f"x_{part}" in arrays or f"y_{part}" in arrays]
    missing = [
        f"{letter}_{part}"
        for part in dict.fromkeys(("train", "test", *present))
        for letter in "xy"
        if f"{letter}_{part}" not in arrays
    ]
    if missing:
        raise ConfigError(f"{path.name}: expected {', '.join(missing)} besides what is there")
    found = {part: _pair(arrays, f"x_{part}", f"y_{part}", path) for part in present}
    train, test = found["train"], found["test"]
    if "extra" in found:
        test = _joined(test, found["extra"], path)
    if "selection" in found:
        return [train, found["selection"], test]
    n = len(train[1])
    held = min(source.selection, n // 4)
    order = stream(source.seed, "prepare", island=_PLACE).permutation(n)
    kept, selection = np.sort(order[held:]), np.sort(order[:held])
    return [(train[0][kept], train[1][kept]), (train[0][selection], train[1][selection]), test]


def _split(arrays: _Arrays, source: Source, path: Path) -> list[_Part]:
    inputs, targets = _pair(arrays, "inputs", "targets", path)
    order = stream(source.seed, "prepare", island=_PLACE).permutation(len(targets))
    fifth = len(order) // 5
    train, selection, test = np.split(order, [len(order) - 2 * fifth, len(order) - fifth])
    return [(inputs[part], targets[part]) for part in (train, selection, test)]


def _pair(arrays: _Arrays, x: str, y: str, path: Path) -> _Part:
    """Inputs and targets of a part, of the kinds that are allowed."""
    inputs, targets = arrays[x], arrays[y]
    mistakes = []
    if inputs.dtype != np.uint8 and inputs.dtype.kind != "f":
        mistakes.append(
            f"{x}: expected whole numbers of 8 bits or floating-point numbers, received "
            f"{inputs.dtype}"
        )
    if not 2 <= inputs.ndim <= 4:
        mistakes.append(
            f"{x}: expected (n, length), (n, h, w) or (n, h, w, channels), received {inputs.shape}"
        )
    if targets.dtype.kind not in "iuf" or targets.ndim not in (1, 2 if _real(targets) else 1):
        mistakes.append(
            f"{y}: expected classes (n,), or floating-point numbers (n,) or (n, outputs), "
            f"received {targets.dtype} of shape {targets.shape}"
        )
    if not mistakes and len(inputs) != len(targets):
        mistakes.append(
            f"{x} and {y}: expected equal lengths, received {len(inputs)} and {len(targets)}"
        )
    if mistakes:
        raise ConfigError([f"{path.name}: {mistake}" for mistake in mistakes])
    return inputs, targets


def _joined(
    first: _Part,
    second: _Part,
    path: Path,
) -> _Part:
    for one, other in zip(first, second, strict=True):
        if one.shape[1:] != other.shape[1:] or one.dtype != other.dtype:
            raise ConfigError(f"{path.name}: expected test and extra of one kind and shape")
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])


def _images(inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(n, height, width) with one channel behind."""
    return inputs[..., None] if inputs.ndim == 3 else inputs


def _real(targets: npt.NDArray[Any]) -> bool:
    return targets.dtype.kind == "f"


def _data(path: Path, parts: Sequence[_Part]) -> Data:
    kinds = {(inputs.dtype, inputs.shape[1:], _real(targets)) for inputs, targets in parts}
    if len(kinds) > 1:
        raise ConfigError(f"{path.name}: expected parts of one kind and shape, received {kinds}")
    inputs = _floats([inputs for inputs, _ in parts])
    targets = [targets for _, targets in parts]
    real = _real(targets[0])
    classes = 0 if real else _classes(targets, path)
    taken = [_rows(each) if real else each.astype(np.int32) for each in targets]
    train, selection, test = zip(inputs, taken, strict=True)
    return Data(path.stem, *train, *selection, *test, classes=classes)


def _floats(parts: Sequence[npt.NDArray[Any]]) -> Sequence[Float32[np.ndarray, "..."]]:
    """Images by channel, 8-bit tables by one mean and one deviation, others as they are."""
    if parts[0].dtype != np.uint8:
        return [_float32(part) for part in parts]
    if parts[0].ndim > 2:
        return scaled(*parts)
    return [part[..., 0] for part in scaled(*(part[..., None] for part in parts))]


def _float32(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        return values.astype(np.float32)


def _rows(targets: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return _float32(targets[:, None] if targets.ndim == 1 else targets)


def _classes(targets: Sequence[npt.NDArray[Any]], path: Path) -> int:
    known = np.concatenate([np.unique(each) for each in targets])
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    if low < 0 or high >= MOST_CLASSES:
        raise ConfigError(
            f"{path.name}: expected classes from 0 to {MOST_CLASSES - 1} at most, received "
            f"{low} to {high}"
        )
    return high + 1
