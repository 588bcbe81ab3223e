"""Children for a given stream are part of every campaign's digest: no change may alter them."""

from hashlib import blake2b

import numpy as np
import pytest
from populations import population

from evosearch.selection import build
from evosearch.variation import breed, weighted
from search_spaces.expressions import Expressions, ExpressionsOptions

OPERATORS = {
    "add sub mul div": {
        "seed": "f4ce2796",
        "random": "59670ea4",
        "insert": "ab213b50",
        "append": "f4e22af1",
        "neutral": "19bdbf97",
        "wrap": "d2804e21",
        "delete": "411fd0dd",
        "change": "900affe0",
        "rewire": "d19ac174",
        "share": "09d1206a",
        "perturb": "1b8465a9",
        "regrow": "1b8465a9",
        "graft": "b04d202c",
    },
    "add mul fma div": {
        "seed": "f4ce2796",
        "random": "655951b8",
        "insert": "ab450fa5",
        "append": "e248dbe2",
        "neutral": "31d363e5",
        "wrap": "c9851f60",
        "delete": "a212af65",
        "change": "411b5677",
        "rewire": "73be29f7",
        "share": "2ab3d689",
        "perturb": "2e1de3cb",
        "regrow": "2e1de3cb",
        "graft": "8959e068",
    },
}


def space(primitives, **options):
    return Expressions(
        ExpressionsOptions(primitives=tuple(primitives.split()), inputs=2, **options)
    )


def fingerprint(genomes):
    """Of structures: the last bit of a power of ten is the machine's."""
    return blake2b(b"".join(genomes.structures()), digest_size=4).hexdigest()


@pytest.mark.parametrize(("primitives", "hashed"), OPERATORS.items())
def test_each_operator(primitives, hashed):
    own = space(primitives, max_operations=24, max_constants=6)
    rng = np.random.default_rng(1)
    parents = [own.operators["random"].apply(rng, (), 400) for _ in range(2)]
    found = {}
    for name, operator in own.operators.items():
        given = tuple(parents[: operator.arity])
        found[name] = fingerprint(operator.apply(np.random.default_rng(2), given, 400))
    assert found == hashed


@pytest.mark.parametrize(
    ("primitives", "hashed"),
    [("add sub mul div", "c5b8230420e052da"), ("max sin add fma", "5f4221e560fca5f6")],
)
def test_generations(primitives, hashed):
    own = space(primitives, max_operations=12)
    algorithm = build("nsga2", {})
    people = population(np.arange(500), ids=np.arange(1, 501))
    genomes = own.operators["random"].apply(np.random.default_rng(3), (), 500)
    for generation in range(4):
        people = type(people)(**{**vars(people), "genomes": genomes})
        born = breed(
            weighted(own, {}),
            algorithm,
            people,
            500,
            mating=np.random.default_rng([4, generation]),
            variation=np.random.default_rng([5, generation]),
            mutations=(0.45, 0.3, 0.17, 0.08),
        )
        genomes = born.genomes
    labels = blake2b("".join(born.operators).encode(), digest_size=4).hexdigest()
    assert fingerprint(genomes) + labels == hashed
