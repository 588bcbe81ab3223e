"""Small pictures side by side: bars, marks, names."""

import re

import numpy as np
import pytest

from evosearch.contracts import Panel, Panels
from evosearch.report import panels


def drawn(*values, labels=None, series=("this table", "answers")):
    made = [
        Panel(f"column {at}", labels or [f"label {k}" for k in range(each.shape[1])], each)
        for at, each in enumerate(values)
    ]
    return panels.picture(Panels("columns", "Values", series, made, "Shares.", "share of rows"))


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def bars(svg):
    """Length of every bar, in the picture's units."""
    opaque = re.findall(r'<path d="M ([\d.]+) [\d.]+ \nL ([\d.]+) [^"]*"[^>]*opacity: 0.55', svg)
    return [float(end) - float(start) for start, end in opaque]


def test_bars_are_as_long_as_the_first_series_says():
    found = bars(drawn(np.array([[0.25, 0.75, 0.0], [0.3, 0.6, 0.1]])).svg)
    assert found[1] == pytest.approx(3 * found[0], rel=1e-3)
    assert found[2] == 0


def test_every_panel_series_and_label_is_named():
    two = np.array([[0.5, 0.5], [0.4, 0.6]])
    picture = drawn(two, np.array([[0.1, 0.2, 0.7], [np.nan] * 3]), two, two, two)
    found = texts(picture.svg)
    for name in ("column 0", "column 4", "label 2", "this table", "answers"):
        assert name in found
    assert "Values, share of rows" in found
    assert (picture.name, picture.caption, picture.description) == ("columns", "Shares.", "Values")
    assert picture.png.startswith(b"\x89PNG")
    assert not re.search("#[0-9a-fA-F]{6}", picture.svg)


def test_long_names_are_cut_and_of_many_some_are_left_out():
    svg = drawn(np.full((2, 40), 0.025), labels=[f"{k} of very many" for k in range(40)]).svg
    named = [text for text in texts(svg) if " of " in text and text.endswith("…")]
    assert named == [f"{k} of very many"[:10].rstrip() + "…" for k in range(0, 40, 4)]


def test_noise_below_zero_is_seen():
    plain, noisy = drawn(np.array([[0.5], [0.4]])), drawn(np.array([[0.5], [-0.4]]))
    assert not any("−" in text or text.startswith("-") for text in texts(plain.svg))
    assert any(text.startswith("-0") for text in texts(noisy.svg))


def test_labels_and_values_have_to_fit():
    with pytest.raises(ValueError, match=r"'column 0': expected values of shape \(2, 3\)"):
        drawn(np.zeros((2, 2)), labels=["a", "b", "c"])
