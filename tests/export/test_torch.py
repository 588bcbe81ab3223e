"""The PyTorch target: values, gradients, the module, and mistakes that its check finds."""

import importlib.util
import runpy

import pytest

from evosearch.errors import ExportError
from evosearch.export import check as checks
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.targets.torch import TorchExporter, class_name
from evosearch.genomes.primitives import ALL
from tests.export.test_activations import NEW, alone, crrelu, result_of, single

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs the extra torch"
)
EXPORTER = TorchExporter()


@needs_torch
def test_crrelu_is_checked(tmp_path):
    result = result_of(EXPORTER, crrelu(campaign="crrelu", id=3), tmp_path)
    assert result.status == "ok", result.message
    assert "gradients" in result.message
    assert result.points > 400


@needs_torch
def test_all_together(tmp_path):
    for some in (NEW[:13], NEW[13:]):
        result = result_of(EXPORTER, alone(*some), tmp_path)
        assert result.status == "ok", result.message


@needs_torch
def test_slopes_of_hardsigmoid_are_those_of_float64(tmp_path):
    import torch

    path = tmp_path / "hardsigmoid.py"
    path.write_text(EXPORTER.write(single("hardsigmoid")))
    x = torch.tensor([-4.0, -1.3, 0.9, 3.5], dtype=torch.float64, requires_grad=True)
    y = runpy.run_path(str(path))["program"](x)
    assert y.tolist() == pytest.approx([0, 1.7 / 6, 3.9 / 6, 1], rel=1e-15)
    (slopes,) = torch.autograd.grad(y.sum(), x)
    assert slopes.tolist() == pytest.approx([0, 1 / 6, 1 / 6, 0], rel=1e-15)


@needs_torch
@pytest.mark.slow
@pytest.mark.parametrize("name", [primitive.name for primitive in ALL.members])
def test_each_alone(name, tmp_path):
    if name == "fma":
        document = ProgramDocument(("x",), (), (Node("fma", ("x", "x", "x")),), ("n0",))
    else:
        document = alone(name)
    result = result_of(EXPORTER, document, tmp_path)
    assert result.status == "ok", result.message


@needs_torch
@pytest.mark.slow
@pytest.mark.parametrize("output", ["x", "c0", "alpha"])
def test_leaves_are_programs_too(output, tmp_path):
    document = ProgramDocument(("x", "alpha"), ("0.25",), (), (output,))
    result = result_of(EXPORTER, document, tmp_path)
    assert result.status == "ok", result.message


@needs_torch
def test_a_wrong_value_or_gradient_is_found(tmp_path):
    text = EXPORTER.write(crrelu())
    path = tmp_path / "wrong.py"
    path.write_text(text.replace("torch.relu(x)", "torch.nn.functional.leaky_relu(x, 1e-3)"))
    assert "the document gives" in checks.check(path, EXPORTER, crrelu()).message
    path.write_text(text.replace("torch.relu(x)", "torch.relu(x.detach())"))
    assert "the slope by x" in checks.check(path, EXPORTER, crrelu()).message
    path.write_text(text.replace("self._along(self.alpha, wide)", "2 * self.alpha"))
    assert "failed" in checks.check(path, EXPORTER, crrelu()).message


@needs_torch
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_is_a_module_among_others(tmp_path):
    import torch

    path = tmp_path / "crrelu.py"
    path.write_text(EXPORTER.write(crrelu(campaign="crrelu", id=3)))
    made = runpy.run_path(str(path))
    module = made["Crrelu3"]
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), module(6, axis=-1), torch.nn.Linear(6, 1))
    others, own = made["parameter_groups"](model, 0.1, weight_decay=0.01)
    assert (own["lr"], own["weight_decay"], len(own["params"])) == (pytest.approx(0.01), 0, 1)
    assert (others["weight_decay"], len(others["params"])) == (0.01, 4)
    assert "gauss" in repr(model)
    assert module.gain == pytest.approx(2**0.5, rel=0.02)
    x = torch.zeros(5, 4)
    model(x).sum().backward()
    assert model[1].alpha.grad.shape == (6,)
    exported = torch.export.export(model, (x,)).module()
    assert torch.equal(exported(x), model(x))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert model[:2](x).dtype == torch.bfloat16
    assert list(module().state_dict()) == ["alpha"]


@needs_torch
def test_gradients_at_limits_are_finite(tmp_path):
    import torch

    for name, slope in (("sinc", 0), ("relu", 0), ("psqrt", 0), ("plog", 0), ("softplus", 0.5)):
        path = tmp_path / f"{name}.py"
        path.write_text(EXPORTER.write(single(name)))
        x = torch.zeros(1, requires_grad=True)
        runpy.run_path(str(path))["program"](x).backward()
        assert x.grad.item() == slope, name


def test_without_torch_the_check_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    result = result_of(EXPORTER, crrelu(), tmp_path)
    assert result.status == "skipped"
    assert "extra torch" in result.message


def test_labels_stay_comments():
    document = crrelu(campaign='"""; import os', id=1, claims={"x": '"""\nimport os'})
    text = EXPORTER.write(document)
    assert "\nimport os" not in text
    assert class_name(document) == "ImportOs1"
    compile(text, "exported", "exec")


def test_functions_of_several_variables_are_refused():
    document = ProgramDocument(("x", "y"), (), (Node("mul", ("x", "y")),), ("n0",))
    with pytest.raises(ExportError, match="learnable parameters"):
        EXPORTER.write(document)
