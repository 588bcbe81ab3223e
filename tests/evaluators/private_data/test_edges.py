"""Private edges: bins of equal mass, told by a release that is paid for, and kept for ever."""

import json
from fractions import Fraction

import numpy as np
import pytest
from private_people import DOMAIN, write_people
from pydantic import ValidationError

from evaluators.private_data import csv_file
from evaluators.private_data.accounting import rho_of
from evaluators.private_data.edges import columns_to_join, joined, with_joined
from evaluators.private_data.evaluator import PrivateData
from evaluators.private_data.options import Options, Workload
from evaluators.private_data.partition import Partition
from evosearch import config
from evosearch.genomes.table import TableBatch
from evosearch.seeding import key

pytest.importorskip("opendp")


def test_bins_have_about_as_many_rows():
    counts = np.random.default_rng(1).gamma(0.5, 100, 400)
    found = joined(counts, 0, 16)
    masses = np.bincount(found, counts)
    assert len(masses) == 16
    assert (np.diff(found) >= 0).all()
    assert masses.max() - counts.sum() / 16 < counts.max()


def test_missing_stays_alone_and_nothing_is_left_out():
    counts = np.array([900.0, -5.0, 0.0, 40.0, 1000.0, 0.0, 30.0])
    found = joined(counts, 1, 3)
    assert found[0] == 0
    assert (found[1:] > 0).all()
    assert set(found) == set(range(found.max() + 1))


def test_noise_alone_still_makes_bins():
    found = joined(np.full(12, -3.0), 0, 4)
    assert set(found) == set(range(found.max() + 1))


def test_only_single_codes_are_joined():
    plain = Partition.grid("a x b", [0, 1], [np.arange(4), np.arange(3)])
    ranged = Partition.grid("a/2 x b", [0, 1], [np.arange(4) // 2, np.arange(3)])
    bins = {0: np.array([0, 0, 0, 1])}
    first, second = with_joined((plain, ranged), bins)
    assert first.shape == (2, 3)
    assert second.shape == (2, 3)
    assert (second.merged[0] == np.arange(4) // 2).all()


@pytest.fixture
def folder(tmp_path):
    write_people(tmp_path)
    fine = {**DOMAIN, "age": {"min": 0, "max": 100, "bins": 50}}
    (tmp_path / "domain.json").write_text(json.dumps(fine))
    return tmp_path


def evaluator_in(folder, **workload):
    given = config.load(folder / "people.toml").evaluator.model_dump()
    given.pop("use")
    given |= {"epsilon": 20.0, "workload": {"edges": 6, "first": 0.2, **workload}}
    return PrivateData(Options(**given), folder)


def test_they_are_paid_for_and_stored(folder):
    evaluator = evaluator_in(folder)
    assert columns_to_join(evaluator.domain.fields, 6) == [1]  # pay has three bins
    rho = evaluator.charge().rho
    prepared = evaluator.prepare(key(1, "prepare"))
    answers = evaluator._setting.answers(prepared)
    assert [each.name for each in answers.partitions] == [
        "area x age",
        "area x pay",
        "age x pay",
        "age",
    ]
    assert answers.partitions[0].shape == (3, 6)
    assert answers.partitions[3].shape == (50,)
    spent = sum(2 / (2 * deviation**2) for deviation in answers.deviations)
    assert float(rho) * (1 - 1e-6) < spent <= float(rho) * (1 + 1e-12)
    assert 1 / answers.deviations[3] ** 2 == pytest.approx(0.2 * float(rho_of(20, Fraction(1e-6))))
    # from the stored arrays alone, the same again
    again = evaluator_in(folder)._setting.answers(prepared)
    for one, other in zip(answers.partitions, again.partitions, strict=True):
        assert one.name == other.name
        assert all((a == b).all() for a, b in zip(one.merged, other.merged, strict=True))


def test_tables_have_single_codes_and_fit(folder):
    evaluator = evaluator_in(folder)
    prepared = evaluator.prepare(key(1, "prepare"))
    rng = np.random.default_rng(2)
    codes = np.stack([rng.integers(0, size, (1, 400)) for size in evaluator.domain.sizes], axis=2)
    born = TableBatch(evaluator.domain.columns(), codes.astype(np.uint16))
    fitted = evaluator.refine(born, prepared, key(1, "refine"))
    ages = np.bincount(fitted.codes[0, :, 1], minlength=50)
    private = np.bincount(
        csv_file.read(folder / "people.csv", evaluator.domain)[:, 1], minlength=50
    )
    assert np.abs(ages - private).sum() < np.abs(np.full(50, 8) - private).sum() / 2
    assert (
        evaluator.score(fitted, prepared, fidelity="full", key=key(1, "score")).objectives[0, 0]
        < 1.5
    )


def test_not_with_rounds():
    with pytest.raises(ValidationError, match="edges and rounds"):
        Workload(edges=8, rounds=3)
