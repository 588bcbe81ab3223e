"""Fingerprints: what differs is told, what cannot matter is left out."""

import json

from evosearch.fingerprint import difference, fingerprint

CONFIG = {"algorithm": {"population": 4, "mutations": [1.0, 2.0]}, "space": {"use": "a"}}


def made(config=CONFIG, **code):
    return fingerprint(config, {"evaluator": "1", **code}, "a:B")


def test_it_survives_json():
    assert difference(json.loads(json.dumps(made())), made()) == []


def test_every_difference_is_one_line():
    changed = {"algorithm": {"population": 5, "mutations": [1.0]}, "space": {"use": "a", "n": 1}}
    assert difference(made(), made(changed, evaluator="2")) == [
        "code.evaluator: 1 -> 2",
        "algorithm.mutations: [1.0, 2.0] -> [1.0]",
        "algorithm.population: 4 -> 5",
        "space.n: (none) -> 1",
    ]


def test_flags_of_the_environment_count_unless_derived_from_the_machine(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_prefer_vector_width=512 --xla_one=1")
    before = made()
    monkeypatch.setenv("XLA_FLAGS", "--xla_one=1")
    assert difference(before, made()) == []
    monkeypatch.setenv("XLA_FLAGS", "--xla_one=2")
    assert difference(before, made()) == ["environment.XLA_FLAGS: --xla_one=1 -> --xla_one=2"]


def test_it_knows_versions_without_importing_them():
    versions = made()["versions"]
    assert versions["numpy"][0].isdigit()
    assert set(versions) == {"evosearch", "numpy", "jax", "jaxlib"}
    assert made()["primitives"]["add"] == 1
