"""Random streams that hold no state: each is made from where it is used.

A stream is a NumPy Philox generator keyed by (campaign seed, purpose, island, generation)
(Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). Draw arrays from it in slot
order; never keep it between generations.
"""

import numpy as np
from jaxtyping import UInt32, UInt64

# The position is part of every stream: append, never reorder.
PURPOSES = (
    "birth",
    "mating",
    "variation",
    "selection",
    "migration",
    "prepare",
    "refine",
    "score",
)


def stream(
    seed: int, purpose: str, *, island: int = 0, generation: int = 0
) -> np.random.Generator:
    """Generator for one purpose at one place of one campaign."""
    place = (PURPOSES.index(purpose) << 48) | (island << 32) | generation
    key = np.array([seed & 0xFFFF_FFFF_FFFF_FFFF, place], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def key(
    seed: int, purpose: str, *, island: int = 0, generation: int = 0
) -> UInt32[np.ndarray, "2"]:
    """Two words for an evaluator: raw data of a JAX key, or the seed of a NumPy generator."""
    return stream(seed, purpose, island=island, generation=generation).integers(
        0, 2**32, size=2, dtype=np.uint32
    )


def mix(words: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """The splitmix64 finaliser (Steele, Lea and Flood 2014): a fast 64-bit hash, elementwise."""
    z = words + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
