"""The next character of made-up text: a small language task without a foreign text.

Sentences come from a small grammar over an alphabet of letters: words are made of syllables whose
consonant decides which vowels may follow; a sentence is a subject, a verb and an object, where the
ending of the verb has to agree with the subject's. An example is 12 characters, one-hot, and the
character that follows. The three parts are three texts of the same language.
"""

import numpy as np
from jaxtyping import Float32, Int32

from evaluators.activation.data.data import Data
from evosearch.seeding import stream

ALPHABET = "abdeiklmnorstu .,"
CONTEXT = 12
SIZES = (8_000, 5_000, 10_000)
_PLACE = 0xC4  # of the streams that the texts are drawn from
_VOWELS = {"b": "ae", "d": "io", "k": "ua", "l": "ei", "m": "ao", "n": "ie", "r": "ou", "s": "ai"}
_ENDINGS = {"": "t", "m": "nt", "s": "mus"}  # of a subject, and of the verb that goes with it


def characters(seed: int) -> Data:
    """8,000 examples to train on, 5,000 to select by and 10,000 sealed ones."""
    parts = [
        _examples(stream(seed, "prepare", island=_PLACE, generation=part), n)
        for part, n in enumerate(SIZES)
    ]
    train, selection, test = parts
    return Data("characters", *train, *selection, *test, classes=len(ALPHABET))


def text(rng: np.random.Generator, length: int) -> str:
    """Sentences until there are so many characters."""
    sentences: list[str] = []
    while sum(map(len, sentences)) < length:
        sentences.append(_sentence(rng))
    return "".join(sentences)[:length]


def _sentence(rng: np.random.Generator) -> str:
    ending = list(_ENDINGS)[int(rng.integers(len(_ENDINGS)))]
    subject = _word(rng) + ending
    aside = f", {_word(rng)}" if rng.random() < 0.25 else ""
    return f"{subject}{aside} {_word(rng)}{_ENDINGS[ending]} {_word(rng)}. "


def _word(rng: np.random.Generator) -> str:
    syllables = []
    for _ in range(int(rng.integers(1, 4))):
        consonant = list(_VOWELS)[int(rng.integers(len(_VOWELS)))]
        vowel = _VOWELS[consonant][int(rng.random() < 0.3)]
        syllables.append(consonant + vowel)
    return "".join(syllables)


def _examples(
    rng: np.random.Generator, n: int
) -> tuple[Float32[np.ndarray, "n inputs"], Int32[np.ndarray, " n"]]:
    codes = np.array([ALPHABET.index(letter) for letter in text(rng, n + CONTEXT)], np.int32)
    windows = np.lib.stride_tricks.sliding_window_view(codes, CONTEXT)[:n]
    one_hot = np.eye(len(ALPHABET), dtype=np.float32)[windows].reshape(n, -1)
    return one_hot * np.float32(np.sqrt(len(ALPHABET))), codes[CONTEXT:]  # of mean square 1
