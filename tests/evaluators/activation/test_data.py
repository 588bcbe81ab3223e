"""The data sets: their distribution, that they are drawn the same again, and strict files."""

import zipfile

import numpy as np
import pytest

from evaluators.activation.data import NAMES, Data, Source, load
from evaluators.activation.data.characters import ALPHABET, CONTEXT, text
from evaluators.activation.data.mnist1d import signals
from evaluators.activation.data.regression import targets
from evosearch.errors import ConfigError

# Of 14,000 signals that the original generator made: means and variances of each digit at eight
# places, and how often class-wise Gaussians fitted to 4,000 of them name 10,000 others.
PLACES = [2, 7, 12, 17, 22, 27, 32, 37]
MEANS = [
    [0.223, 0.643, 0.681, 0.673, 0.715, 0.694, 0.146, 0.052],
    [-0.145, -0.12, -0.154, -0.168, -0.132, -0.148, 0.083, 0.024],
    [0.121, 0.037, 0.019, 0.049, 0.018, 0.019, -0.02, 0.037],
    [0.178, 0.445, 0.489, 0.452, 0.463, 0.499, 0.13, 0.081],
    [-0.049, -0.199, -0.22, -0.194, -0.161, -0.148, 0.037, 0.021],
    [-0.086, -0.03, -0.009, -0.007, -0.007, -0.012, 0.083, 0.048],
    [-0.159, -0.58, -0.552, -0.525, -0.613, -0.632, -0.082, 0.035],
    [0.169, 0.227, 0.237, 0.233, 0.217, 0.224, 0.022, 0.08],
    [-0.132, -0.357, -0.31, -0.376, -0.441, -0.356, -0.045, -0.005],
    [-0.158, -0.245, -0.206, -0.253, -0.195, -0.187, -0.005, 0.061],
]
VARIANCES = [
    [1.02, 1.716, 1.59, 1.598, 1.457, 1.698, 0.673, 0.794],
    [1.096, 0.809, 0.736, 0.664, 0.714, 0.69, 0.543, 0.769],
    [0.848, 0.81, 0.655, 0.6, 0.613, 0.655, 0.572, 0.76],
    [1.062, 1.144, 1.116, 1.005, 0.988, 1.096, 0.711, 0.745],
    [0.851, 0.897, 0.777, 0.735, 0.726, 0.763, 0.529, 0.724],
    [0.891, 0.8, 0.637, 0.583, 0.606, 0.638, 0.543, 0.762],
    [1.164, 1.671, 1.572, 1.479, 1.539, 1.727, 0.702, 0.748],
    [0.988, 0.897, 0.732, 0.719, 0.683, 0.714, 0.53, 0.795],
    [1.13, 1.162, 0.955, 0.981, 1.072, 1.065, 0.724, 0.781],
    [1.177, 0.986, 0.741, 0.773, 0.743, 0.785, 0.567, 0.74],
]
GAUSSIANS = 0.580
SAMPLE = 1_400  # of each digit in the originals


@pytest.fixture(scope="module")
def mnist1d() -> Data:
    return load("mnist1d")


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_makes_the_same_data_again_and_another_seed_others(name):
    data = load(name, Source(seed=3))
    assert data.checksum() == load(name, Source(seed=3)).checksum()
    assert data.checksum() != load(name, Source(seed=4)).checksum()
    assert data.outputs == (6 if name == "regression" else data.classes)


@pytest.mark.parametrize("name", ["mnist1d", "digits", "regression"])
def test_no_example_is_in_two_parts(name):
    parts = [inputs.reshape(len(inputs), -1) for inputs, _ in load(name).parts().values()]
    every = np.concatenate(parts)
    assert len(np.unique(every, axis=0)) == len(every)


def test_known_data_stay_what_they_are(mnist1d):
    """The training part to six digits: a change of it would make old scores incomparable."""
    assert mnist1d.train_inputs.shape == (4_000, 40)
    assert mnist1d.selection_inputs.shape == (5_000, 40)
    assert mnist1d.test_inputs.shape == (10_000, 40)
    np.testing.assert_allclose(
        mnist1d.train_inputs[0, :3], [0.63151383, 0.33755508, -0.10650214], rtol=1e-5
    )
    assert mnist1d.train_targets[:5].tolist() == [2, 2, 7, 0, 0]
    assert np.bincount(mnist1d.test_targets).tolist() == [1_000] * 10


def test_signals_are_distributed_as_the_originals():
    """Within 4.5 standard errors at each of 80 places; a wrong order of steps is far outside."""
    inputs, labels = signals(np.random.default_rng(5), 3_000)
    inputs = ((inputs - inputs.mean()) / inputs.std())[:, PLACES]
    for digit in range(10):
        ours = inputs[labels == digit]
        spread = 1 / SAMPLE + 1 / len(ours)
        means = (ours.mean(0) - MEANS[digit]) / np.sqrt(ours.var(0) * spread)
        squares = ((ours - ours.mean(0)) ** 2).var(0)
        variances = (ours.var(0) - VARIANCES[digit]) / np.sqrt(squares * spread)
        assert np.abs(means).max() < 4.5
        assert np.abs(variances).max() < 4.5


def test_gaussians_tell_the_digits_apart_as_well_as_the_originals(mnist1d):
    scores = []
    for digit in range(10):
        known = mnist1d.train_inputs[mnist1d.train_targets == digit].astype(np.float64)
        covariance = np.cov(known.T) + 0.01 * np.eye(40)
        distance = mnist1d.test_inputs - known.mean(0)
        squares = np.einsum("ni,ij,nj->n", distance, np.linalg.inv(covariance), distance)
        scores.append(-squares - np.linalg.slogdet(covariance)[1])
    right = (np.argmax(scores, axis=0) == mnist1d.test_targets).mean()
    assert abs(right - GAUSSIANS) < 0.02


def test_digits_are_all_there_and_learnable():
    data = load("digits")
    assert data.train_inputs.shape == (1_000, 8, 8, 1)
    assert sum(len(targets) for _, targets in data.parts().values()) == 1_797
    train = data.train_inputs.reshape(1_000, -1)
    held = data.test_inputs.reshape(len(data.test_inputs), -1)
    nearest = np.argmin(((held[:, None] - train) ** 2).sum(2), axis=1)
    assert (data.train_targets[nearest] == data.test_targets).mean() > 0.95


def test_regression_is_held_out_beyond_the_training_range():
    data = load("regression")
    scale = np.sqrt(3.0)
    assert np.abs(data.train_inputs).max() <= scale * 1.000001
    for part in (data.selection_inputs, data.test_inputs):
        assert (np.abs(part).max(axis=1) > scale).all()
        assert np.abs(part).max() <= 1.5 * scale * 1.000001
    np.testing.assert_allclose(data.train_targets.std(axis=0), 1.0, rtol=1e-5)
    values = targets(data.train_inputs.astype(np.float64) / scale)
    lines = np.polyfit(values[:, 0], data.train_targets[:, 0], 1)
    np.testing.assert_allclose(
        np.polyval(lines, values[:, 0]), data.train_targets[:, 0], atol=1e-4
    )


def test_characters_follow_their_grammar():
    sample = text(np.random.default_rng(0), 5_000)
    assert set(sample) <= set(ALPHABET)
    for consonant, vowels in {"b": "ae", "k": "ua", "r": "ou"}.items():
        after = [sample[at + 1] for at in range(4_999) if sample[at] == consonant]
        assert set(after) == set(vowels)
    data = load("characters")
    letters = data.train_inputs.reshape(-1, CONTEXT, len(ALPHABET)).argmax(axis=2)
    assert (letters[1:, -1] == data.train_targets[:-1]).all()


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (40, 6, 5, 3), np.uint8),
        "y_train": np.arange(40, dtype=np.uint8) % 4,
        "x_test": rng.integers(0, 256, (8, 6, 5, 3), np.uint8),
        "y_test": np.arange(8, dtype=np.uint8) % 4,
    }


def saved(folder, **arrays) -> str:
    np.savez_compressed(folder / "own.npz", **arrays)
    return "own.npz"


def test_images_of_a_file_are_scaled_by_channel_and_split(tmp_path, arrays):
    data = load(saved(tmp_path, **arrays), Source(folder=tmp_path))
    assert [len(targets) for _, targets in data.parts().values()] == [30, 10, 8]
    assert data.classes == 4
    np.testing.assert_allclose(data.train_inputs.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(data.train_inputs.std(axis=(0, 1, 2)), 1, rtol=1e-5)
    other = load("own.npz", Source(folder=tmp_path, seed=1))
    assert data.checksum() != other.checksum()
    np.testing.assert_array_equal(data.test_targets, other.test_targets)


def test_known_parts_of_a_file_are_kept(tmp_path, arrays):
    arrays |= {"x_extra": arrays["x_test"], "y_extra": arrays["y_test"]}
    arrays |= {"x_selection": arrays["x_train"][:5], "y_selection": arrays["y_train"][:5]}
    data = load(saved(tmp_path, class_names=np.array(["a"]), **arrays), Source(folder=tmp_path))
    assert [len(targets) for _, targets in data.parts().values()] == [40, 5, 16]


def test_inputs_and_targets_alone_are_split_in_three(tmp_path):
    inputs = np.arange(100.0)[:, None]
    name = saved(tmp_path, inputs=inputs, targets=np.sin(inputs[:, 0]))
    data = load(name, Source(folder=tmp_path))
    assert [len(targets) for _, targets in data.parts().values()] == [60, 20, 20]
    assert data.classes == 0
    for part, values in data.parts().values():
        np.testing.assert_allclose(np.sin(part), values, atol=1e-5)


def test_grey_images_get_a_channel(tmp_path, arrays):
    arrays = {key: value[..., 0] if value.ndim == 4 else value for key, value in arrays.items()}
    data = load(saved(tmp_path, **arrays), Source(folder=tmp_path))
    assert data.shape == (6, 5, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_test": None}, "expected x_test"),
        ({"other": np.zeros(3)}, "expected the keys"),
        ({"y_train": np.zeros((40, 2), np.uint8)}, "expected classes"),
        ({"y_train": np.zeros(39, np.uint8)}, "equal lengths"),
        ({"y_train": np.full(40, -1)}, "expected classes from 0"),
        ({"x_train": np.zeros((40, 6, 5, 3), np.complex64)}, "expected whole numbers of 8 bits"),
        ({"x_test": np.zeros((8, 6, 5, 2), np.uint8)}, "one kind and shape"),
        ({"x_train": np.full((40, 6), np.nan), "x_test": np.zeros((8, 6))}, "finite"),
        ({"x_train": np.full((40, 6), 1e300), "x_test": np.zeros((8, 6))}, "finite"),
        ({"class_names": np.array([{}], dtype=object)}, "Python objects"),
        ({"x_train": np.zeros((0, 6)), "y_train": np.zeros(0, int)}, "expected"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, arrays, change, message):
    changed = {key: value for key, value in (arrays | change).items() if value is not None}
    name = saved(tmp_path, **changed)
    with pytest.raises(ConfigError, match=message):
        load(name, Source(folder=tmp_path))


def test_an_array_that_claims_to_be_too_large_is_not_unpacked(tmp_path, arrays):
    path = tmp_path / saved(tmp_path, **arrays)
    with zipfile.ZipFile(path) as archive:
        rows = {name: archive.read(name) for name in archive.namelist()}
    wide = np.lib.format.header_data_from_array_1_0(np.zeros(1, np.uint8)) | {"shape": (1 << 40,)}
    with zipfile.ZipFile(path, "w") as archive:
        for name, row in rows.items():
            with archive.open(name, "w") as file:
                if name == "x_train.npy":
                    np.lib.format.write_array_header_1_0(file, wide)
                else:
                    file.write(row)
    with pytest.raises(ConfigError, match="at most"):
        load("own.npz", Source(folder=tmp_path))


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 broken"])
def test_what_is_no_file_of_arrays_is_refused(tmp_path, content):
    (tmp_path / "own.npz").write_bytes(content)
    with pytest.raises(ConfigError, match="cannot read"):
        load("own.npz", Source(folder=tmp_path))


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match="mnist1d, digits"):
        load("mnist")
    with pytest.raises(ConfigError, match="cannot read"):
        load("nowhere.npz")
