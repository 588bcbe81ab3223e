"""ProgramDocument: one program as a JSON text that anybody can read.

Documents come from anywhere, so reading is strict and bounded: whatever is wrong with a text is a
`DocumentFormatError`, never another exception.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from evosearch.errors import DocumentFormatError, UsageError
from evosearch.export import number, precise, strict
from evosearch.genomes.primitives import BY_CODE, BY_NAME
from evosearch.genomes.program import (
    FIRST_CONSTANT,
    FIRST_INPUT,
    MAX_CONSTANTS,
    MAX_INPUTS,
    MAX_NODES,
    ProgramBatch,
)
from evosearch.genomes.text import input_names

FORMAT = "evosearch-program"
VERSION = 1

_KEYS = ("format", "version", "inputs", "constants", "nodes", "outputs", "metadata")
_INPUT = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,31}")
_REFERENCE = re.compile(r"([cn])(0|[1-9][0-9]{0,4})")
_FOLDING_DIGITS = 10  # more than the longest constant has
_LONGEST_FOLD = 150


@dataclass(frozen=True)
class Node:
    """One operation: a primitive's name and the names of its arguments."""

    op: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class ProgramDocument:
    """A program with the digits of its constants and what is claimed about it.

    Attributes:
        inputs: Names of the inputs.
        constants: Decimal strings of any number of digits, or C hex floats.
        nodes: Operations; their arguments are inputs, ``c<i>`` or earlier ``n<j>``.
        outputs: The one argument that is the program's value.
        metadata: Any JSON object; ``claims`` and ``reference`` are read by exports and checks.

    Raises:
        DocumentFormatError: Where the parts do not make a program.
    """

    inputs: tuple[str, ...]
    constants: tuple[str, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_inputs()
        strict.expect(len(self.constants) <= MAX_CONSTANTS, f"more than {MAX_CONSTANTS} constants")
        for position, text in enumerate(self.constants):
            strict.expect(
                number.is_number(text),
                f"constant c{position} is {strict.shown(text)}: expected a finite decimal or C "
                f"hex float as a string of at most {number.MAX_CHARACTERS} characters",
            )
        self._check_nodes()
        strict.expect(len(self.outputs) == 1, f"{len(self.outputs)} outputs: expected exactly one")
        self._check_argument(self.outputs[0], len(self.nodes), "the output")
        strict.check_json(self.metadata)

    def _check_inputs(self) -> None:
        strict.expect(
            1 <= len(self.inputs) <= MAX_INPUTS,
            f"{len(self.inputs)} inputs: expected 1 to {MAX_INPUTS}",
        )
        for name in self.inputs:
            valid = isinstance(name, str) and _INPUT.fullmatch(name)
            strict.expect(
                bool(valid) and not _REFERENCE.fullmatch(name),
                f"input name {strict.shown(name)}: expected a letter, then up to 31 letters, "
                "digits or underscores, and neither c<i> nor n<j>",
            )
        strict.expect(len(set(self.inputs)) == len(self.inputs), "an input name occurs twice")

    def _check_nodes(self) -> None:
        strict.expect(len(self.nodes) <= MAX_NODES, f"more than {MAX_NODES} nodes")
        for position, node in enumerate(self.nodes):
            primitive = BY_NAME.get(node.op) if isinstance(node.op, str) else None
            if primitive is None:
                strict.refuse(
                    f"node n{position} has op {strict.shown(node.op)}: expected one of "
                    f"{', '.join(BY_NAME)}"
                )
            strict.expect(
                len(node.args) == primitive.arity,
                f"node n{position} ({node.op}) has {len(node.args)} arguments: expected "
                f"{primitive.arity}",
            )
            for argument in node.args:
                self._check_argument(argument, position, f"node n{position}")

    def _check_argument(self, argument: object, position: int, place: str) -> None:
        if isinstance(argument, str):
            if argument in self.inputs:
                return
            match = _REFERENCE.fullmatch(argument)
            limit = {"c": len(self.constants), "n": position}
            if match and int(match[2]) < limit[match[1]]:
                return
        strict.refuse(
            f"{place} uses {strict.shown(argument)}: expected an input, a constant c<i> or an "
            "earlier node n<j>"
        )

    @property
    def operations(self) -> int:
        """Operations that depend on an input and that the output depends on."""
        return len(self.simplified().nodes)

    @property
    def claims(self) -> dict[str, Any]:
        """``metadata["claims"]``, or nothing."""
        claims = self.metadata.get("claims", {})
        return claims if isinstance(claims, dict) else {}

    @property
    def reference(self) -> tuple[tuple[str, str], ...]:
        """``metadata["reference"]`` as pairs (x, value of the target at the float64 nearest x).

        Raises:
            DocumentFormatError: Where an entry is not ``{"x": number, "y": number}``.
        """
        entries = self.metadata.get("reference") or []
        strict.expect(isinstance(entries, list), "metadata.reference: expected a list")
        for entry in entries:
            valid = isinstance(entry, dict) and entry.keys() == {"x", "y"}
            strict.expect(
                valid and number.is_number(entry["x"]) and number.is_number(entry["y"]),
                f'metadata.reference has {strict.shown(entry)}: expected {{"x": "number", "y": '
                '"number"}',
            )
        return tuple((entry["x"], entry["y"]) for entry in entries)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Strict reader; raises DocumentFormatError."""
        data = strict.load(text)
        if not isinstance(data, dict):
            strict.refuse(f'expected a JSON object with "format": "{FORMAT}"')
        missing = [key for key in _KEYS[:-1] if key not in data]
        unknown = [key for key in data if key not in _KEYS]
        strict.expect(
            data.get("format") == FORMAT,
            f'format is {strict.shown(data.get("format"))}: expected "{FORMAT}"',
        )
        version = data.get("version")
        strict.expect(
            type(version) is int and version == VERSION,
            f"version is {strict.shown(version)}: this release reads version {VERSION}",
        )
        strict.expect(not missing, f"missing {', '.join(missing)}")
        strict.expect(
            not unknown, f"unknown key {strict.shown(unknown)}: expected {', '.join(_KEYS)}"
        )
        metadata = data.get("metadata", {})
        strict.expect(isinstance(metadata, dict), "metadata: expected an object")
        return cls(
            strict.strings(data["inputs"], "inputs"),
            strict.strings(data["constants"], "constants"),
            tuple(
                _node(entry, place)
                for place, entry in enumerate(strict.items(data["nodes"], "nodes"))
            ),
            strict.strings(data["outputs"], "outputs"),
            metadata,
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; raises UsageError where there is none, DocumentFormatError otherwise."""
        if not path.is_file():
            raise UsageError(f"no file {path}: expected a program document (export --format json)")
        try:
            with path.open("rb") as file:
                content = file.read(strict.MAX_BYTES + 1)
            return cls.from_json(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DocumentFormatError("not UTF-8 text: expected a JSON document") from error
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error

    def to_json(self) -> str:
        """The document as JSON text, one line at the end."""
        nodes = [{"op": node.op, "args": list(node.args)} for node in self.nodes]
        data = {
            "format": FORMAT,
            "version": VERSION,
            "inputs": list(self.inputs),
            "constants": list(self.constants),
            "nodes": nodes,
            "outputs": list(self.outputs),
            "metadata": self.metadata,
        }
        return json.dumps(data, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_program(
        cls,
        batch: ProgramBatch,
        row: int,
        constants: Sequence[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: Sequence[str] = (),
    ) -> Self:
        """Document of one program, without operations on constants alone.

        Args:
            batch: Programs.
            row: Which of them.
            constants: Their digits, in the genome's order; hex floats of the genome's own when
                None.
            metadata: JSON object.
            inputs: Their names; as `evosearch.genomes.text.input_names` where none are given.
        """
        own = batch.constants[row, : batch.n_constants[row]]
        if constants is None:
            constants = [float(value).hex() for value in own]
        strict.expect(
            len(constants) == len(own),
            f"{len(constants)} constants for a program that has {len(own)}",
        )
        names = tuple(inputs) or input_names(batch.n_inputs)

        def name(argument: int) -> str:
            if argument >= 0:
                return f"n{argument}"
            if argument > FIRST_CONSTANT:
                return names[FIRST_INPUT - argument]
            return f"c{FIRST_CONSTANT - argument}"

        nodes = []
        for k in range(int(batch.lengths[row])):
            primitive = BY_CODE[int(batch.ops[row, k])]
            args = batch.args[row, k, : primitive.arity].tolist()
            nodes.append(Node(primitive.name, tuple(map(name, args))))
        output = name(int(batch.outputs[row]))
        document = cls(names, tuple(constants), tuple(nodes), (output,), metadata or {})
        return document.simplified()

    def to_program(self) -> ProgramBatch:
        """The program as a batch of one, instruction for instruction, constants as float64."""
        code = {name: FIRST_INPUT - i for i, name in enumerate(self.inputs)}
        code |= {f"c{j}": FIRST_CONSTANT - j for j in range(len(self.constants))}
        code |= {f"n{k}": k for k in range(len(self.nodes))}
        length, width = max(1, len(self.nodes)), max(1, len(self.constants))
        ops = np.zeros((1, length), np.uint8)
        args = np.zeros((1, length, 3), np.int16)
        constants = np.zeros((1, width))
        for k, node in enumerate(self.nodes):
            ops[0, k] = BY_NAME[node.op].code
            args[0, k, : len(node.args)] = [code[argument] for argument in node.args]
        constants[0, : len(self.constants)] = [number.to_float(text) for text in self.constants]
        return ProgramBatch(
            ops,
            args,
            np.array([len(self.nodes)], np.int32),
            constants,
            np.array([len(self.constants)], np.int32),
            np.array([code[self.outputs[0]]], np.int16),
            len(self.inputs),
        )

    def simplified(self) -> Self:
        """The same function in normal form.

        Operations on constants alone are folded into constants, operations that the output does
        not depend on are left out, and each constant is used once, in the order of use.

        Raises:
            DocumentFormatError: Where a folded constant is not finite.
        """
        numbers = self._folded()
        needed = self._needed()
        names = {name: name for name in self.inputs}
        constants: list[str] = []
        nodes: list[Node] = []

        def renamed(argument: str) -> str:
            if argument not in numbers:
                return names[argument]
            constants.append(numbers[argument])
            return f"c{len(constants) - 1}"

        for k, node in enumerate(self.nodes):
            if k in needed and f"n{k}" not in numbers:
                nodes.append(Node(node.op, tuple(map(renamed, node.args))))
                names[f"n{k}"] = f"n{len(nodes) - 1}"
        output = renamed(self.outputs[0])
        return type(self)(self.inputs, tuple(constants), tuple(nodes), (output,), self.metadata)

    def _folded(self) -> dict[str, str]:
        """Constants and the nodes that depend on no input, as numbers."""
        numbers = {f"c{j}": text for j, text in enumerate(self.constants)}
        longest = max(map(number.digits, self.constants), default=17)
        digits = min(max(longest, 17) + _FOLDING_DIGITS, _LONGEST_FOLD)
        needed = self._needed()
        for k, node in enumerate(self.nodes):
            if k in needed and all(argument in numbers for argument in node.args):
                value = _fold(node.op, [numbers[argument] for argument in node.args], digits)
                strict.expect(
                    number.is_number(value),
                    f"node n{k} is constant and not finite ({value}): such a program is not a "
                    "document",
                )
                numbers[f"n{k}"] = value
        return numbers

    def _needed(self) -> set[int]:
        """Positions of the nodes that the output depends on."""
        needed = {argument for argument in self.outputs if argument not in self.inputs}
        for k in reversed(range(len(self.nodes))):
            if f"n{k}" in needed:
                needed.update(self.nodes[k].args)
        return {k for k in range(len(self.nodes)) if f"n{k}" in needed}


def _fold(op: str, args: Sequence[str], digits: int) -> str:
    """Float64 arithmetic among hex floats, else decimal arithmetic with ``digits`` digits."""
    if all(map(number.is_hex, args)):
        with np.errstate(all="ignore"):
            values = [np.float64(number.to_float(text)) for text in args]
            return float(BY_NAME[op].compute(*values)).hex()
    mp = precise.context(digits)
    value = precise.apply(mp, op, [precise.parse(mp, text) for text in args])
    return str(mp.nstr(value, digits, strip_zeros=True))


def _node(entry: object, place: int) -> Node:
    if not isinstance(entry, dict) or entry.keys() != {"op", "args"}:
        strict.refuse(
            f'node n{place} is {strict.shown(entry)}: expected {{"op": name, "args": [names]}}'
        )
    return Node(entry["op"], strict.strings(entry["args"], f"node n{place} args"))
