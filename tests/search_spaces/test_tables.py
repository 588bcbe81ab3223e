"""The space of tables: children stay inside, and each operator does what it says."""

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from evaluators.private_data.domain import Domain
from evosearch.contracts import SearchSpace
from evosearch.errors import ConfigError
from evosearch.genomes.table import Column, TableBatch
from evosearch.testing import check_search_space
from search_spaces.tables import Tables, TablesOptions
from search_spaces.tables.domain import columns_of
from search_spaces.tables.operators import operators

DATA = Path(__file__).parents[2] / "runs" / "data"
DOMAIN = {
    "home": {"values": ["a", "b"], "missing": "N"},
    "age": {"edges": [0, 1, 2, 4, 8, 16, 32]},
    "pay": {"min": 0, "max": 1, "bins": 9, "missing": ""},
    "sex": 2,
    "code": 65_536,
}
ROWS = 400


@pytest.fixture
def own(tmp_path):
    return space(tmp_path)


def space(folder, rows=ROWS, **options):
    (folder / "domain.json").write_text(json.dumps(DOMAIN))
    return Tables(TablesOptions(domain="domain.json", rows=rows, **options), folder)


def born(own, n, seed=1):
    return own.operators["random"].apply(np.random.default_rng(seed), (), n)


def varied(own, name, *parents, seed=2):
    return own.operators[name].apply(np.random.default_rng(seed), parents, len(parents[0])).codes


def marked(own, n):
    """Tables all of whose rows differ, and tell by their last code which they are."""
    batch = born(own, n)
    codes = batch.codes.copy()
    codes[:, :, 4] = np.arange(n * ROWS).reshape(n, ROWS)
    return TableBatch(batch.columns, codes)


def shares(changed):
    return changed.mean(axis=1)


def test_the_contract(own, tmp_path):
    assert isinstance(own, SearchSpace)
    assert {name: operator.arity for name, operator in own.operators.items()} == {
        "random": 0, "mutation": 1, "row_copy": 1, "column_swap": 1, "crossover": 2
    }  # fmt: skip
    check_search_space(own)
    check_search_space(space(tmp_path, rows=2))
    check_search_space(space(tmp_path, rows=3, columns=("sex",)))


def test_random_codes_are_even(own):
    batch = born(own, 50)
    assert batch.codes.shape == (50, ROWS, 5)
    assert batch.columns == tuple(map(Column, DOMAIN, (3, 6, 10, 2, 65_536)))
    for column, each in enumerate(batch.columns[:4]):
        share = np.bincount(batch.codes[:, :, column].ravel()) / (50 * ROWS)
        np.testing.assert_allclose(share, 1 / each.size, atol=0.015)
    assert batch.codes[:, :, 4].max() > 65_000


def test_mutation_redraws_a_share_of_the_cells_evenly(own):
    parents = TableBatch(own.columns, np.zeros((2000, ROWS, 5), np.uint16))
    cells = varied(own, "mutation", parents)
    changed = shares(cells[:, :, 4] > 0)
    new = cells[:, :, 2][cells[:, :, 2] > 0]
    np.testing.assert_allclose(np.bincount(new)[1:] / len(new), 1 / 9, atol=0.01)
    per_column = [(cells[:, :, j] > 0).mean() * s / (s - 1) for j, s in enumerate((3, 6, 10, 2))]
    np.testing.assert_allclose(per_column, np.mean(changed), rtol=0.1)


def test_mutation_draws_its_share_for_each_child():
    columns = (Column("a", 65_536), Column("b", 65_536))
    parents = TableBatch(columns, np.zeros((1000, ROWS, 2), np.uint16))
    apply = operators(columns, ROWS)["mutation"].apply
    changed = apply(np.random.default_rng(3), (parents,), 1000).codes > 0
    assert_log_uniform(shares(changed.reshape(1000, -1)))


def test_rows_are_copied_within_their_table(own):
    parents = marked(own, 500)
    children = varied(own, "row_copy", parents)
    changed = children[:, :, 4] != parents.codes[:, :, 4]
    assert_log_uniform(shares(changed))
    source = children[:, :, 4].astype(int) - np.arange(500)[:, None] * ROWS
    source %= 65_536
    assert (source < ROWS).all()
    rows = np.take_along_axis(parents.codes, source[:, :, None], axis=1)
    np.testing.assert_array_equal(children, rows)
    taken = np.bincount(source[changed], minlength=ROWS)
    assert taken.max() < 3 * taken.mean()


def test_swaps_keep_every_marginal_and_change_one_column(own):
    parents = marked(own, 500)
    children = varied(own, "column_swap", parents)
    np.testing.assert_array_equal(np.sort(children, axis=1), np.sort(parents.codes, axis=1))
    columns = (children != parents.codes).any(axis=1)
    assert columns.sum(axis=1).max() == 1
    assert columns.any(axis=0).all()
    swapped = columns[:, 4]
    exchanged = (children != parents.codes)[swapped, :, 4]
    assert_log_uniform(shares(exchanged), least=2 / ROWS)
    for child, parent, moved in zip(
        children[swapped, :, 4], parents.codes[swapped, :, 4], exchanged, strict=True
    ):
        partner = np.searchsorted(np.sort(parent), child)  # codes of a table are 0, 1, 2, ... on
        np.testing.assert_array_equal(partner[partner], np.arange(ROWS))
        np.testing.assert_array_equal(partner != np.arange(ROWS), moved)


def test_crossover_takes_whole_rows_of_the_other_table(own):
    a, b = marked(own, 500), born(own, 500, 9)
    children = varied(own, "crossover", a, b)
    taken = children[:, :, 4] != a.codes[:, :, 4]
    assert_log_uniform(shares(taken))
    np.testing.assert_array_equal(children, np.where(taken[:, :, None], b.codes, a.codes))
    places = np.flatnonzero(taken.sum(axis=0))
    assert len(places) > 0.95 * ROWS


def assert_log_uniform(found, least=1 / ROWS):
    assert found.min() >= 0.9 * least
    assert found.max() <= 0.251
    assert found.max() > 0.2
    middle = np.sqrt(1 / ROWS * 0.25)
    assert (found < middle).mean() == pytest.approx(0.5, abs=0.08)
    assert (found < 3 / ROWS).any()


def test_columns_can_be_chosen(tmp_path):
    few = space(tmp_path, columns=("pay", "home"))
    assert few.columns == (Column("pay", 10), Column("home", 3))
    assert born(few, 3).codes.shape == (3, ROWS, 2)


def test_tables_are_described_in_one_line(tmp_path):
    own = space(tmp_path, rows=27_253)
    assert own.describe(born(own, 2)) == ["27,253 rows x 5 columns"] * 2


# --- Domain files -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["acs20", "acs20_tx", "adult"])
def test_sizes_are_those_that_the_evaluator_reads(name):
    path = DATA / f"{name}.json"
    domain = Domain.load(path)
    assert columns_of(path) == domain.columns()
    names = domain.names[5:1:-1]
    assert columns_of(path, names) == domain.take(names).columns()


def test_every_form_has_the_size_that_the_evaluator_gives_it(tmp_path):
    (tmp_path / "all.json").write_text(json.dumps(DOMAIN))
    assert columns_of(tmp_path / "all.json") == Domain.from_json(DOMAIN).columns()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "expected JSON"),
        ("[]", "expected a JSON object"),
        ("{}", "expected 1 to 4096 different ones, received 0"),
        ('{"a": 0}', "'a': expected 1 to 65536 codes, received 0"),
        ('{"a": 70000}', "'a': expected 1 to 65536 codes"),
        ('{"a": "b"}', "column 'a': write a number of codes"),
        ('{"a": {"edges": 3}}', "column 'a': write a number of codes"),
        ('{"a": {"value": []}}', "column 'a': write a number of codes"),
    ],
)
def test_files_that_are_no_domain_are_told(tmp_path, content, says):
    (tmp_path / "d.json").write_text(content)
    with pytest.raises(ConfigError, match=says):
        columns_of(tmp_path / "d.json")


def test_columns_that_are_not_there_are_told(own, tmp_path):
    with pytest.raises(ConfigError, match=r"expected some of home, .*, received aeg"):
        space(tmp_path, columns=("age", "aeg"))
    with pytest.raises(ConfigError, match="different ones"):
        space(tmp_path, columns=("age", "age"))
    with pytest.raises(ConfigError, match="cannot read domain file"):
        columns_of(tmp_path / "nothing.json")


@pytest.mark.parametrize("rows", [1, 10_000_001, None])
def test_a_number_of_rows_is_needed(rows):
    with pytest.raises(ValidationError, match="rows"):
        TablesOptions.model_validate({"domain": "d.json", "rows": rows})
