"""The space of activation functions: what is born, how it varies, and the limits."""

import numpy as np
import pytest
from pydantic import ValidationError

from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import ARITY, BY_CODE, BY_NAME
from evosearch.genomes.program import ProgramBatch
from evosearch.testing import check_search_space, grown
from search_spaces.activations import Activations, ActivationsOptions
from search_spaces.activations.forms import FORMS, PANGAEA, RAMACHANDRAN, UNION
from search_spaces.activations.space import depends_on_x

PARAMETER_OPERATORS = {"parameter_add", "parameter_move", "parameter_remove"}


def space(**options):
    return Activations(ActivationsOptions.model_validate(options))


def apply(own, name, parents, n, seed=0):
    operator = own.operators[name]
    return operator.apply(np.random.default_rng(seed), (parents,) * operator.arity, n)


def names(programs, row):
    return [BY_CODE[op].name for op in programs.ops[row, : programs.lengths[row]].tolist()]


def one(own, *ops, n=1):
    """ops[-1](... ops[0](x)), n times."""
    args = np.zeros((n, len(ops), 3), np.int16)
    args[:, :, 0] = np.arange(-1, len(ops) - 1)
    return ProgramBatch(
        np.tile([BY_NAME[op].code for op in ops], (n, 1)).astype(np.uint8),
        args,
        np.full(n, len(ops), np.int32),
        np.zeros((n, 0)),
        np.zeros(n, np.int32),
        np.full(n, len(ops) - 1, np.int16),
        len(own.inputs),
    )


@pytest.mark.parametrize("operators", ["union", "pangaea", "ramachandran", ("tanh", "add")])
@pytest.mark.parametrize("parameters", [0, 1, 3])
def test_it_is_a_search_space(operators, parameters):
    check_search_space(space(operators=operators, parameters=parameters), 16)


def test_it_is_one_without_constants_and_with_little_room():
    check_search_space(space(max_constants=0, max_operations=3), 16)
    check_search_space(space(max_constants=1, parameters=2, max_operations=4), 16)


def test_presets_are_the_lists_of_the_papers():
    arities = [FORMS[name].arity for name in PANGAEA]
    assert (arities.count(1), arities.count(2)) == (27, 7)
    arities = [FORMS[name].arity for name in RAMACHANDRAN]
    assert (arities.count(1), arities.count(2)) == (25, 10)
    assert "gate" not in UNION


@pytest.mark.parametrize("name", sorted(FORMS))
def test_each_form_computes_what_it_is_called(name):
    meant = {
        "identity": lambda a, _: a,
        "zero": lambda a, _: 0 * a,
        "one": lambda a, _: 0 * a + 1,
        "beta": lambda a, _: 0 * a + 3,
        "scale": lambda a, _: 3 * a,
        "shift": lambda a, _: a + 3,
        "negpart": lambda a, _: np.minimum(a, 0),
        "mix": lambda a, b: 3 * a - 2 * b,
    }
    own = space(operators=[*{name, "neg", "sub"}], exclude=[], parameters=1)
    builder = own.operators["insert"].apply.builder
    from search_spaces.expressions.draft import Draft

    draft = Draft.of(one(own, "tanh"), 2)
    form = np.array([own.options.names().index(name)])
    args = (np.array([-1]), np.array([0]))
    result, _ = builder.write(np.random.default_rng(0), draft, draft.lengths, form, args)
    draft.write(draft.lengths, 0, result)
    x = np.linspace(0.1, 2, 5)
    found = evaluate(draft.programs(), np.stack([x, 0 * x + 3]))[0]
    if name in meant:
        wanted = meant[name](x, np.tanh(x))
    else:
        primitive = BY_NAME[name]
        wanted = primitive.compute(*[x, np.tanh(x)][: primitive.arity])
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_half_are_chains_and_half_are_pairs():
    own = space(operators=["tanh", "exp", "add"])
    born = apply(own, "random", None, 400)
    texts = own.describe(born)
    assert sum("+" in text for text in texts) == 200
    assert {"tanh(exp(x))", "exp(tanh(x))", "exp(x) + tanh(x)"} <= set(texts)


def test_what_is_excluded_never_comes_up():
    own = space(operators="pangaea", exclude=["swish", "relu"], parameters=1)
    found = grown(own, 60)
    ops = {name for row in range(len(found)) for name in names(found, row)}
    assert ops.isdisjoint({"swish", "relu", "gelu", "mish", "gate"})
    assert len(ops) > 25


def test_children_depend_on_x_and_keep_the_limits():
    own = space(parameters=2, max_operations=8, max_constants=3)
    found = grown(own, 60)
    assert depends_on_x(found).all()
    assert found.lengths.max() <= 8
    assert found.n_constants.max() <= 3
    assert np.isfinite(found.constants).all()
    x = np.ones((3, 50))
    x[0] = np.linspace(-3, 3, 50)
    values = evaluate(found, x)
    assert (values != values[:, :1]).any(axis=1).mean() > 0.8


def test_insertions_keep_what_was_there():
    own = space(operators=["exp", "add"])
    children = apply(own, "insert", one(own, "tanh", n=300), 300)
    assert set(own.describe(canonical(children))) == {
        "exp(tanh(x))",
        "tanh(exp(x))",
        "exp(x) + tanh(x)",
        "tanh((exp(x) + x))",
    }


def test_removals_leave_one_operation_fewer():
    own = space()
    children = apply(own, "remove", one(own, "tanh", "exp", n=50), 50)
    assert set(own.describe(children)) == {"tanh(x)", "exp(x)"}


def test_a_removal_never_leaves_a_parameter_alone():
    own = space(parameters=1, operators=["neg", "add"])
    parents = apply(own, "parameter_add", one(own, "tanh", n=200), 200)
    children = apply(own, "remove", parents, 200, seed=1)
    assert set(own.describe(children)) == {"tanh(x)", "x * alpha"}


def test_changes_keep_arities_and_change_one():
    own = space()
    parents = grown(own, 60)
    children = apply(own, "change", parents, 60)
    for row in range(60):
        old, new = names(parents, row), names(children, row)
        if len(old) == len(new):
            assert sorted(ARITY[[BY_NAME[name].code for name in old]]) == sorted(
                ARITY[[BY_NAME[name].code for name in new]]
            )
    assert (np.array(children.digests()) != np.array(parents.digests())).mean() > 0.7


def test_regeneration_keeps_the_shape_and_the_multipliers():
    own = space(operators=["neg", "exp", "max"], parameters=1)
    parents = apply(own, "parameter_add", one(own, "tanh", n=100), 100)
    children = apply(own, "regenerate", parents, 100, seed=1)
    assert set(own.describe(children)) == {
        "-(x * alpha)",
        "exp((x * alpha))",
        "(-x) * alpha",
        "exp(x) * alpha",
    }


def test_parameters_come_in_order_move_and_go():
    own = space(parameters=2)
    assert own.inputs == ("x", "alpha", "beta")
    first = apply(own, "parameter_add", one(own, "tanh", n=100), 100)
    assert set(own.describe(first)) == {"tanh((x * alpha))", "tanh(x) * alpha"}
    second = apply(own, "parameter_add", first, 100)
    assert all("alpha" in text and "beta" in text for text in own.describe(second))
    third = apply(own, "parameter_add", second, 100)
    assert third.digests() == second.digests()
    moved = apply(own, "parameter_move", first, 100, seed=1)
    assert set(own.describe(moved)) == set(own.describe(first))
    gone = apply(own, "parameter_remove", first, 100)
    assert set(own.describe(gone)) == {"tanh(x)"}


def test_operators_outweigh_parameters_by_4_to_3():
    weights = {name: operator.weight for name, operator in space(parameters=1).operators.items()}
    four = sum(weights[name] for name in ("insert", "remove", "change", "regenerate"))
    assert 3 * four == 4 * sum(weights[name] for name in PARAMETER_OPERATORS)
    assert PARAMETER_OPERATORS.isdisjoint(space().operators)


def test_crossover_puts_one_into_the_other():
    own = space()
    operator = own.operators["crossover"]
    parents = (one(own, "tanh", n=50), one(own, "exp", "sin", n=50))
    children = operator.apply(np.random.default_rng(0), parents, 50)
    assert set(own.describe(children)) == {"tanh(exp(x))", "tanh(sin(exp(x)))"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operators": "pangea"}, "unknown operator 'pangea'.*'pangaea'"),
        ({"operators": ["tanh", "ad"]}, "did you mean 'add'"),
        ({"operators": ["tanh", "erf"]}, "no binary operator is left"),
        ({"operators": ["swish", "add"]}, "swish in operators and in exclude"),
        ({"exclude": ["silu"]}, "exclude: unknown operator 'silu'"),
        ({"parameters": 4}, "less than or equal to 3"),
        ({"depth": 4}, "Extra inputs are not permitted"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValidationError, match=message):
        space(**options)


def test_a_constant_that_is_not_finite_is_not_born():
    own = space(operators=["zero", "recip", "add"])
    born = apply(own, "random", None, 300)
    assert np.isfinite(born.constants).all()
    assert "x" in own.describe(born)  # in place of 1 / 0
