"""Lineage: the ancestors of an individual, and what each step gained.

Works on what `evosearch.store.queries.lineage` returns, or anything of that shape.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import networkx as nx

from evosearch.errors import UsageError


class Member(Protocol):
    """What a lineage shows of an individual."""

    @property
    def id(self) -> int:
        """Number within the campaign."""
        ...

    @property
    def generation(self) -> int:
        """When it was born."""
        ...

    @property
    def objectives(self) -> Mapping[str, float]:
        """Value by name."""
        ...

    @property
    def size(self) -> int:
        """Size of the genome."""
        ...

    @property
    def expression(self) -> str | None:
        """Text for people, where there is one."""
        ...

    @property
    def operator(self) -> str:
        """What made it."""
        ...

    @property
    def parents(self) -> Sequence[int]:
        """Ids in the order of the operator's arguments."""
        ...


class Edge(Protocol):
    """A parent of a child."""

    @property
    def child(self) -> int:
        """Id of the child."""
        ...

    @property
    def parent(self) -> int:
        """Id of the parent."""
        ...

    @property
    def operator(self) -> str:
        """What made the child."""
        ...

    @property
    def position(self) -> int:
        """The operator's argument that the parent was."""
        ...


def graph(
    members: Iterable[Member], edges: Iterable[Edge], *, maximized: Collection[str] = ()
) -> "nx.DiGraph[int]":
    """Ancestors as a graph, edges from parent to child.

    Nodes are ids with attribute ``member``. Edges have ``operator`` and ``positions``, a tuple,
    because one parent may be several arguments. Edges whose ends are not both given are left out.

    Args:
        members: Individuals.
        edges: Their parents.
        maximized: Names of objectives of which more is better.
    """
    view: nx.DiGraph[int] = nx.DiGraph(maximized=frozenset(maximized))
    view.add_nodes_from((member.id, {"member": member}) for member in members)
    for edge in sorted(edges, key=lambda edge: (edge.child, edge.position, edge.parent)):
        if edge.parent not in view or edge.child not in view:
            continue
        if view.has_edge(edge.parent, edge.child):
            view.edges[edge.parent, edge.child]["positions"] += (edge.position,)
        else:
            view.add_edge(
                edge.parent, edge.child, operator=edge.operator, positions=(edge.position,)
            )
    return view


def primary_line(view: "nx.DiGraph[int]", id: int) -> list[int]:
    """Ids from the oldest ancestor along first parents to the individual itself.

    Raises:
        UsageError: The individual is not in the graph.
    """
    if id not in view:
        raise UsageError(f"individual {id} is not in the lineage of {len(view)} individuals")
    line = {id: None}  # in order; a stored cycle ends it
    parent = _first_parent(view, id)
    while parent is not None and parent not in line:
        line[parent] = None
        parent = _first_parent(view, parent)
    return list(line)[::-1]


def gains(view: "nx.DiGraph[int]", id: int) -> dict[str, float]:
    """How much better than its first parent an individual is in each objective.

    Positive is better, whatever the direction. Empty without a stored first parent; objectives
    that are not finite in both are left out.
    """
    parent = _first_parent(view, id)
    if parent is None:
        return {}
    before = view.nodes[parent]["member"].objectives
    found = {}
    for name, after in view.nodes[id]["member"].objectives.items():
        gain = after - before.get(name, math.nan)
        if math.isfinite(gain):
            found[name] = gain if name in view.graph["maximized"] else 0.0 - gain
    return found


def text(view: "nx.DiGraph[int]", id: int) -> str:
    """The primary line, one step a line: id, generation, operator, objectives, gains."""
    rows = [("id", "generation", "operator", "objectives", "gain")]
    for step in primary_line(view, id):
        member = view.nodes[step]["member"]
        rows.append(
            (
                str(step),
                str(member.generation),
                _clean(member.operator),
                _listed(member.objectives, ".4g"),
                _listed(gains(view, step), "+.3g"),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def dot(view: "nx.DiGraph[int]") -> str:
    """Graphviz source: a box for each individual, the operator on each edge."""
    nodes = [
        f"  {id} [label={_quoted(*_label(view.nodes[id]['member']))}];" for id in sorted(view)
    ]
    edges = [
        f"  {parent} -> {child} [label={_quoted(_clean(data['operator']))}];"
        for parent, child, data in _ordered_edges(view)
    ]
    return "\n".join(["digraph lineage {", "  node [shape=box];", *nodes, *edges, "}"])


def graphml(view: "nx.DiGraph[int]") -> str:
    """GraphML: ``generation``, ``operator``, ``size``, ``expression`` and objectives of nodes.

    Edges have ``operator`` and ``positions`` such as ``0,1``.
    """
    plain: nx.DiGraph[int] = nx.DiGraph()
    for id in sorted(view):
        member = view.nodes[id]["member"]
        plain.add_node(
            id,
            generation=int(member.generation),
            operator=_clean(member.operator),
            size=int(member.size),
            expression=_clean(member.expression or ""),
            **{f"objective {_clean(k)}": float(v) for k, v in member.objectives.items()},
        )
    for parent, child, data in _ordered_edges(view):
        positions = ",".join(map(str, data["positions"]))
        plain.add_edge(parent, child, operator=_clean(data["operator"]), positions=positions)
    return "\n".join(nx.generate_graphml(plain))


def _first_parent(view: "nx.DiGraph[int]", id: int) -> int | None:
    for parent, _, data in view.in_edges(id, data=True):
        if 0 in data["positions"]:
            return int(parent)
    return None


def _ordered_edges(view: "nx.DiGraph[int]") -> list[tuple[int, int, dict[str, Any]]]:
    return sorted(view.edges(data=True), key=lambda edge: (edge[1], edge[0]))


def _label(member: Member) -> list[str]:
    lines = [f"{member.id}, generation {member.generation}", _listed(member.objectives, ".4g")]
    return [*lines, _clean(member.expression)] if member.expression else lines


def _listed(values: Mapping[str, float], form: str) -> str:
    return ", ".join(f"{_clean(name)} {value:{form}}" for name, value in values.items())


def _clean(words: str) -> str:
    """The same without control characters and others that XML or a terminal must not get."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def _quoted(*lines: str) -> str:
    """A Graphviz string; only quotes and backslashes mean something in it."""
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'
