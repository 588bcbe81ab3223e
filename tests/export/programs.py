"""Programs that the tests of exports share."""

from fractions import Fraction

import mpmath
from hypothesis import strategies as st

from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.primitives import BY_NAME

ARITHMETIC = ("add", "sub", "mul", "div", "fma", "neg", "abs", "sqrt", "max", "min")


@st.composite
def documents(draw, ops=tuple(BY_NAME), max_nodes=12, inputs=1):
    """Random programs whose nodes use inputs, constants and earlier nodes."""
    names = ["x"] if inputs == 1 else [f"x{i}" for i in range(inputs)]
    numbers = st.floats(-4, 4, allow_subnormal=False)
    constants = draw(
        st.lists(st.one_of(numbers.map(repr), numbers.map(float.hex)), min_size=1, max_size=6)
    )
    leaves = names + [f"c{j}" for j in range(len(constants))]
    nodes = []
    for k in range(draw(st.integers(0, max_nodes))):
        op = draw(st.sampled_from(ops))
        earlier = [f"n{j}" for j in range(k)]
        first = draw(st.sampled_from(earlier + names))
        rest = [
            draw(st.sampled_from(earlier * 2 + leaves)) for _ in range(BY_NAME[op].arity - 1)
        ]
        nodes.append(Node(op, (first, *rest)))
    output = f"n{len(nodes) - 1}" if nodes else names[0]
    return ProgramDocument(tuple(names), tuple(constants), tuple(nodes), (output,))


def exponential(**metadata):
    """2^x = (a + b x + c x^2)^2 about, with its largest relative error on [0, 1]."""
    coefficients = ("1.00003", "0.34519", "0.0691912345678901234567890123456789")
    nodes = (
        Node("fma", ("x", "c2", "c1")),
        Node("fma", ("x", "n0", "c0")),
        Node("mul", ("n1", "n1")),
    )
    points = [Fraction(k, 64) for k in range(65)]
    with mpmath.workdps(60):
        reference = [
            {"x": str(float(p)), "y": mpmath.nstr(mpmath.mpf(2) ** mpmath.mpf(float(p)), 50)}
            for p in points
        ]
        a, b, c = map(mpmath.mpf, coefficients)
        errors = [
            abs((a + b * x + c * x**2) ** 2 / mpmath.mpf(2) ** x - 1)
            for x in (mpmath.mpf(k) / 4096 for k in range(4097))
        ]
        claimed = mpmath.nstr(max(errors), 6)
    claims = {
        "target": "exp2",
        "interval": "[0, 1]",
        "measure": "relative max",
        "operations": 3,
        "max_error_exact": claimed,
        "max_error_float64": claimed,
        "evaluator": {"use": "approximation", "target": "exp2"},
    }
    basis = {"campaign": "exp2", "id": 17, "claims": claims, "reference": reference}
    return ProgramDocument(("x",), coefficients, nodes, ("n2",), {**basis, **metadata})


HOSTILE = (
    "../../x",
    "a\0b",
    "line\nimport os\nos.system('true')",
    "*/ system(\"true\"); /*",
    "__import__('os')",
    "\\input{/etc/passwd}",
    "\"\"\" + open('x')",
    "coding: utf-7",
    "??/\n",
    "\u2028import os",
    "\ud800",
    "x" * 5000,
    "${jndi}",
)


def hostile(label):
    """A document that carries ``label`` wherever a label can be."""
    document = exponential()
    claims = document.claims | {label: label, "nested": {label: [label]}, "measure": label}
    metadata = {"campaign": label, "id": 3, "digest": label, "claims": claims}
    metadata["reference"] = document.metadata["reference"][:3]
    return ProgramDocument(
        document.inputs, document.constants, document.nodes, document.outputs, metadata
    )
