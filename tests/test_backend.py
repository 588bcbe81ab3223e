"""XLA options: set before the backend starts, honoured by this JAX, missed aloud."""

import os
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from evosearch import backend

PROBE = "import warnings; warnings.simplefilter('error'); from evosearch import backend"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "XLA_FLAGS": "", **environment}
    return subprocess.run([sys.executable, "-c", code], env=env, text=True, capture_output=True)


@pytest.mark.skipif("backend.device_kind() != 'cpu'")
def test_this_jax_honours_the_options():
    """Fails when a new JAX or XLA renames or ignores what makes the interpreter fast."""
    assert backend.one_native_loop()


def test_options_of_the_user_are_kept_and_missing_ones_are_told():
    mine = "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling"
    done = python(f"{PROBE}; backend.one_native_loop()", XLA_FLAGS=mine)
    assert done.returncode == 1
    assert "import evosearch before JAX runs anything" in done.stderr


def test_one_device_a_core():
    done = python(f"{PROBE}; print(backend.cores())", EVOSEARCH_CORES="3")
    assert done.stdout == "3\n", done.stderr


@pytest.mark.parametrize("name", ["arctan", "sin", "cos", "exp", "log", "tanh", "sinh"])
def test_jax_computes_what_numpy_does_under_these_options(name):
    x = np.random.default_rng(0).uniform(0.3, 1.2, 1000)
    np.testing.assert_allclose(getattr(jnp, name)(x), getattr(np, name)(x), rtol=1e-13)


@pytest.mark.parametrize("avx512", [True, False])
def test_wide_vectors_are_asked_for_where_the_processor_has_them(avx512, monkeypatch):
    asked = []

    class Lowered:
        def lower(self, *_):
            return self

        def compile(self, compiler_options):
            asked.append(compiler_options)

    monkeypatch.setattr(backend, "_has_avx512", lambda: avx512)
    monkeypatch.setattr("jax.jit", lambda _: Lowered())
    for wide in (False, True):
        backend.compiled((avx512, wide), lambda: None, wide=wide)
    assert asked == [None, {"xla_cpu_prefer_vector_width": "512"} if avx512 else None]
