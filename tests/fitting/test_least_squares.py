"""The lane-wise damped least squares against numpy.linalg.lstsq."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from evosearch.fitting.least_squares import factor, total

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 32])
def test_total_is_the_sum(rows):
    values = RNG.normal(size=(rows, 4))
    np.testing.assert_allclose(total(jnp.asarray(values)), values.sum(axis=0), rtol=1e-13)


@pytest.mark.parametrize("damping", [0.0, 1e-3, 10.0])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_step_minimises_the_damped_residual(count, damping):
    jacobian = RNG.normal(size=(5, 12, 4)) * 10.0 ** RNG.uniform(-6, 6, (5, 1, 1))
    residual = RNG.normal(size=(12, 4))
    weights = RNG.uniform(0.5, 2, (12, 4))
    solve = jax.jit(
        lambda n: factor(jnp.asarray(jacobian), weights, n, jnp.full(4, damping)).solve(
            jnp.asarray(residual)
        )
    )
    step = np.asarray(solve(np.int32(count)))
    for lane in range(4):
        a = (jacobian[:count, :, lane] * weights[:, lane]).T
        scale = np.linalg.norm(a, axis=0)
        full = np.vstack([a, np.sqrt(damping) * np.diag(scale)])
        want = np.linalg.lstsq(full / scale, -np.append(residual[:, lane], np.zeros(count)))[0]
        np.testing.assert_allclose(step[:count, lane], want / scale, rtol=1e-9)
    assert not step[count:].any()


def test_a_constant_without_effect_does_not_move():
    jacobian = RNG.normal(size=(3, 12, 4))
    jacobian[1] = 0
    solve = jax.jit(
        lambda n: factor(jnp.asarray(jacobian), np.ones((12, 4)), n, jnp.zeros(4)).solve(
            jnp.ones((12, 4))
        )
    )
    step = solve(np.int32(3))
    assert np.isfinite(step).all()
    assert not np.asarray(step[1]).any()
