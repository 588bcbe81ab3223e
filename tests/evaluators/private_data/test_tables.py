"""The tables in runs/data: their codes are those that published figures are about."""

from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from evaluators.private_data import csv_file
from evaluators.private_data.domain import Domain
from evaluators.private_data.true_error import true_errors

DATA = Path(__file__).parents[3] / "runs" / "data"


def table(name, domain):
    schema = Domain.load(DATA / f"{domain}.json")
    return schema, csv_file.read(DATA / f"{name}.csv.gz", schema)


@pytest.mark.parametrize(
    ("name", "domain", "shape", "digest"),
    [
        ("acs2019", "acs20", (27253, 20), "ddb48ee6ab19e7b47fc9254ee7960e93"),
        ("acs_tx2019", "acs20_tx", (9276, 20), "d5e05984d1f61a91d144082e86284479"),
        ("adult", "adult", (48842, 14), "3cbfc2e4187a18eabc087ae0aa3daf87"),
    ],
)
def test_codes_are_those_of_the_binned_tables(name, domain, shape, digest):
    schema, codes = table(name, domain)
    assert codes.shape == shape
    assert (codes < np.array(schema.sizes)).all()
    little = np.ascontiguousarray(codes, "<u2").tobytes()
    assert blake2b(little, digest_size=16).hexdigest() == digest


def test_errors_of_independent_columns_and_of_a_resample_are_the_published_ones():
    schema, codes = table("acs2019", "acs20")
    rng = np.random.default_rng(0)
    columns = np.stack([rng.permutation(column) for column in codes.T], axis=1)
    found = true_errors(codes, columns, schema.sizes)
    assert found["avg_tvd_1"] == 0
    assert found["avg_tvd_2"] == pytest.approx(0.0975, abs=5e-4)
    assert found["max_tvd_2"] == pytest.approx(0.807, abs=0.01)
    resampled = true_errors(codes, codes[rng.integers(0, len(codes), 2000)], schema.sizes)
    assert resampled["avg_tvd_2"] == pytest.approx(0.0435, abs=2e-3)
