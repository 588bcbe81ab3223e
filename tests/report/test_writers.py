"""Content into Markdown, HTML, SVG and TOML."""

import re
import tomllib
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from histories import facts, member, record
from hypothesis import given
from hypothesis import strategies as st

from evosearch.report import drawing, html, markdown, toml
from evosearch.report.content import Code, Column, Note, Paragraph, Report, Section, Table
from evosearch.report.facts import Companion
from evosearch.report.numbers import clean, duration, ratio, share, shortened, shown
from evosearch.report.write import compose, folder_of

HOSTILE = "<script>alert(1)</script> | `x` *b* $e$ [a](javascript:x) \"'&\x1b[31m ![i](http://x/y)"
VOID = {"meta", "br", "path", "use", "rect"}


class Checker(HTMLParser):
    """Collects what a page consists of; complains of tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self._open = set(), [], [], []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def hostile_report():
    front = [member(8, expression=HOSTILE, operator=HOSTILE), member(1)]
    made = facts(
        record=record(name=HOSTILE, notes=HOSTILE, fingerprint={HOSTILE: HOSTILE}),
        front=front,
        ancestors=[member(8, operator=HOSTILE), member(4), member(1)],
        companion=Companion(missing=HOSTILE),
        chosen=front[0],
    )
    return compose(made)


def test_a_page_needs_nothing_else_and_runs_nothing():
    page = html.write(hostile_report())
    found = Checker(page)
    assert "script" not in found.tags
    assert not found.tags & {"img", "link", "iframe", "object", "base", "form"}
    for name, value in found.attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "xlink:href"):
            assert (value or "").startswith("#")
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert HOSTILE.partition(" |")[0] in "".join(found.text)  # told, as text


def test_ids_of_a_page_are_its_own():
    ids = [
        value for name, value in Checker(html.write(compose(facts()))).attributes if name == "id"
    ]
    assert len(ids) == len(set(ids))


def test_pictures_follow_the_colours_of_the_page():
    for picture in compose(facts()).pictures:
        assert not re.search("#[0-9a-fA-F]{6}", picture.svg), picture.name
        used = set(re.findall(r"var\(--([\w-]+)\)", picture.svg))
        assert used <= drawing.COLOURS.keys()
        assert picture.png.startswith(b"\x89PNG")
        assert "http" not in picture.svg
    css = html._STYLE.read_text()
    light, dark = css.split("prefers-color-scheme: dark")
    for name in drawing.COLOURS:
        assert f"--{name}:" in light
        assert f"--{name}:" in dark
    for name, colour in drawing.COLOURS.items():
        assert f"--{name}: {colour}" in light


def test_pictures_are_the_same_each_time():
    first, second = (compose(facts()).pictures for _ in range(2))
    assert [picture.svg for picture in first] == [picture.svg for picture in second]


def test_every_section_of_a_whole_campaign():
    def curves(genomes):
        assert genomes == [b"1", b"7", b"8"]
        x = np.linspace(0, 1, 9)
        return x, np.outer([1.0, 0.1, 0.01], np.cos(3 * x))

    made = facts(companion=Companion(facts().companion.baselines, curves))
    report = compose(made)
    assert [section.title for section in report.sections] == [
        "Summary",
        "Front",
        "Error over the interval",
        "Convergence",
        "Operators",
        "Descent of individual 8",
        "Where the time went",
        "Make it again",
    ]
    assert [each.name for each in report.pictures] == [
        *("front", "curves", "convergence", "descent", "profile"),
    ]
    text = markdown.write(report)
    assert "beaten by 2" in text  # of 7 and 8; 1 is smaller than every baseline
    assert "with 2 evaluations as well" in text


def test_a_campaign_without_anything_yet():
    status = {**facts().status, "generation": None, "evaluations": 0, "seconds": 0, "digest": None}
    made = facts(status=status, front=[], chosen=None, ancestors=[], random=None)
    text = markdown.write(compose(made))
    assert "Nothing has been committed yet" in text
    assert "The front is empty" in text


def test_markdown_shows_text_as_it_is():
    text = markdown.write(
        Report("a <b>", "*s*", [Section("t", [Paragraph(HOSTILE), Note("n"), Code("``` fence")])])
    )
    assert "<script" not in text.replace("\\<script", "")
    assert "\\!\\[i\\]" in text
    assert "````\n``` fence\n````" in text
    table = Table([Column("a"), Column("b", "code")], [["x|y", "p|q`r"]], marked=0)
    row = markdown.write(Report("t", "s", [Section("u", [table])])).splitlines()[-1]
    assert row == "| **x\\|y** | `p\\|q'r` |"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (3.0, "3"),
        (12345, "12,345"),
        (0.5, "0.5"),
        (1.23456e-9, "1.235e-09"),
        (True, "yes"),
        ("as it is", "as it is"),
    ],
)
def test_shown(value, text):
    assert shown(value) == text


def test_other_numbers():
    assert [ratio(2.345), ratio(2.346e6), ratio(float("nan"))] == ["2.35×", "2.35e+06×", "–"]
    assert [duration(s) for s in (0.0, 0.012, 42.14, 185, 7800)] == [
        *("0.0 s", "12 ms", "42.1 s", "3 min 5 s", "2 h 10 min"),
    ]
    assert [share(1, 3), share(0, 0)] == ["33.3 %", "–"]
    assert [shortened("seventeen", n) for n in (9, 8, 2)] == ["seventeen", "sevente…", "s…"]
    assert shortened("two words", 5) == "two…"
    assert clean("a\x1b[2J\x07b\u202ec") == "a\ufffd[2J\ufffdb\ufffdc"


@given(st.lists(st.floats(0, 1), max_size=12))
def test_labels_keep_their_distance_and_their_order(heights):
    heights = sorted(heights)
    moved = drawing.spread(heights, 0.05)
    assert len(moved) == len(heights)
    assert all(b - a > 0.05 - 1e-9 for a, b in pairwise(moved))
    if all(b - a >= 0.06 for a, b in pairwise(heights)):
        assert moved == pytest.approx(heights)  # nothing moves without need


def test_ticks():
    assert [drawing.tick(v) for v in (0, 0.5, 1e-5, 2.5e-7, 1e4, 1e8)] == [
        *("0", "0.5", "1e-5", "2.5e-7", "10,000", "1e8"),
    ]
    assert drawing.decades(np.array([2e-16, 0.5])) == [
        1e-16,
        1e-14,
        *[10.0**e for e in range(-12, 1, 2)],
    ]


TOML = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text()
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner.filter(lambda v: v is not None), max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(), st.dictionaries(st.text(), TOML, max_size=3), max_size=3))
def test_toml_reads_back_equal(document):
    assert tomllib.loads(toml.write(document)) == without_none(document)


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "", "\x00", ".hidden", "x" * 999])
def test_a_report_stays_under_its_root(name, tmp_path):
    folder = folder_of(tmp_path, name)
    assert folder.resolve().parent == tmp_path.resolve()
    assert folder.name not in ("", ".", "..")
