"""The space of omegas: numbers stay in (0, 2), policies have named inputs."""

import numpy as np
import pytest
from pydantic import ValidationError

from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.vector import VectorBatch
from evosearch.testing import grown
from search_spaces.relaxation import Relaxation, RelaxationOptions


def space(**options):
    return Relaxation(RelaxationOptions.model_validate(options))


def test_one_omega():
    own = space(form="omega")
    born = grown(own, 50)
    assert isinstance(born, VectorBatch)
    assert born.values.shape == (50, 1)
    assert ((born.values > 0) & (born.values < 2)).all()
    assert len(np.unique(born.values)) > 40
    assert own.describe(born)[0] == f"{born.values[0, 0]:.5g}"


def test_a_schedule_has_its_length():
    born = grown(space(form="schedule", length=5), 10)
    assert [gene.name for gene in born.genes] == [f"omega_{k}" for k in range(1, 6)]


def test_a_policy_is_written_with_its_features():
    own = space(form="policy", features=["c", "n"], max_operations=6)
    born = grown(own, 60)
    assert isinstance(born, ProgramBatch)
    assert born.n_inputs == 2
    texts = own.describe(born)
    assert any("c" in text for text in texts)
    assert any("n" in text for text in texts)
    assert not any("x0" in text or "x1" in text for text in texts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "policy"}, "expected names of inputs"),
        ({"form": "omega", "features": ["c"]}, 'unless form = "policy"'),
        ({"form": "policy", "features": ["c", "c"]}, "twice"),
        ({"form": "policy", "features": ["c"], "primitives": ["plus"]}, "unknown primitive"),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ValidationError, match=message):
        space(**options)


def test_a_recurrence_has_coefficients():
    born = grown(space(form="recurrence", length=4), 20)
    assert [gene.name for gene in born.genes] == ["beta_1", "beta_2", "beta_3", "beta_4"]
    assert ((born.values >= 0) & (born.values <= 0.6)).all()
