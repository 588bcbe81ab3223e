"""1,797 handwritten digits of 8 x 8 pixels: small enough to be part of the package.

The images are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and
C. Kaynak (UCI Machine Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0), with values 0 to
16, in the selection that scikit-learn redistributes.

The 397 digits of the selection part put a standard error of about 1 point on one accuracy near
96%, and every sensible activation function comes out within it: use this task to see that a
campaign runs, not to rank functions.
"""

from importlib.resources import files

import numpy as np

from evaluators.activation.data.data import Data
from evaluators.activation.data.scaling import scaled
from evosearch.seeding import stream

SIZES = (1_000, 397, 400)
CLASSES = 10
_PLACE = 0xD1  # of the stream that orders the images


def digits(seed: int) -> Data:
    """1,000 images to train on, 397 to select by and 400 sealed ones, in an order of the seed.

    The same people's digits are in all parts, as in most uses of this set.
    """
    resource = files("evaluators.activation") / "resources" / "digits.npz"
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        images, labels = arrays["inputs"][..., None], arrays["targets"].astype(np.int32)
    order = stream(seed, "prepare", island=_PLACE).permutation(len(labels))
    parts = np.split(order, np.cumsum(SIZES)[:-1])
    # One mean and one deviation for all pixels: those at the edges hardly vary.
    inputs = scaled(*(images[part] for part in parts))
    train, selection, test = zip(inputs, (labels[part] for part in parts), strict=True)
    return Data("digits", *train, *selection, *test, classes=CLASSES)
