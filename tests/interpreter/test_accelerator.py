"""The path of accelerators, run on the CPU, against the kernel."""

import numpy as np
import pytest
from programs import random_programs

from evosearch import backend, interpreter
from evosearch.genomes.primitives import ARITHMETIC, CORE
from evosearch.interpreter import accelerator

X = np.random.default_rng(31).uniform(0.2, 2.0, (3, 300))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("primitives", [ARITHMETIC, CORE], ids=["arithmetic", "all"])
def test_values_are_those_of_the_kernel(dtype, primitives, monkeypatch):
    programs = random_programs(np.random.default_rng(32), 60, 12, primitives, inputs=3)
    x = X.astype(dtype)
    want = interpreter.evaluate(programs, x, cores=1)
    monkeypatch.setattr(backend, "device_kind", lambda: "gpu")
    got = interpreter.evaluate(programs, x, cores=1)
    if primitives is ARITHMETIC:
        np.testing.assert_array_equal(got, want)
    else:
        tolerance = 1e-3 if dtype == np.float32 else 1e-9
        close = np.isclose(got, want, rtol=tolerance, equal_nan=True)
        assert close.mean() > 0.995  # ill-conditioned programs may differ more than rounding


@pytest.mark.parametrize("kind", ["sum_squares", "max_abs", "r2"])
def test_losses_in_chunks_of_the_memory_budget(kind, monkeypatch):
    programs = random_programs(np.random.default_rng(33), 60, 12, ARITHMETIC, inputs=3)
    want = interpreter.loss(programs, X, X[0], None, kind, cores=1)
    monkeypatch.setattr(backend, "device_kind", lambda: "gpu")
    monkeypatch.setattr(accelerator, "BUDGET", 1 << 18)
    got = interpreter.loss(programs, X, X[0], None, kind, cores=1)
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.accelerator
def test_on_a_real_accelerator():
    if backend.device_kind() == "cpu":
        pytest.skip("no accelerator here: JAX runs on the CPU")
    programs = random_programs(np.random.default_rng(34), 60, 12, ARITHMETIC, inputs=3)
    from evosearch.genomes.evaluate import evaluate

    got = interpreter.evaluate(programs, X)
    np.testing.assert_allclose(got, evaluate(programs, X), rtol=1e-12)
