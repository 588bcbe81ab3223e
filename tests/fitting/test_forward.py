"""Forward-mode derivatives against finite differences, for every primitive."""

import jax.numpy as jnp
import numpy as np
import pytest

from evosearch.fitting.forward import PARTIALS
from evosearch.genomes.primitives import BY_NAME, CORE


@pytest.mark.parametrize("name", CORE.names)
def test_partials_are_the_derivatives_of_the_value(name):
    arity = BY_NAME[name].arity
    operands = np.random.default_rng(0).uniform(0.3, 1.2, (arity, 50))
    value, *partials = PARTIALS[name](*map(jnp.asarray, operands))
    np.testing.assert_allclose(value, BY_NAME[name].compute(*operands), rtol=1e-14)
    assert len(partials) == arity
    for position, partial in enumerate(partials):
        h = 1e-6
        moved = operands.copy(), operands.copy()
        moved[0][position] += h
        moved[1][position] -= h
        slope = (BY_NAME[name].compute(*moved[0]) - BY_NAME[name].compute(*moved[1])) / (2 * h)
        np.testing.assert_allclose(partial, slope, rtol=1e-6, atol=1e-8)


def test_every_primitive_is_differentiated():
    assert set(CORE.names) | {"copy"} == set(PARTIALS)
