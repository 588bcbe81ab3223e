"""``evosearch lineage``."""

from enum import StrEnum
from typing import Annotated

import typer

from evosearch.cli.console import emit, say
from evosearch.cli.options import AsJson, Id, Name, opened, pick


class Format(StrEnum):
    """How a lineage is written."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"
    GRAPHML = "graphml"


def lineage(
    context: typer.Context,
    name: Name,
    id: Id,
    format: Annotated[Format, typer.Option(help="text: the line of first parents.")] = Format.TEXT,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many of the youngest ancestors.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the ancestors of an individual and what each step gained."""
    from evosearch.store import queries

    with opened(context) as store:
        member = pick(store, name, id)
        members, edges = queries.lineage(store, name, member.id, limit=limit)
        objectives = queries.objectives(store, name)
    if as_json or format == Format.JSON:
        nodes = [each.as_json() for each in members]
        emit({"nodes": nodes, "edges": [edge.as_json() for edge in edges]})
        return
    from evosearch import lineage as views

    maximized = [each["name"] for each in objectives if each["direction"] == "maximize"]
    graph = views.graph(members, edges, maximized=maximized)
    if format == Format.TEXT:
        say(views.text(graph, member.id))
    else:
        say(views.dot(graph) if format == Format.DOT else views.graphml(graph))
