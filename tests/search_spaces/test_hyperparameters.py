"""The space of hyperparameters: children stay inside, and each operator does what it says."""

import random

import numpy as np
import pytest
from deap import tools
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evosearch.contracts import SearchSpace
from evosearch.genomes.vector import VectorBatch
from search_spaces.hyperparameters import Hyperparameters, HyperparametersOptions
from search_spaces.hyperparameters.box import Box, reflect
from search_spaces.hyperparameters.operators import spread

TABLE = {
    "rate": {"kind": "log", "low": 1e-4, "high": 1.0},
    "layers": {"kind": "integer", "low": -3, "high": 8},
    "switch": {"kind": "integer", "low": 0, "high": 1},
    "activation": {"kind": "categorical", "choices": ["relu", "tanh", "gelu"]},
    "shift": {"kind": "real", "low": -1.0, "high": 3.0},
}
OPERATORS = ["random", "gaussian", "reset", "sbx", "blend", "differential"]


def space(table=TABLE, **options):
    return Hyperparameters(HyperparametersOptions.model_validate({"genes": table, **options}))


def rng(seed=0):
    return np.random.default_rng(seed)


def born(own, n, seed=1):
    return own.operators["random"].apply(rng(seed), (), n)


def column(vectors, name):
    return vectors.values[:, [gene.name for gene in vectors.genes].index(name)]


def test_the_contract():
    own = space()
    assert isinstance(own, SearchSpace)
    assert own.genome_type is VectorBatch
    assert list(own.operators) == OPERATORS
    assert [operator.arity for operator in own.operators.values()] == [0, 1, 1, 2, 2, 3]


@st.composite
def tables(draw):
    table = {}
    for i in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["real", "log", "integer", "categorical"]))
        if kind == "categorical":
            table[f"g{i}"] = {"kind": kind, "choices": list(range(draw(st.integers(2, 6))))}
            continue
        size = st.floats(1e-6, 1e6) if kind != "integer" else st.integers(1, 9).map(float)
        low = draw(size) * (1 if kind == "log" else draw(st.sampled_from([-1, 0, 1])))
        table[f"g{i}"] = {"kind": kind, "low": low, "high": low + draw(size)}
    return table


@pytest.mark.parametrize("name", OPERATORS)
@given(table=tables(), seed=st.integers(0, 2**32), wild=st.booleans())
@settings(deadline=None, derandomize=True, max_examples=15)
def test_children_stay_in_the_space(name, table, seed, wild):
    wildly = {"sigma": 50.0, "rate": 1.0, "eta": 0.0, "alpha": 9.0, "scale": 30.0}
    own = space(table, **(wildly if wild else {}))
    operator = own.operators[name]
    parents = tuple(corners(own, 16, seed + i) for i in range(operator.arity))
    children = operator.apply(rng(seed), parents, 16)
    assert len(children) == 16
    # the strict decoder checks bounds, whole numbers and the one form of zero
    back = VectorBatch.from_bytes(children.to_bytes())
    np.testing.assert_array_equal(back.values, children.values)
    assert not np.signbit(children.values[children.values == 0]).any()
    again = operator.apply(rng(seed), parents, 16)
    np.testing.assert_array_equal(again.values, children.values)


def corners(own, n, seed):
    """Vectors of which many genes stand on a bound."""
    vectors = born(own, n, seed)
    low = np.array([gene.low for gene in vectors.genes])
    high = np.array([gene.high for gene in vectors.genes])
    where = rng(seed).random(vectors.values.shape)
    values = np.where(where < 0.3, low, np.where(where > 0.7, high, vectors.values))
    return VectorBatch(vectors.genes, values + 0.0)


@pytest.mark.parametrize("name", ["sbx", "blend", "differential"])
def test_equal_parents_have_equal_children(name):
    own = space()
    operator, parent = own.operators[name], born(own, 50)
    children = operator.apply(rng(), (parent,) * operator.arity, 50)
    np.testing.assert_array_equal(children.values, parent.values)


# --- One by one -------------------------------------------------------------------------------


def test_random_is_uniform_in_each_genes_own_way():
    vectors = born(space(), 20_000)
    logs = np.log10(column(vectors, "rate"))
    share = np.histogram(logs, bins=4, range=(-4, 0))[0] / len(vectors)
    np.testing.assert_allclose(share, 0.25, atol=0.015)
    for name, count in (("layers", 12), ("activation", 3), ("switch", 2)):
        seen = np.unique(column(vectors, name), return_counts=True)[1] / len(vectors)
        np.testing.assert_allclose(seen, np.full(count, 1 / count), atol=0.015)
    assert column(vectors, "shift").mean() == pytest.approx(1.0, abs=0.03)


def test_gaussian_steps_are_as_wide_as_told():
    table = {"x": TABLE["shift"], "rate": TABLE["rate"], "n": {**TABLE["layers"], "high": 96}}
    own = space(table, sigma=0.05, rate=1.0)
    parents = VectorBatch(own.operators["random"].apply(rng(), (), 1).genes, middle(20_000))
    children = own.operators["gaussian"].apply(rng(), (parents,), 20_000)
    assert (column(children, "x") - 1.0).std() == pytest.approx(0.05 * 4, rel=0.03)
    assert np.log10(column(children, "rate")).std() == pytest.approx(0.05 * 4, rel=0.03)
    steps = column(children, "n") - 46
    assert (steps != 0).all()
    assert np.abs(steps).mean() == pytest.approx(0.05 * 100, rel=0.03)
    assert steps.mean() == pytest.approx(0.0, abs=0.2)


def middle(n):
    return np.tile([1.0, 1e-2, 46.0], (n, 1))


def test_gaussian_changes_the_share_of_genes_that_it_is_told_and_one_at_least():
    wide = {f"g{i}": TABLE["shift"] for i in range(10)}
    for rate, expected in ((None, 0.1 + 0.9 * 0.1), (0.5, 0.5 + 0.5 * 0.1)):
        own = space(wide, **({} if rate is None else {"rate": rate}))
        parents = born(own, 4000)
        changed = own.operators["gaussian"].apply(rng(), (parents,), 4000).values != parents.values
        assert changed.any(axis=1).all()
        assert changed.mean() == pytest.approx(expected, abs=0.01)


def test_gaussian_takes_another_choice():
    own = space({"activation": TABLE["activation"]})
    parents = born(own, 3000)
    children = own.operators["gaussian"].apply(rng(), (parents,), 3000)
    pairs = (3 * parents.values + children.values)[:, 0]
    seen, counts = np.unique(pairs, return_counts=True)
    assert seen.tolist() == [1, 2, 3, 5, 6, 7]
    np.testing.assert_allclose(counts / 3000, 1 / 6, atol=0.03)


def test_reset_changes_one_gene_at_most():
    own = space()
    parents = born(own, 500)
    changed = own.operators["reset"].apply(rng(), (parents,), 500).values != parents.values
    assert changed.sum(axis=1).max() == 1
    assert changed.any(axis=0).all()


@given(
    x=st.floats(0, 1), y=st.floats(0, 1), u=st.floats(0, 0.999), eta=st.sampled_from([0.0, 2, 15])
)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_sbx_is_deaps(x, y, u, eta):
    """DEAP crosses a gene where a first draw is at most 0.5, spreads by a second one."""
    if abs(x - y) < 1e-9:
        return
    draws = iter([0.0, u, 1.0])  # cross; spread; leave the children as they are
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random, "random", lambda: next(draws))
        expected = tools.cxSimulatedBinaryBounded([x], [y], eta, 0.0, 1.0)
    ours = spread(np.array([[x]]), np.array([[y]]), np.array([[u]]), eta)
    expected = sorted(child[0] for child in expected)
    np.testing.assert_allclose(sorted(child[0, 0] for child in ours), expected, atol=1e-12)


def test_sbx_stays_near_its_parents_where_eta_is_large():
    table = {f"g{i}": TABLE["shift"] for i in range(6)}
    a, b = born(space(table), 2000, 1), born(space(table), 2000, 2)
    near = {}
    for eta in (2.0, 50.0):
        children = space(table, eta=eta).operators["sbx"].apply(rng(), (a, b), 2000).values
        own = np.minimum(np.abs(children - a.values), np.abs(children - b.values))
        near[eta] = own.mean()
        assert (children == a.values).mean() == pytest.approx(0.5, abs=0.03)
    assert near[50.0] < 0.3 * near[2.0]


def test_blend_reaches_beyond_its_parents_by_alpha():
    own = space({"shift": {"kind": "real", "low": -100.0, "high": 100.0}}, alpha=0.5)
    genes = born(own, 1).genes
    a, b = (VectorBatch(genes, np.full((20_000, 1), value)) for value in (4.0, 8.0))
    children = own.operators["blend"].apply(rng(), (a, b), 20_000).values
    assert children.min() == pytest.approx(2.0, abs=0.01)
    assert children.max() == pytest.approx(10.0, abs=0.01)
    assert children.std() == pytest.approx(8 / np.sqrt(12), rel=0.02)


def test_differential_adds_the_scaled_difference():
    table = {"x": {"kind": "real", "low": -10.0, "high": 10.0}, "rate": TABLE["rate"]}
    own = space(table, scale=0.5, crossover=1.0)
    genes = born(own, 1).genes
    rows = ([1.0, 1e-2], [4.0, 1e-1], [2.0, 1e-3])
    parents = tuple(VectorBatch(genes, np.array([row])) for row in rows)
    child = own.operators["differential"].apply(rng(), parents, 1).values[0]
    np.testing.assert_allclose(child, [2.0, 1e-1])  # 1 + (4-2)/2, and decades: -2 + (-1+3)/2


def test_differential_takes_choices_of_all_three():
    own = space({"activation": TABLE["activation"]}, crossover=1.0)
    genes = born(own, 1).genes
    parents = tuple(VectorBatch(genes, np.full((3000, 1), float(i))) for i in range(3))
    children = own.operators["differential"].apply(rng(), parents, 3000).values
    np.testing.assert_allclose(np.bincount(children[:, 0].astype(int)) / 3000, 1 / 3, atol=0.03)


def test_the_unit_box_gives_back_what_it_got():
    vectors = corners(space(), 300, 5)
    box = Box(vectors.genes)
    unit = box.to_unit(vectors.values)
    assert ((unit >= 0) & (unit <= 1)).all()
    np.testing.assert_allclose(box.from_unit(unit), vectors.values, rtol=1e-12, atol=1e-15)


def test_reflection_folds_the_line_into_the_box():
    places = np.array([[-0.25, 0.25, 1.25, 2.25, -1.75, 0.0, 1.0]])
    np.testing.assert_allclose(reflect(places), [[0.25, 0.25, 0.75, 0.25, 0.25, 0.0, 1.0]])


# --- Options and text -------------------------------------------------------------------------


def test_individuals_are_described_in_one_line():
    own = space()
    vectors = VectorBatch(born(own, 1).genes, np.array([[0.001234567, 3, 0, 2, -0.5]]))
    expected = "rate=0.00123457 layers=3 switch=0 activation=gelu shift=-0.5"
    assert own.describe(vectors) == [expected]


def test_all_genes_that_are_none_are_told():
    table = {
        "a": {"kind": "log", "low": 0.0, "high": 1.0},
        "b": {"kind": "real", "low": 2.0, "high": 1.0},
    }
    with pytest.raises(ValidationError, match=r"(?s)'a'.*'b'"):
        space(table)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "at least 1"),
        ({"a": {"kind": "reel", "low": 0, "high": 1}}, "'real', 'log', 'integer', 'categorical'"),
        ({"a": {"kind": "real", "low": 0}}, "high"),
        ({"a": {"kind": "real", "low": 0, "high": 1, "step": 1}}, "step"),
        ({"a": {"kind": "categorical", "choices": ["x"], "low": 0}}, "low"),
    ],
)
def test_wrong_genes_are_refused(table, says):
    with pytest.raises(ValidationError, match=says):
        space(table)


def test_choices_keep_their_types():
    own = space({"a": {"kind": "categorical", "choices": [True, 1, 1.0, "1"]}})
    rows = VectorBatch(born(own, 1).genes, np.arange(4.0)[:, None]).rows_as_dicts()
    assert [type(row["a"]) for row in rows] == [bool, int, float, str]
