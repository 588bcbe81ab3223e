"""The tests run with the shapes of arrays enforced: a wrong one is an error, not a broadcast."""

import jaxtyping
import numpy as np
import pytest

from evosearch.contracts import Scores


def test_a_batch_of_another_length_is_refused():
    with pytest.raises(jaxtyping.TypeCheckError, match="status"):
        Scores(np.zeros((3, 2)), np.zeros(2, np.int8))


def test_another_element_type_is_refused():
    with pytest.raises(jaxtyping.TypeCheckError, match="objectives"):
        Scores(np.zeros((3, 2), np.float32), np.zeros(3, np.int8))


def test_matching_arrays_pass():
    assert len(Scores(np.zeros((3, 2)), np.zeros(3, np.int8)).status) == 3
