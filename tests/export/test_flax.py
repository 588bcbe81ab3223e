"""The Flax target: its plain JAX part, and its module where Flax is installed."""

import importlib.util
import runpy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from evosearch.export.targets.flax import FlaxExporter
from tests.export.test_activations import crrelu, result_of

EXPORTER = FlaxExporter()


def made(tmp_path):
    path = tmp_path / "crrelu.py"
    path.write_text(EXPORTER.write(crrelu(campaign="crrelu", id=3)))
    return runpy.run_path(str(path))


def test_crrelu_is_checked(tmp_path):
    result = result_of(EXPORTER, crrelu(), tmp_path)
    assert result.status == "ok", result.message


def test_parameters_are_a_dict(tmp_path):
    module = made(tmp_path)
    parameters = module["initial_parameters"](3)
    assert {name: value.shape for name, value in parameters.items()} == {"alpha": (3,)}
    x = jnp.linspace(-2, 2, 12, dtype=jnp.float32).reshape(4, 3)
    y = module["apply"](parameters, x)
    wide = np.asarray(x, np.float64)
    meant = np.maximum(wide, 0) + 0.01 * wide * np.exp(-(wide**2) / 2)
    np.testing.assert_allclose(y, meant, rtol=2e-6, atol=1e-7)
    assert y.dtype == jnp.float32
    assert module["apply"](parameters, x.astype(jnp.bfloat16)).dtype == jnp.bfloat16
    slopes = jax.grad(lambda p: module["apply"](p, x).sum())(parameters)
    assert slopes["alpha"].shape == (3,)
    assert module["GAIN"] == pytest.approx(2**0.5, rel=0.02)


def test_leaves_of_the_module_are_told_from_others(tmp_path):
    module = made(tmp_path)
    tree = {"Dense_0": {"kernel": 1.0}, "Crrelu3_0": {"alpha": 1.0}}
    found = jax.tree_util.tree_map_with_path(lambda path, _: module["is_activation"](path), tree)
    assert found == {"Dense_0": {"kernel": False}, "Crrelu3_0": {"alpha": True}}


@pytest.mark.skipif(importlib.util.find_spec("flax") is None, reason="needs flax")
def test_the_linen_module(tmp_path):
    module = made(tmp_path)
    layer = module["Crrelu3"](channels=3)
    x = jnp.ones((2, 3))
    variables = layer.init(jax.random.key(0), x)
    np.testing.assert_allclose(
        layer.apply(variables, x), module["apply"](variables["params"], x), rtol=1e-6
    )
