"""The index of digests against a dictionary."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch.store.digests import DigestIndex, keys_of

digests = st.binary(min_size=1, max_size=2).map(lambda data: data.ljust(16, b"\0"))


@given(st.lists(st.lists(digests, max_size=20), max_size=8))
@settings(deadline=None, derandomize=True)
def test_the_index_is_a_dictionary(batches):
    index, reference = DigestIndex(), {}
    for batch in batches:
        new = sorted(set(batch) - set(reference))
        ids = np.arange(len(reference) + 1, len(reference) + 1 + len(new))
        index.add(keys_of(new), ids)
        reference.update(zip(new, ids.tolist(), strict=True))
        wanted = [*batch, b"\0" * 16, b"\xff" * 16]
        found = index.find(keys_of(wanted)).tolist()
        assert found == [reference.get(digest, 0) for digest in wanted]


def test_digests_must_have_16_bytes():
    with pytest.raises(ValueError, match="16 bytes"):
        keys_of([b"x" * 16, b"x" * 15])
