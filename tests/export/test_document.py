import json
import random

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings

from evosearch.errors import DocumentFormatError, UsageError
from evosearch.export import number, strict
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.values import evaluate, evaluate_precise, regular, rounding
from evosearch.genomes import evaluate as genome_values
from evosearch.genomes.program import ProgramBatch
from tests.export.programs import documents

# 2^x to about 9e-4 in three operations: the square of a line of a line
EXPONENTIAL = {
    "format": "evosearch-program",
    "version": 1,
    "inputs": ["x"],
    "constants": ["0.3371894346314561573571892", "1.0024760564002857", "0x1.8p-3"],
    "nodes": [
        {"op": "mul", "args": ["x", "c0"]},
        {"op": "add", "args": ["n0", "c1"]},
        {"op": "fma", "args": ["n1", "n1", "c2"]},
    ],
    "outputs": ["n2"],
    "metadata": {"campaign": "exp2", "id": 17, "claims": {"operations": 3}},
}


def text(**changes):
    return json.dumps({**EXPONENTIAL, **changes})


def test_the_published_form_is_read_and_written_unchanged():
    document = ProgramDocument.from_json(text())
    assert document.constants[0] == "0.3371894346314561573571892"
    assert document.nodes[2] == Node("fma", ("n1", "n1", "c2"))
    assert json.loads(document.to_json()) == EXPONENTIAL
    assert list(json.loads(document.to_json())) == list(EXPONENTIAL)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "format is 'other'"),
        ({"version": 2}, "reads version 1"),
        ({"version": True}, "reads version 1"),
        ({"extra": 1}, "unknown key"),
        ({"inputs": []}, "0 inputs"),
        ({"inputs": ["1x"]}, "input name"),
        ({"inputs": ["x" * 33]}, "input name"),
        ({"inputs": ["x\n"]}, "input name"),
        ({"inputs": ["n0"]}, "neither c<i> nor n<j>"),
        ({"inputs": ["x", "x"]}, "occurs twice"),
        ({"inputs": "x"}, "expected a list"),
        ({"constants": [1.0, "1", "1"]}, "expected strings"),
        ({"constants": ["nan", "1", "1"]}, "constant c0"),
        ({"constants": ["1e400", "1", "1"]}, "constant c0"),
        ({"constants": ["1_0", "1", "1"]}, "constant c0"),
        ({"constants": ["١", "1", "1"]}, "constant c0"),
        ({"constants": ["0x1p99999", "1", "1"]}, "constant c0"),
        ({"constants": ["1" * 201, "1", "1"]}, "at most 200"),
        ({"nodes": [{"op": "mul", "args": ["x"]}]}, "expected 2"),
        ({"nodes": [{"op": "power", "args": ["x", "x"]}]}, "expected one of add, sub"),
        ({"nodes": [{"op": ["mul"], "args": ["x", "x"]}]}, "expected one of"),
        ({"nodes": [{"op": "mul", "args": ["x", "n0"]}]}, "earlier node"),
        ({"nodes": [{"op": "mul", "args": ["x", "c3"]}]}, "n0 uses 'c3'"),
        ({"nodes": [{"op": "mul", "args": ["x", "c00"]}]}, "n0 uses 'c00'"),
        ({"nodes": [{"op": "neg", "args": ["x"], "note": ""}]}, "node n0"),
        ({"nodes": [{"op": "neg", "args": ["x"]}] * 4097}, "more than 4096"),
        ({"outputs": ["n2", "n1"]}, "exactly one"),
        ({"outputs": ["n3"]}, "the output uses"),
        ({"metadata": []}, "metadata"),
        ({"constants": [[] for _ in range(3)]}, "expected strings"),
    ],
)
def test_what_is_no_program_is_refused_by_name(changes, message):
    with pytest.raises(DocumentFormatError, match=message.replace("(", r"\(")):
        ProgramDocument.from_json(text(**changes))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "{" * 100_000,
        "[" * 100_000,
        '{"format": "evosearch-program", "version": 1}',
        '{"a": 1, "a": 2}',
        text(metadata={"a": 0}).replace("0}", "NaN}"),
        text(metadata={"a": 0}).replace('"a": 0', '"a": 1e999'),
        text(metadata={"a": 0}).replace('"a": 0', '"a": ' + "9" * 5000),
        text(metadata={"a": 0}).replace('"a": 0', '"a": ' + "[" * 40 + "]" * 40),
        text(constants=0).replace('"constants": 0', '"constants": ' + "[" * 800 + "]" * 800),
        " " * (strict.MAX_BYTES + 1),
    ],
)
def test_hostile_texts_are_format_errors(content):
    with pytest.raises(DocumentFormatError):
        ProgramDocument.from_json(content)


def test_reading_files(tmp_path):
    path = tmp_path / "program.json"
    path.write_text(text())
    assert ProgramDocument.read(path) == ProgramDocument.from_json(text())
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentFormatError, match="UTF-8"):
        ProgramDocument.read(path)
    path.write_bytes(b" " * (strict.MAX_BYTES + 1))
    with pytest.raises(DocumentFormatError, match="longer"):
        ProgramDocument.read(path)
    with pytest.raises(UsageError, match="no file"):
        ProgramDocument.read(tmp_path / "absent.json")


def mutated(rng, content):
    """Bytes after a few deletions, insertions, replacements and swaps of tokens."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        width = rng.choice([1, 1, 2, 8])
        kind = rng.randrange(4)
        if kind == 0:
            del data[at : at + width]
        elif kind == 1:
            data[at:at] = rng.randbytes(width)
        elif kind == 2:
            tokens = [b'"n9"', b"1e9", b"-0", b"{}", b"[]", b'"c0"', b"null", b"Infinity", b"\\u"]
            data[at : at + width] = rng.choice(tokens)
        else:
            data[at:at] = data[: width * 4]
    return bytes(data)


def fuzz(seed, count):
    """Read damaged documents; how many were refused."""
    rng = random.Random(seed)
    refused = 0
    for attempt in range(count):
        random_bytes = attempt % 10 == 0
        content = rng.randbytes(64) if random_bytes else mutated(rng, text().encode())
        try:
            document = ProgramDocument.from_json(content.decode(errors="surrogateescape"))
        except DocumentFormatError:
            refused += 1
        else:
            assert ProgramDocument.from_json(document.to_json()) == document
            document.to_program().to_bytes()
    return refused


def test_damaged_documents_raise_nothing_else():
    refused = fuzz(1, 5_000)
    assert 3_000 < refused < 5_000  # both ways out are taken


@pytest.mark.slow
def test_many_damaged_documents_raise_nothing_else():
    assert fuzz(2, 100_000) > 60_000


@settings(deadline=None, derandomize=True, max_examples=60)
@given(documents(inputs=2))
def test_json_and_program_round_trips(document):
    assert ProgramDocument.from_json(document.to_json()) == document
    program = document.to_program()
    assert ProgramBatch.from_bytes(program.to_bytes()).to_bytes() == program.to_bytes()
    try:
        simple = document.simplified()
    except DocumentFormatError:
        return  # a constant part that is not finite
    again = ProgramDocument.from_program(simple.to_program(), 0, simple.constants)
    assert again.nodes == simple.nodes
    assert again.constants == simple.constants
    assert again.to_program().digests() == simple.to_program().digests()


def test_hex_constants_of_a_genome_are_exact():
    batch = ProgramDocument.from_json(text()).to_program()
    document = ProgramDocument.from_program(batch, 0)
    assert all(number.is_hex(constant) for constant in document.constants)
    assert document.to_program().digests() == batch.digests()


def test_constant_nodes_are_folded_with_the_digits_of_the_constants():
    third = "0." + "3" * 50
    document = ProgramDocument(
        ("x",),
        (third, "2", "9"),
        (
            Node("mul", ("c0", "c1")),
            Node("exp", ("c2",)),  # nothing depends on it
            Node("add", ("x", "n0")),
            Node("mul", ("n2", "c1")),
        ),
        ("n3",),
    )
    simple = document.simplified()
    assert simple.constants == ("0." + "6" * 50, "2")
    assert simple.nodes == (Node("add", ("x", "c0")), Node("mul", ("n0", "c1")))
    assert simple.operations == document.operations == 2


def test_hex_constants_are_folded_in_float64():
    tenth, fifth = (0.1).hex(), (0.2).hex()
    nodes = (Node("add", ("c0", "c1")), Node("mul", ("n0", "x")))
    document = ProgramDocument(("x",), (tenth, fifth), nodes, ("n1",))
    assert document.simplified().constants == ((0.1 + 0.2).hex(),)


def test_a_constant_that_is_not_finite_cannot_be_folded():
    nodes = (Node("log", ("c0",)), Node("max", ("n0", "x")))
    document = ProgramDocument(("x",), ("0",), nodes, ("n1",))
    with pytest.raises(DocumentFormatError, match="not finite"):
        document.simplified()


def test_values_are_those_of_the_formula():
    document = ProgramDocument.from_json(text())
    x = np.linspace(0, 1, 9)
    line = x * 0.3371894346314561573571892 + 1.0024760564002857
    assert np.array_equal(evaluate(document, x), line * line + 0.1875)
    narrow = evaluate(document, x.astype(np.float32))
    assert narrow.dtype == np.float32
    assert np.allclose(narrow, evaluate(document, x), rtol=1e-6)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(documents(inputs=2))
def test_values_are_those_of_the_genome(document):
    x = np.random.Generator(np.random.Philox(key=1)).normal(size=(2, 40))
    for dtype in (np.float64, np.float32):
        genome = genome_values.evaluate(document.to_program(), x, dtype)[0]
        assert np.array_equal(evaluate(document, x.astype(dtype)), genome, equal_nan=True)


def test_precise_values_use_every_digit():
    document = ProgramDocument.from_json(text())
    (value,) = evaluate_precise(document, ["0.1"], 60)
    with mpmath.workdps(60):
        line = mpmath.mpf("0.1") * mpmath.mpf(document.constants[0])
        line += mpmath.mpf(document.constants[1])
        assert abs(value - (line**2 + mpmath.mpf("0.1875"))) < mpmath.mpf("1e-58")


@settings(deadline=None, derandomize=True, max_examples=60)
@given(documents())
def test_floating_point_agrees_with_exact_arithmetic_within_rounding(document):
    x = np.linspace(-3, 3, 25)
    inside = x[regular(document, x)]
    found, bound = evaluate(document, inside), rounding(document, inside)
    for value, exact, error in zip(
        found, evaluate_precise(document, inside.tolist(), 40), bound, strict=True
    ):
        # first order: where the bound is as large as the value it says nothing
        if error < 1e-6 * abs(value):
            assert abs(value - exact) <= 4 * error


def test_huge_intermediate_values_cost_nothing():
    squares = tuple(Node("mul", (f"n{k - 1}",) * 2 if k else ("x", "x")) for k in range(500))
    nodes = (
        *squares,
        Node("sin", ("n499",)),
        Node("exp", ("n499",)),
        Node("add", ("n500", "n501")),
    )
    document = ProgramDocument(("x",), (), nodes, ("n502",))
    above, below = evaluate_precise(document, ["3", "0.5"], 30)
    assert mpmath.isnan(above)
    assert below == 1
