"""Kernels as text: what is refused, and that both texts compute what the program computes."""

import dataclasses
import runpy

import numpy as np
import pytest

from evaluators.approximation.float32 import arithmetic
from evaluators.approximation.whole_line.exporters import c_float32, jax_float32
from evaluators.approximation.whole_line.kernel import c_function, jax_function
from evosearch.errors import ExportError
from evosearch.export import file
from evosearch.export.document import Node, ProgramDocument

EVERY = ProgramDocument(
    ("x",),
    ("0.3", "-0x1.8p+0", "1.7", "0.9"),
    (
        Node("add", ("x", "c0")),
        Node("fma", ("n0", "x", "c1")),
        Node("neg", ("n1",)),
        Node("fma", ("n2", "n0", "n1")),
        Node("abs", ("n3",)),
        Node("sqrt", ("n4",)),
        Node("div", ("c2", "n5")),
        Node("max", ("n6", "x")),
        Node("min", ("n7", "c3")),
        Node("sub", ("n8", "n5")),
        Node("mul", ("n9", "n0")),
    ),
    ("n10",),
)
CONSTANT = ProgramDocument(("x",), ("0.1",), (), ("c0",))


@pytest.mark.parametrize("document", [EVERY, CONSTANT], ids=["every", "constant"])
def test_compiled_jax_text_gives_the_bits_of_exact_arithmetic(document, tmp_path):
    jax = pytest.importorskip("jax")
    path = tmp_path / "kernel.py"
    path.write_text(f"import jax.numpy as jnp\n{jax_function(document, 'kernel')}")
    module = runpy.run_path(str(path))
    x = np.random.default_rng(0).uniform(0, 1, 5000).astype(np.float32)
    expected = arithmetic.evaluate(document.to_program(), x)[0]
    found = np.asarray(jax.jit(module["kernel"])(x))
    assert np.array_equal(found.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("exporter", [c_float32(), jax_float32()], ids=["c", "jax"])
def test_kernels_are_exported_as_they_are(tmp_path, exporter):
    reference = [{"x": str(x), "y": "0"} for x in (0.25, 0.5, 2.0)]
    document = dataclasses.replace(EVERY, metadata={"reference": reference})
    result = file.export(document, exporter, tmp_path / f"kernel.{exporter.suffix}")
    assert result.status in ("ok", "skipped")
    if result.status == "ok":
        assert result.points > 8000
        assert result.message == f"{result.points} float32, bit for bit"


def test_a_fused_operation_rounded_twice_is_noticed(tmp_path):
    exporter = c_float32()
    path = tmp_path / "kernel.c"
    path.write_text(exporter.write(EVERY).replace("fmaf(n0, x, c1)", "n0 * x + c1"), "ascii")
    assert exporter.check(path, EVERY).status in ("failed", "skipped")


def test_c_text_asks_for_fused_operations_by_name():
    text = c_function(EVERY, "kernel")
    assert text.startswith("static inline float kernel(float x) {")
    assert "fmaf(n0, x, c1)" in text
    assert text.count("fmaf") == 2
    assert "0x1.3333340000000p-2f; /* 0.3 */" in text  # rounded to float32


def test_other_programs_are_refused():
    sine = ProgramDocument(("x",), (), (Node("sin", ("x",)),), ("n0",))
    two = ProgramDocument(("x", "y"), (), (Node("add", ("x", "y")),), ("n0",))
    for document, reason in [(sine, "and sin: export"), (two, "received 2 inputs")]:
        for text in (c_function, jax_function):
            with pytest.raises(ExportError, match=reason):
                text(document, "kernel")


def test_constants_beyond_float32_are_refused():
    huge = ProgramDocument(("x",), ("1e39",), (Node("mul", ("x", "c0")),), ("n0",))
    with pytest.raises(ExportError, match="1e39 is infinite in float32"):
        c_function(huge, "kernel")
