"""Births: operators chosen by weight, parents by the algorithm, labels that tell both."""

import numpy as np
import pytest

from evosearch.contracts import Objective, Operator
from evosearch.errors import ConfigError, PluginError
from evosearch.population import Population, costs_of
from evosearch.variation import breed, weighted
from tests.resume.toy import PairBatch, Pairs, PairsOptions


class Uniform:
    """Draws parents evenly."""

    def __init__(self, from_nothing=False):
        self.from_nothing = from_nothing

    def mating_pool(self, population, n, arity, rng):
        return rng.integers(len(population), size=(n, arity))


def batch(shapes, values):
    return PairBatch(np.array(shapes, dtype=np.int64), np.array(values, dtype=np.float64))


def marked():
    """A space whose operators leave their mark: shapes add up, values count the mutations."""

    class Space:
        genome_type = PairBatch

        def __init__(self):
            self.operators = {
                "random": Operator(0, lambda _r, _p, n: batch([0] * n, [0] * n)),
                "other": Operator(0, lambda _r, _p, n: batch([-1] * n, [0] * n)),
                "plus": Operator(1, lambda _r, p, _n: batch(p[0].shapes, p[0].values + 1)),
                "tenth": Operator(1, lambda _r, p, _n: batch(p[0].shapes, p[0].values + 0.1)),
                "sum": Operator(2, lambda _r, p, _n: batch(p[0].shapes + p[1].shapes, [0] * _n)),
                "first": Operator(
                    3, lambda _r, p, n: batch(p[0].shapes + p[2].shapes, [0] * n), 0.0
                ),
            }

        def describe(self, genomes):
            return [""] * len(genomes)

    return Space()


def population(n=8, status=0):
    genomes = batch([10**k for k in range(n)], [0] * n)
    objectives = np.zeros((n, 1))
    return Population(
        ids=np.arange(101, 101 + n),
        genomes=genomes,
        digests=genomes.digests(),
        objectives=objectives,
        costs=costs_of(objectives, (Objective("error"),)),
        status=np.full(n, status, dtype=np.int8),
        measures=np.zeros((n, 0)),
        sizes=genomes.sizes(),
        births=np.zeros(n, dtype=np.int64),
    )


def born(people, n=400, weights=None, mutations=(1.0,), algorithm=None, seed=0, space=None):
    return breed(
        weighted(space or marked(), weights or {}),
        algorithm or Uniform(),
        people,
        n,
        mating=np.random.default_rng([seed, 0]),
        variation=np.random.default_rng([seed, 1]),
        mutations=mutations,
    )


def test_children_are_what_their_label_and_parents_say():
    people = population()
    births = born(people)
    assert set(births.operators) == {"plus", "tenth", "sum"}
    shape_of = dict(zip(people.ids.tolist(), people.genomes.shapes.tolist(), strict=True))
    shape_of[0] = 0
    expected = [sum(shape_of[parent] for parent in row) for row in births.parents.tolist()]
    assert births.genomes.shapes.tolist() == expected
    made_by = {"plus": 1.0, "tenth": 0.1, "sum": 0.0}
    assert births.genomes.values.tolist() == [made_by[name] for name in births.operators]
    mated = np.count_nonzero(births.parents, axis=1)
    assert mated.tolist() == [2 if name == "sum" else 1 for name in births.operators]


def test_three_parents_keep_their_positions():
    births = born(population(), weights={"first": 1.0, "plus": 0, "tenth": 0, "sum": 0})
    assert births.parents.shape == (400, 3)
    assert (births.parents > 0).all()
    shapes = 10 ** (births.parents - 101)
    assert np.array_equal(births.genomes.shapes, shapes[:, 0] + shapes[:, 2])


def test_mutations_in_a_row_are_labelled_in_their_order():
    births = born(population(), mutations=(0.4, 0.3, 0.2, 0.1), n=2000)
    values = {"plus": 1.0, "tenth": 0.1}
    lengths = []
    for label, value in zip(births.operators, births.genomes.values.tolist(), strict=True):
        steps = label.split("+")
        if label == "sum":
            assert value == 0.0
            continue
        assert value == pytest.approx(sum(values[step] for step in steps))
        lengths.append(len(steps))
    shares = np.bincount(lengths, minlength=5)[1:] / len(lengths)
    assert shares == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=0.05)


def test_recombined_children_are_not_mutated():
    births = born(population(), mutations=(0.0, 1.0))
    assert {label for label in births.operators if "sum" in label} == {"sum"}
    assert all(label.count("+") == 1 for label in births.operators if label != "sum")


class Doubled:
    """An apply in two steps: that of ``operator``, then values are doubled; counts its calls."""

    def __init__(self, operator, calls):
        self.begin = operator.apply
        self.calls = calls

    def finish(self, raw, parents, rows):
        self.calls.append(len(raw))
        stand_in = raw.shapes if parents is None else parents.shapes[rows]
        return batch(np.where(raw.values > 2.5, stand_in, raw.shapes), 2 * raw.values)

    def __call__(self, rng, parents, n):
        return self.finish(self.begin(rng, parents, n), parents[0], np.arange(n))


def test_operators_in_two_steps_are_finished_together():
    calls = []
    together, apart = marked(), marked()
    shared = Doubled(apart.operators["plus"], calls).finish
    for name, operator in apart.operators.items():
        if operator.arity:
            doubled = Doubled(operator, [])
            apart.operators[name] = Operator(
                operator.arity, lambda *given, own=doubled: own(*given), operator.weight
            )
            doubled = Doubled(operator, calls)
            doubled.finish = shared
            together.operators[name] = Operator(operator.arity, doubled, operator.weight)
    mutations = (0.4, 0.3, 0.2, 0.1)
    one = born(population(), space=together, mutations=mutations)
    two = born(population(), space=apart, mutations=mutations)
    assert one.genomes.digests() == two.genomes.digests()
    assert one.operators == two.operators
    assert len(calls) == 4
    assert calls[0] == 400


def test_operators_are_chosen_by_weight():
    births = born(population(), n=3000, weights={"plus": 3.0, "tenth": 1.0, "sum": 0.0})
    assert births.operators.count("plus") / 3000 == pytest.approx(0.75, abs=0.03)
    assert "sum" not in births.operators


@pytest.mark.parametrize("people", [None, population(n=3, status=2)])
def test_life_comes_from_nothing_when_nobody_can_breed(people):
    births = born(people)
    assert set(births.operators) == {"random", "other"}
    assert not births.parents.any()


@pytest.mark.parametrize("weight", [1.0, 0.0])
def test_an_algorithm_from_nothing_samples_evenly(weight):
    weights = {"random": weight}
    births = born(population(), algorithm=Uniform(from_nothing=True), weights=weights)
    assert set(births.operators) == {"random"}


def test_others_give_no_life_by_an_operator_of_weight_0():
    assert set(born(None, weights={"random": 0.0}).operators) == {"other"}


def test_births_depend_on_the_streams_alone():
    space = Pairs(PairsOptions())
    first, again, other = (born(population(), seed=s, space=space) for s in (1, 1, 2))
    assert first.genomes.digests() == again.genomes.digests()
    assert first.operators == again.operators
    assert np.array_equal(first.parents, again.parents)
    assert first.genomes.digests() != other.genomes.digests()


def test_unknown_operators_are_named():
    with pytest.raises(
        ConfigError, match=r"operators.plsu: no such operator; did you mean 'plus'"
    ):
        weighted(marked(), {"plsu": 1.0})


def test_something_has_to_give_life():
    with pytest.raises(ConfigError, match="every operator of arity 0 has weight 0"):
        weighted(marked(), {"random": 0.0, "other": 0.0})
    space = marked()
    space.operators = {"plus": space.operators["plus"]}
    with pytest.raises(PluginError, match="nothing can be born"):
        weighted(space, {})
