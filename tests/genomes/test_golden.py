"""Byte forms are stored: no change may alter them. The hashes are those of the first release.

Arithmetic alone is exact on every machine; where a hash covers other functions, it covers
structures, which constants do not enter.
"""

from hashlib import blake2b

import numpy as np
import pytest
from random_programs import random_programs

from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import BY_NAME, COMMUTATIVE


def fingerprint(rows):
    return blake2b(b"".join(rows), digest_size=8).hexdigest()


def programs(seed, n, length, names, inputs, constants):
    codes = tuple(BY_NAME[name].code for name in names.split())
    rng = np.random.default_rng(seed)
    batch = random_programs(rng, n, length, codes=codes, n_inputs=inputs, n_constants=constants)
    return batch.with_constants(rng.integers(-20, 20, batch.constants.shape) / 8)


@pytest.mark.parametrize(
    ("given", "hashed"),
    [
        ((0, 3000, 12, "add sub mul div", 1, 2), "908426615702f74a"),
        ((1, 2000, 30, "add mul", 1, 1), "3bd93738e22f125a"),
        ((2, 500, 60, "add sub mul div max min neg abs", 3, 12), "37318b688b7e393a"),
        ((3, 9000, 5, "add sub mul", 64, 3), "950770fdfcd3c3f3"),
    ],
)
def test_canonical_bytes(given, hashed):
    batch = programs(*given)
    children = canonical(batch)
    assert fingerprint(children.to_bytes() + children.digests()) == hashed


@pytest.mark.parametrize(
    ("given", "hashed"),
    [
        ((4, 2000, 20, "fma sin add", 3, 6), "6089f08210bd408e"),
        ((5, 2000, 20, "add sub mul div max exp log sin tanh abs", 5, 4), "a71bd74339bb21b8"),
    ],
)
def test_canonical_structures(given, hashed):
    assert fingerprint(canonical(programs(*given)).structures()) == hashed


def test_the_programs_leave_nothing_out():
    batch = programs(2, 500, 60, "add sub mul div max min neg abs", 3, 12)
    children = canonical(batch)
    assert (children.lengths < batch.lengths).mean() > 0.9
    assert children.n_constants.max() > 10
    assert COMMUTATIVE[children.ops].any()
