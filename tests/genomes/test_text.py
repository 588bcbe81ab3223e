"""Programs as text for people."""

import numpy as np
import pytest
from random_programs import random_programs

from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, ProgramBatch
from evosearch.genomes.text import expressions

X, Y = -1, -2
C, D = FIRST_CONSTANT, FIRST_CONSTANT - 1


def text(instructions, output, constants=(), n_inputs=1):
    ops = np.zeros((1, max(1, len(instructions))), np.uint8)
    args = np.zeros((*ops.shape, 3), np.int16)
    for node, (name, *arguments) in enumerate(instructions):
        ops[0, node] = BY_NAME[name].code
        args[0, node, : len(arguments)] = arguments
    programs = ProgramBatch(
        ops,
        args,
        np.array([len(instructions)], np.int32),
        np.array([[*constants, 0.0]]),
        np.array([len(constants)], np.int32),
        np.array([output], np.int16),
        n_inputs,
    )
    (line,) = expressions(programs)
    return line


@pytest.mark.parametrize(
    ("program", "line"),
    [
        (([], X), "x"),
        (([], Y, (), 2), "x1"),
        (([], C, (0.1 + 0.2,)), "0.3"),
        (([("add", X, C)], 0, (1 / 3,)), "x + 0.333333"),
        (([("add", X, C)], 0, (-2.5,)), "x - 2.5"),
        (([("sub", C, X)], 0, (-2.5,)), "-2.5 - x"),
        (([("mul", X, C)], 0, (-2.5,)), "x * -2.5"),
        (([("add", X, C), ("mul", 0, 0)], 1, (0.5,)), "t0 = (x + 0.5); t0 * t0"),
        (([("neg", X), ("abs", 0), ("max", 1, C)], 2, (1e-9,)), "max(abs((-x)), 1e-09)"),
        (([("fma", X, Y, C)], 0, (2.0,), 2), "fma(x0, x1, 2)"),
        (
            ([("sin", X), ("mul", 0, 0), ("add", 1, 0), ("div", 2, 1)], 3),
            "t0 = sin(x); t1 = (t0 * t0); (t1 + t0) / t1",
        ),
    ],
)
def test_text(program, line):
    assert text(*program) == line


def test_text_has_the_value_of_the_program():
    """Read back by a calculator of Python's own arithmetic."""
    programs = canonical(random_programs(np.random.default_rng(0), 60, codes=(1, 2, 3, 4, 8)))
    points = np.random.default_rng(1).uniform(0.5, 2.0, (2, 1))
    values = evaluate(programs, points)[:, 0]
    for line, value in zip(expressions(programs), values, strict=True):
        names = {"x0": points[0, 0], "x1": points[1, 0], "nan": np.nan, "inf": np.inf}
        with np.errstate(all="ignore"):
            for part in line.split("; "):
                name, found, body = part.rpartition(" = ")
                result = _calculate(body, names)
                if found:
                    names[name] = result
        if np.isfinite(value) and np.isfinite(result):
            assert result == pytest.approx(value, rel=1e-3, abs=1e-3)


def _calculate(body, names):
    import ast

    def value(node):
        if isinstance(node, ast.Constant):
            return np.float64(node.value)
        if isinstance(node, ast.Name):
            return np.float64(names[node.id])
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        left, right = value(node.left), value(node.right)
        return {
            ast.Add: np.add,
            ast.Sub: np.subtract,
            ast.Mult: np.multiply,
            ast.Div: np.divide,
        }[type(node.op)](left, right)

    return value(ast.parse(body, mode="eval").body)
