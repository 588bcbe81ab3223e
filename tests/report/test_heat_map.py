"""A matrix as a picture: faint and strong cells, empty ones, names and a scale."""

import re

import numpy as np
import pytest

from evosearch.contracts import HeatMap
from evosearch.report import heat_map

VALUES = np.array([[0.5, np.nan], [1.25, 4.0]])


def drawn(values=VALUES, rows=("age", "sex"), columns=("<i>area", "age"), unit="times noise"):
    return heat_map.picture(HeatMap("pairs", "Errors", rows, columns, values, "Few.", unit))


def cells(svg):
    """Opacity of every cell, in the order of drawing."""
    group = re.search(r'<g id="pairs-PolyCollection_1">(.*?)</g>', svg, re.DOTALL)
    found = re.findall(r"fill-opacity: ([\d.]+)", group[1]) if group else []
    return [float(each) for each in found]


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_the_larger_the_stronger_and_nan_is_empty():
    assert cells(drawn().svg) == pytest.approx([0.125, 0.2375, 0.65], abs=1e-3)


def test_values_names_and_the_scale_are_written():
    picture = drawn()
    found = texts(picture.svg)
    assert {"age", "sex", "&lt;i&gt;area", "0.5", "1.2", "4", "Errors", "times noise"} <= {*found}
    assert found[-5:] == ["4", "3", "2", "1", "0"]
    assert (picture.name, picture.caption, picture.description) == ("pairs", "Few.", "Errors")
    assert picture.png.startswith(b"\x89PNG")


def test_it_follows_the_colours_of_the_page():
    assert not re.search("#[0-9a-fA-F]{6}", drawn().svg)


def test_many_columns_have_no_values_in_their_cells_and_some_of_the_names():
    names = [f"column {at}" for at in range(60)]
    svg = drawn(np.full((60, 60), 7.25), names, names).svg
    assert "7.2" not in texts(svg)[:-5]
    assert len(cells(svg)) == 3600
    assert [text for text in texts(svg) if text.startswith("column")] == names[::2] * 2


@pytest.mark.parametrize("fill", [np.nan, 0.0, 3.0, -2.0])
def test_matrices_without_a_range(fill):
    assert len(cells(drawn(np.full((2, 2), fill)).svg)) == (0 if np.isnan(fill) else 4)


def test_names_and_values_have_to_fit():
    with pytest.raises(ValueError, match=r"expected values of shape \(1, 2\).*received \(2, 2\)"):
        drawn(rows=["age"])
