"""Costs: against a slow model written out, the order they give, and tables that are refused."""

import json

import numpy as np
import pytest
from random_programs import random_programs

from evaluators.approximation.float32.costs import STORED, CostTable, Operation, cost, longest_path
from evosearch.errors import ConfigError
from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import BY_CODE, BY_NAME

TABLE = CostTable.load()
HORNER6 = [("fma", "x c c"), *(("fma", f"n{k} x c") for k in range(5))]
PRECONDITIONED = [
    ("add", "x c"),
    ("fma", "n0 x c"),
    ("add", "x c"),
    ("fma", "n1 n2 c"),
    ("fma", "n1 n3 c"),
    ("fma", "x n4 c"),
]
CODES = tuple(BY_NAME[name].code for name in TABLE.operations)


def program(nodes):
    constants, made = [], []
    for op, arguments in nodes:
        names = []
        for name in arguments.split():
            if name == "c":
                name = f"c{len(constants)}"
                constants.append(str(0.25 + len(constants)))
            names.append(name)
        made.append(Node(op, tuple(names)))
    output = f"n{len(made) - 1}"
    return ProgramDocument(("x",), tuple(constants), tuple(made), (output,)).to_program()


def slowly(batch, row, table):
    done, busy, free = {}, dict(table.loop), 0
    for k in range(int(batch.lengths[row])):
        name = BY_CODE[int(batch.ops[row, k])].name
        arity = BY_NAME[name].arity
        operation = table.operations[name]
        ready = max(done.get(int(a), 0.0) for a in batch.args[row, k, :arity])
        done[k] = ready + operation.latency
        free += not operation.unit
        if operation.unit:
            busy[operation.unit] = busy.get(operation.unit, 0.0) + operation.occupation
    count = len(done) - free + table.overhead
    path = done.get(int(batch.outputs[row]), 0.0)
    times = [*busy.values(), table.issue * count, table.window * count * path]
    return sum(time**4 for time in times) ** 0.25, path


def test_costs_of_many_programs_are_those_of_each_by_itself():
    rng = np.random.default_rng(3)
    programs = canonical(random_programs(rng, 300, codes=CODES, n_inputs=1))
    assert len(set(programs.lengths.tolist())) > 8
    found, path = cost(programs), longest_path(programs, TABLE)
    for row in range(len(programs)):
        expected = slowly(programs, row, TABLE)
        assert (found[row], path[row]) == pytest.approx(expected, rel=1e-12)


def test_costs_do_not_depend_on_the_batch():
    programs = canonical(random_programs(np.random.default_rng(4), 64, codes=CODES, n_inputs=1))
    wide = programs.padded(40, 40)
    assert np.array_equal(cost(programs), cost(wide))
    assert np.array_equal(cost(programs)[[7]], cost(programs.take(np.array([7]))))


def test_sums_on_other_units_cost_less_than_as_many_products():
    horner, preconditioned = program(HORNER6), program(PRECONDITIONED)
    assert horner.lengths == preconditioned.lengths
    assert cost(preconditioned)[0] < 0.9 * cost(horner)[0]


@pytest.mark.parametrize("op", ["add", "mul", "fma", "div"])
def test_one_operation_more_costs_more(op):
    more = [*HORNER6, (op, "n5 c c" if op == "fma" else "n5 c")]
    assert cost(program(more))[0] > cost(program(HORNER6))[0]


def test_a_quotient_costs_more_than_three_products():
    quotient = program([("div", "c x")])
    products = program([("mul", "x x"), ("mul", "n0 n0"), ("mul", "n1 n1")])
    assert cost(quotient)[0] > cost(products)[0]


def test_a_sign_costs_nothing():
    plain = program([("add", "x c"), ("fma", "n0 n0 c")])
    negated = program([("add", "x c"), ("neg", "n0"), ("fma", "n1 n0 c")])
    assert cost(negated)[0] == cost(plain)[0]


def test_no_operation_costs_the_loop_alone():
    identity = program(HORNER6).identity(1, 1)
    assert 0 < cost(identity)[0] < cost(program([("add", "x c")]))[0]


def test_stored_table_orders_programs_it_was_not_fitted_to():
    measured = json.loads(STORED.read_text("utf-8"))["measured"]
    assert measured["rank correlation, other programs"] > 0.97


def test_document_reads_back_equal(tmp_path):
    path = tmp_path / "costs.json"
    path.write_text(TABLE.document({"date": "today"}), "utf-8")
    assert CostTable.load(path) == TABLE


def test_operation_without_a_cost_is_refused():
    with pytest.raises(ConfigError, match=r"no cost is known of exp: .* another cost table"):
        cost(program([("exp", "x")]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, 'expected "format": "evosearch-costs"'),
        ({"issue": -1.0}, "expected finite times >= 0"),
        ({"window": "much"}, "expected finite times >= 0"),
        ({"operations": {"powr": vars(Operation("mul", 1.0, 1.0))}}, "'powr' is no primitive"),
        ({"operations": {"mul": {"unit": "mul"}}}, "occupation"),
        ({"extra": 1}, "extra"),
    ],
)
def test_wrong_tables_are_refused(tmp_path, change, message):
    path = tmp_path / "costs.json"
    path.write_text(json.dumps(json.loads(TABLE.document()) | change), "utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        CostTable.load(path)
    assert str(path) in str(caught.value)
    assert "python -m benchmarks.float32 costs" in str(caught.value)


def test_missing_table_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        CostTable.load(tmp_path / "none.json")
