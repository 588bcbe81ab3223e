"""The ONNX target: values in the reference evaluator and a runtime, and what it refuses."""

import importlib.util

import numpy as np
import pytest

from evosearch.errors import ExportError
from evosearch.export import check as checks
from evosearch.export import file
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.lowering import lowered
from evosearch.export.targets.onnx import MORE, OnnxExporter
from evosearch.export.values import evaluate
from evosearch.genomes.primitives import ALL
from tests.export.test_activations import BESSEL, NEW, alone, crrelu, single

needs_onnx = pytest.mark.skipif(
    importlib.util.find_spec("onnx") is None, reason="needs the extra onnx"
)
EXPORTER = OnnxExporter()
KNOWN = [name for name in NEW if name not in BESSEL]


@pytest.mark.parametrize("name", sorted(MORE))
def test_what_onnx_has_not_is_computed(name):
    document = single(name)
    x = np.linspace(-3, 3, 41)
    simple = lowered(document, more=MORE)
    assert name not in {node.op for node in simple.nodes}
    np.testing.assert_allclose(evaluate(simple, x), evaluate(document, x), rtol=1e-11, atol=1e-16)


@needs_onnx
def test_crrelu_is_a_file_that_runs(tmp_path):
    import onnx
    import onnx.reference

    path = tmp_path / "crrelu.onnx"
    result = file.export(crrelu(campaign="crrelu", id=3), EXPORTER, path)
    assert result.status == "ok", result.message
    model = onnx.load(path)
    assert [one.name for one in model.graph.input] == ["X"]
    assert [one.name for one in model.graph.output] == ["Y"]
    assert [one.name for one in model.graph.initializer] == ["alpha"]
    x = np.array([[-1.0, 0.0, 2.0]], np.float32)
    (y,) = onnx.reference.ReferenceEvaluator(model).run(None, {"X": x})
    meant = np.maximum(x, 0) + 0.01 * x * np.exp(-(x**2) / 2)
    np.testing.assert_allclose(y, meant, rtol=1e-6)
    assert y.shape == (1, 3)
    assert EXPORTER.write_bytes(crrelu()) == EXPORTER.write_bytes(crrelu())
    assert "function" in EXPORTER.write(crrelu()) or "program" in EXPORTER.write(crrelu())


def checked(document, tmp_path):
    path = tmp_path / "program.onnx"
    path.write_bytes(EXPORTER.write_bytes(document))
    return checks.check(path, EXPORTER, document)


@needs_onnx
def test_all_together(tmp_path):
    for some in (KNOWN[:12], KNOWN[12:]):
        result = checked(alone(*some), tmp_path)
        assert result.status == "ok", result.message


@needs_onnx
@pytest.mark.slow
@pytest.mark.parametrize("name", [p.name for p in ALL.members if p.name not in BESSEL])
def test_each_alone(name, tmp_path):
    document = alone(name) if name != "fma" else None
    if document is None:
        document = ProgramDocument(("x",), (), (Node("fma", ("x", "x", "x")),), ("n0",))
    result = checked(document, tmp_path)
    assert result.status == "ok", result.message


@needs_onnx
@pytest.mark.parametrize("output", ["c0", "alpha"])
def test_leaves_have_the_shape_of_x(output, tmp_path):
    document = ProgramDocument(("x", "alpha"), ("0.25",), (), (output,))
    assert checked(document, tmp_path).status == "ok"


@needs_onnx
def test_a_wrong_model_is_found(tmp_path):
    path = tmp_path / "wrong.onnx"
    path.write_bytes(EXPORTER.write_bytes(single("tanh")))
    assert "the document gives" in checks.check(path, EXPORTER, single("erf")).message
    path.write_bytes(b"no model")
    assert checks.check(path, EXPORTER, single("erf")).status == "failed"


@needs_onnx
def test_bessel_functions_are_refused():
    with pytest.raises(ExportError, match="cannot express i0e"):
        EXPORTER.write_bytes(single("i0e"))


def test_without_onnx_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ExportError, match=r"evosearch\[onnx\]"):
        EXPORTER.write_bytes(crrelu())
