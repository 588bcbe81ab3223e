"""Programs that the tests of exports share."""

import random
from functools import cache

import mpmath
from hypothesis import strategies as st

from evosearch.errors import DocumentFormatError
from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.primitives import BY_NAME, CORE

ARITHMETIC = ("add", "sub", "mul", "div", "fma", "neg", "abs", "sqrt", "max", "min")


@st.composite
def documents(draw, ops=CORE.names, max_nodes=12, inputs=1):
    """Random programs, as hypothesis wants them."""
    numbers = st.floats(-4, 4, allow_subnormal=False)
    return _build(
        lambda options: draw(st.sampled_from(options)),
        [draw(numbers) for _ in range(draw(st.integers(1, 6)))],
        draw(st.integers(0, max_nodes)),
        ops,
        inputs,
    )


def sample(seed, count, ops=CORE.names):
    """``count`` random programs in normal form."""
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        numbers = [rng.uniform(-3, 3) for _ in range(rng.randint(1, 6))]
        document = _build(rng.choice, numbers, rng.randint(1, 12), ops, 1)
        try:
            found.append(document.simplified())
        except DocumentFormatError:
            continue  # a constant part is not finite
    return found


def _build(choose, numbers, size, ops, inputs):
    """A program whose nodes use inputs, constants and earlier nodes."""
    names = ["x"] if inputs == 1 else [f"x{i}" for i in range(inputs)]
    leaves = names + [f"c{j}" for j in range(len(numbers))]
    nodes = []
    for k in range(size):
        op = choose(ops)
        earlier = [f"n{j}" for j in range(k)]
        first = choose(earlier + names)
        rest = [choose(earlier * 2 + leaves) for _ in range(BY_NAME[op].arity - 1)]
        nodes.append(Node(op, (first, *rest)))
    constants = [choose([repr(value), value.hex()]) for value in numbers]
    output = f"n{size - 1}" if size else names[0]
    return ProgramDocument(tuple(names), tuple(constants), tuple(nodes), (output,))


_COEFFICIENTS = ("1.00003", "0.34519", "0.0691912345678901234567890123456789")


@cache
def _truth():
    """2^x at multiples of 1/64, and the largest relative error of (a + b x + c x^2)^2."""
    mp = mpmath.MPContext()
    mp.dps = 60
    a, b, c = map(mp.mpf, _COEFFICIENTS)
    points = [mp.mpf(k) / 64 for k in range(65)]
    reference = [{"x": mp.nstr(x, 30), "y": mp.nstr(2**x, 50)} for x in points]
    finer = [mp.mpf(k) / 1024 for k in range(1025)]
    worst = max(abs((a + b * x + c * x**2) ** 2 / 2**x - 1) for x in finer)
    return reference, mp.nstr(worst, 6)


def exponential(**metadata):
    """2^x as (a + b x + c x^2)^2, with its largest relative error on [0, 1]."""
    nodes = (
        Node("fma", ("x", "c0", "c1")),
        Node("fma", ("x", "n0", "c2")),
        Node("mul", ("n1", "n1")),
    )
    reference, claimed = _truth()
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
    return ProgramDocument(("x",), _COEFFICIENTS[::-1], nodes, ("n2",), {**basis, **metadata})


HOSTILE = (
    "../../x",
    "a\0b",
    "line\nimport os\nos.system('true')",
    '*/ system("true"); /*',
    "__import__('os')",
    "\\input{/etc/passwd}",
    '""" + open(\'x\')',
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
