"""Views of a lineage: the primary line, gains, and the three formats."""

import io
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

import networkx as nx
import pytest

from evosearch import lineage
from evosearch.errors import UsageError


@dataclass
class Member:
    id: int
    generation: int
    objectives: dict[str, float]
    operator: str = "mutate"
    size: int = 3
    expression: str | None = None
    parents: list[int] = field(default_factory=list)


@dataclass
class Edge:
    child: int
    parent: int
    operator: str
    position: int


MEMBERS = [
    Member(9, 3, {"error": 0.25, "score": 5.0}, "cross", expression='"x" \\ <y> & z'),
    Member(7, 2, {"error": 0.5, "score": 9.0}, "mutate"),
    Member(4, 1, {"error": float("nan"), "score": 1.0}, "mutate"),
    Member(2, 0, {"error": 2.0, "score": 4.0}, "random"),
    Member(1, 0, {"error": 1.0, "score": 3.0}, "random"),
]
EDGES = [
    Edge(9, 4, "cross", 1),
    Edge(9, 7, "cross", 0),
    Edge(9, 7, "cross", 2),
    Edge(7, 1, "mutate", 0),
    Edge(4, 2, "mutate", 0),
    Edge(2, 100, "clone", 0),  # its parent is not stored any more
]


def view():
    return lineage.graph(MEMBERS, EDGES, maximized=["score"])


def test_edges_run_from_parent_to_child_with_every_position():
    graph = view()
    assert sorted(graph.edges) == [(1, 7), (2, 4), (4, 9), (7, 9)]
    assert graph.edges[7, 9] == {"operator": "cross", "positions": (0, 2)}
    assert graph.nodes[9]["member"] is MEMBERS[0]


def test_the_primary_line_follows_first_parents():
    assert lineage.primary_line(view(), 9) == [1, 7, 9]
    assert lineage.primary_line(view(), 2) == [2]
    with pytest.raises(UsageError, match="individual 3 is not"):
        lineage.primary_line(view(), 3)


def test_a_damaged_lineage_ends():
    loop = [Edge(1, 2, "a", 0), Edge(2, 1, "b", 0)]
    assert lineage.primary_line(lineage.graph(MEMBERS, loop), 1) == [2, 1]


def test_gains_are_positive_where_it_got_better():
    graph = view()
    assert lineage.gains(graph, 7) == {"error": 0.5, "score": 6.0}
    assert lineage.gains(graph, 9) == {"error": 0.25, "score": -4.0}
    assert lineage.gains(graph, 4) == {"score": -3.0}  # its error was never computed
    assert lineage.gains(graph, 1) == lineage.gains(graph, 2) == {}


def test_text_has_a_step_a_line():
    assert lineage.text(view(), 9).splitlines() == [
        "id  generation  operator  objectives           gain",
        "1   0           random    error 1, score 3",
        "7   2           mutate    error 0.5, score 9   error +0.5, score +6",
        "9   3           cross     error 0.25, score 5  error +0.25, score -4",
    ]


def test_dot_escapes_labels():
    source = lineage.dot(view()).splitlines()
    label = r"9, generation 3\nerror 0.25, score 5\n\"x\" \\ <y> & z"
    assert source[0] == "digraph lineage {"
    assert f'  9 [label="{label}"];' in source
    assert '  7 -> 9 [label="cross"];' in source
    assert len(source) == 1 + 1 + 5 + 4 + 1


@pytest.mark.parametrize(
    "hostile", ['"]; system [', "\\", 'a\\"', "\n]; b [", "\x1b[2J\x00\ud800"]
)
def test_labels_cannot_leave_their_quotes(hostile):
    member = Member(1, 0, {hostile: 1.0}, hostile, expression=hostile)
    graph = lineage.graph([member, Member(2, 1, {})], [Edge(2, 1, hostile, 0)])
    lines = lineage.dot(graph).splitlines()
    assert len(lines) == 6
    for line in lines[2:5]:
        inside = line.split("[label=", 1)[1].removesuffix("];")
        assert inside[0] == inside[-1] == '"'
        bare = inside[1:-1].replace("\\\\", "").replace('\\"', "")
        assert '"' not in bare
    ET.fromstring(lineage.graphml(graph))
    assert lineage.text(graph, 2).isprintable() is False  # for its line ends alone
    assert all(line.isprintable() for line in lineage.text(graph, 2).splitlines())


def test_graphml_can_be_read_back():
    read = nx.read_graphml(io.BytesIO(lineage.graphml(view()).encode()), node_type=int)
    assert sorted(read.edges) == [(1, 7), (2, 4), (4, 9), (7, 9)]
    assert read.nodes[9]["expression"] == '"x" \\ <y> & z'
    assert read.nodes[9]["objective error"] == 0.25
    assert read.edges[7, 9] == {"operator": "cross", "positions": "0,2"}


def test_the_order_of_rows_does_not_show():
    backwards = lineage.graph(MEMBERS[::-1], EDGES[::-1], maximized=["score"])
    for form in (lineage.dot, lineage.graphml):
        assert form(backwards) == form(view())
