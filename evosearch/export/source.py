"""Source: what every text export is made from, with no label in a place where code could be.

Functions, variables and constants get names of our own; what people or other programs wrote
(campaign names, claims, input names) appears in comments only, in a small alphabet.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evosearch.errors import ExportError
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.lowering import ACTIVATION_INPUTS, Recipe, lowered, parameters

_MAX_NAME = 64
_MAX_COMMENT = 90
_MAX_COMMENTS = 100
# no backslash, star, question mark, braces, dollar, backquote: nothing ends a comment
_PLAIN = re.compile(r"[^A-Za-z0-9 ._,:;=+()\[\]<>'\"/@!&|~#%^-]")


@dataclass(frozen=True)
class Source:
    """A simplified program under names of our own.

    Attributes:
        name: Of the function: ``[a-z][a-z0-9_]{0,63}``.
        inputs: ``x``, or ``x0``, ``x1``, ...; or x, alpha, beta, gamma where these are the names.
        parameters: Inputs that are learnable, under their new names, and what they begin with.
        constants: As in the document; ``c<i>`` in arguments.
        nodes: As in the document, with the inputs' new names.
        output: The argument that is the value.
        comments: Header lines in harmless ASCII.
    """

    name: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, float]
    constants: tuple[str, ...]
    nodes: tuple[Node, ...]
    output: str
    comments: tuple[str, ...]

    @classmethod
    def of(
        cls,
        document: ProgramDocument,
        native: frozenset[str] = frozenset(),
        more: Mapping[str, Recipe] | None = None,
    ) -> "Source":
        """The source of a document's lowered form, see `evosearch.export.lowering.lowered`."""
        simple = lowered(document, native, more)
        labels = simple.inputs
        inputs = ("x",) if len(labels) == 1 else tuple(f"x{i}" for i in range(len(labels)))
        if labels == ACTIVATION_INPUTS[: len(labels)]:
            inputs = labels
        rename = dict(zip(labels, inputs, strict=True))
        nodes = [
            Node(node.op, tuple(rename.get(arg, arg) for arg in node.args))
            for node in simple.nodes
        ]
        output = rename.get(simple.outputs[0], simple.outputs[0])
        return cls(
            function_name(document),
            inputs,
            {rename[name]: value for name, value in parameters(simple).items()},
            simple.constants,
            tuple(nodes),
            output,
            tuple(_comments(document, rename)),
        )

    def statements(self, formats: Mapping[str, str]) -> list[tuple[str, str]]:
        """(``n<i>``, expression) of every node, by a format of each operation.

        Raises:
            ExportError: An operation has no format.
        """
        missing = sorted(self.ops - formats.keys())
        if missing:
            raise ExportError(
                f"this format cannot express {', '.join(missing)}: expected operations from "
                f"{', '.join(formats)}; jax, sympy and torch know all"
            )
        return [
            (f"n{k}", formats[node.op].format(*node.args)) for k, node in enumerate(self.nodes)
        ]

    @property
    def arguments(self) -> str:
        """The inputs as arguments of a Python function, parameters with what they begin with."""
        return ", ".join(
            f"{name}={self.parameters[name]!r}" if name in self.parameters else name
            for name in self.inputs
        )

    @property
    def ops(self) -> frozenset[str]:
        """Operations that occur."""
        return frozenset(node.op for node in self.nodes)


def function_name(document: ProgramDocument) -> str:
    """``<campaign>_<id>`` in lower case letters, digits and underscores, or ``program``."""
    campaign, identity = document.metadata.get("campaign"), document.metadata.get("id")
    if not isinstance(campaign, str) or type(identity) is not int or identity < 0:
        return "program"
    ending = f"_{identity}"[:21]
    words = re.sub(r"[^a-z0-9]+", "_", campaign.lower()).strip("_")
    if not words or words[0].isdigit():
        words = f"program_{words}".strip("_")
    return words[: _MAX_NAME - len(ending)] + ending


def comment(text: object) -> str:
    """One line that stays a comment in every target language.

    Characters outside a small alphabet are written as ``<U+002A>``.
    """
    plain = _PLAIN.sub(lambda match: f"<U+{ord(match[0]):04X}>", str(text))
    return plain if len(plain) <= _MAX_COMMENT else plain[: _MAX_COMMENT - 3] + "..."


def _comments(document: ProgramDocument, rename: Mapping[str, str]) -> Iterator[str]:
    for key in ("campaign", "id", "digest"):
        if key in document.metadata:
            yield comment(f"{key}: {document.metadata[key]}")
    for label, name in rename.items():
        if label != name:
            yield comment(f"{name}: input {label}")
    yield comment(f"operations: {document.operations}")
    lines = [comment(f"  {line}") for line in _flat(document.claims)]
    if lines:
        yield "claims:"
        yield from lines[:_MAX_COMMENTS]
    if len(lines) > _MAX_COMMENTS:
        yield f"  and {len(lines) - _MAX_COMMENTS} more"


def _flat(value: Any, prefix: str = "") -> Iterator[str]:
    """Nested claims as ``outer.inner: value`` lines."""
    for key, entry in value.items():
        if isinstance(entry, dict):
            yield from _flat(entry, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}: {entry}"
