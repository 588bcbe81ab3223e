"""Partitions of every kind over four small columns, and a plain account of their energy."""

import numpy as np

from evaluators.private_data.partition import Partition

SIZES = (3, 4, 2, 5)
MERGED = np.array([0, 1, 1, 2, 2])


def partitions():
    """A sign first: its cells are not its sums, and padding refers to partition 0."""
    rng = np.random.default_rng(8)
    signs = [rng.integers(-9, 9, size) for size in (3, 2, 5)]
    codes = [np.arange(size) for size in SIZES]
    return (
        Partition.sign("s", (0, 2, 3), signs),
        *(
            Partition.grid(f"{a} x {b}", (a, b), [codes[a], codes[b]])
            for a in range(4)
            for b in range(a + 1, 4)
        ),
        Partition.tabulated("t", (3, 1), rng.permutation(20).reshape(5, 4) % 3),
        Partition.grid("merged", (1, 3), [codes[1], MERGED]),
        Partition.grid("three", (0, 2, 3), [codes[0], codes[2], MERGED]),
        Partition.tabulated("u", (2,), [1, 0]),
        Partition.grid("one", (3,), [codes[3]]),
        Partition.sign("r", (1,), [[-1, 0, 0, -1]]),
    )


def tables(rng, number, rows):
    """Random codes."""
    drawn = [rng.integers(0, size, (number, rows)) for size in SIZES]
    return np.stack(drawn, axis=2).astype(np.uint16)


def marginals(rng):
    """Uneven, and none 0."""
    return [rng.dirichlet(np.full(size, 2.0)) * 0.9 + 0.1 / size for size in SIZES]
