"""ProgramBatch: straight-line programs, which are expression graphs with sharing.

A program is a list of instructions in topological order. An argument is one int16:

    node k      ->  k            an earlier instruction's result
    input i     -> -1 - i        i in 0..63
    constant j  -> -65 - j       the program's own constants[j]

A canonical program has every instruction reach the output, no instruction with constant
arguments only, no two equal instructions, commutative arguments in order, and each constant used
exactly once, in the order of use (see `evosearch.genomes.canonical`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Self, TypeAlias
from zlib import crc32

import networkx as nx
import numpy as np
from jaxtyping import Float64, Int16, Int32, UInt8, UInt64

from evosearch.errors import GenomeFormatError
from evosearch.genomes.batch import IntArray
from evosearch.genomes.primitives import ARITY, BY_CODE, BY_NAME, KNOWN

MAX_INPUTS = 64
MAX_NODES = 4096
MAX_CONSTANTS = 8191
FIRST_INPUT = -1
FIRST_CONSTANT = -1 - MAX_INPUTS

Graph: TypeAlias = "nx.DiGraph[str]"

_MAGIC = b"EvP\x01"
_HEADER = 10  # magic, u16 inputs, u16 nodes, u16 constants
_CHUNK = 4096  # programs encoded at a time: their words stay in the cache
# 1 in each of the first k bytes of a word, by k; 1 in each byte that an operation takes, by code.
_FIRST = np.tri(9, 8, -1, dtype=np.uint8).view(np.uint64)[:, 0]
_ARITY = ARITY.astype(np.uint8)
_KEPT = np.where(KNOWN, _FIRST[1 + 2 * ARITY] << np.uint64(8), np.uint64(0))


@dataclass(frozen=True, eq=False)
class ProgramBatch:
    """Programs of one output each. Unused places hold zeros.

    Attributes:
        ops: Primitive code of each instruction, 0 behind the end.
        args: Up to three arguments of each instruction.
        lengths: Instructions of each program; 0 when the output is an input or a constant.
        constants: Constants of each program.
        n_constants: How many of them are in use.
        outputs: The argument that is the program's value.
        n_inputs: Number of inputs of every program.

    The byte forms and digests are kept once they are known.
    """

    ops: UInt8[np.ndarray, "batch length"]
    args: Int16[np.ndarray, "batch length 3"]
    lengths: Int32[np.ndarray, " batch"]
    constants: Float64[np.ndarray, "batch constants"]
    n_constants: Int32[np.ndarray, " batch"]
    outputs: Int16[np.ndarray, " batch"]
    n_inputs: int
    _bytes: list[bytes] = field(default_factory=list, repr=False)
    _digests: list[bytes] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: IntArray) -> Self:
        """The programs at ``rows``."""
        taken = type(self)(
            self.ops[rows],
            self.args[rows],
            self.lengths[rows],
            self.constants[rows],
            self.n_constants[rows],
            self.outputs[rows],
            self.n_inputs,
        )
        for known, kept in ((self._bytes, taken._bytes), (self._digests, taken._digests)):
            if known:
                kept += [known[row] for row in np.asarray(rows).tolist()]
        return taken

    def padded(self, length: int, constants: int) -> Self:
        """The same programs in arrays of at least these widths."""
        grow = max(0, length - self.ops.shape[1])
        more = max(0, constants - self.constants.shape[1])
        return type(self)(
            np.pad(self.ops, ((0, 0), (0, grow))),
            np.pad(self.args, ((0, 0), (0, grow), (0, 0))),
            self.lengths,
            np.pad(self.constants, ((0, 0), (0, more))),
            self.n_constants,
            self.outputs,
            self.n_inputs,
        )

    def narrow(self, length: int, constants: int) -> Self:
        """The same programs in arrays of at most these widths, which have to suffice."""
        return type(self)(
            self.ops[:, :length],
            self.args[:, :length],
            self.lengths,
            self.constants[:, :constants],
            self.n_constants,
            self.outputs,
            self.n_inputs,
        )

    def concatenate(self, others: Sequence[Self]) -> Self:
        """This batch followed by ``others``; those without a program do not matter.

        Raises:
            ValueError: If the numbers of inputs differ.
        """
        every = [batch for batch in (self, *others) if len(batch)] or [self]
        counts = {batch.n_inputs for batch in every}
        if len(counts) > 1:
            raise ValueError(f"programs of one input count expected, received {sorted(counts)}")
        edges = np.cumsum([0, *map(len, every)])
        whole = self.empty(int(edges[-1]), every)
        for start, batch in zip(edges, every, strict=False):
            whole.put(slice(start, start + len(batch)), batch)
        if all(batch._bytes and batch._digests for batch in every):
            whole._bytes.extend(row for batch in every for row in batch._bytes)
            whole._digests.extend(digest for batch in every for digest in batch._digests)
        return whole

    @classmethod
    def empty(cls, n: int, parts: Sequence[Self]) -> Self:
        """Zeros for n programs, as wide as the widest of ``parts``: to be filled by `put`."""
        length = max(part.ops.shape[1] for part in parts)
        width = max(part.constants.shape[1] for part in parts)
        return cls(
            np.zeros((n, length), np.uint8),
            np.zeros((n, length, 3), np.int16),
            np.zeros(n, np.int32),
            np.zeros((n, width)),
            np.zeros(n, np.int32),
            np.zeros(n, np.int16),
            parts[0].n_inputs,
        )

    def put(self, rows: IntArray | slice, programs: Self) -> None:
        """Write programs to rows of a batch that is still being made: nobody else has seen it."""
        self.ops[rows, : programs.ops.shape[1]] = programs.ops
        self.args[rows, : programs.ops.shape[1]] = programs.args
        self.lengths[rows] = programs.lengths
        self.constants[rows, : programs.constants.shape[1]] = programs.constants
        self.n_constants[rows] = programs.n_constants
        self.outputs[rows] = programs.outputs

    def with_constants(self, constants: Float64[np.ndarray, "batch constants"]) -> Self:
        """The same structures with other constants (unused places are set to zero)."""
        used = np.arange(constants.shape[1]) < self.n_constants[:, None]
        return type(self)(
            self.ops,
            self.args,
            self.lengths,
            np.where(used, constants, 0.0),
            self.n_constants,
            self.outputs,
            self.n_inputs,
        )

    @classmethod
    def identity(cls, n: int, n_inputs: int = 1) -> Self:
        """Make n programs whose value is the first input."""
        return cls(
            np.zeros((n, 1), np.uint8),
            np.zeros((n, 1, 3), np.int16),
            np.zeros(n, np.int32),
            np.zeros((n, 1)),
            np.zeros(n, np.int32),
            np.full(n, FIRST_INPUT, np.int16),
            n_inputs,
        )

    def sizes(self) -> IntArray:
        """Operations of each program (canonical: each depends on an input)."""
        return self.lengths.astype(np.int64)

    def to_bytes(self) -> list[bytes]:
        """Magic, counts, instructions (op, arguments), output, constants, CRC32; little-endian."""
        if not self._bytes:
            self._bytes.extend(_encode(self))
        return list(self._bytes)

    def digests(self) -> list[bytes]:
        """blake2b-128 of the byte form."""
        if not self._digests:
            self._digests.extend(_digests(self.to_bytes()))
        return list(self._digests)

    def structures(self) -> list[bytes]:
        """blake2b-128 of the byte form with every constant set to zero."""
        ends = zip(self.to_bytes(), (8 * self.n_constants).tolist(), strict=True)
        bodies = [row[: len(row) - 4 - size] + bytes(size) for row, size in ends]
        return _digests(_sealed(bodies))

    @classmethod
    def from_bytes(cls, rows: Sequence[bytes]) -> Self:
        """Strict decoder; raises GenomeFormatError."""
        decoded = [_decode(row) for row in rows]
        if not decoded:
            return cls.identity(0)
        inputs = {program[0] for program in decoded}
        if len(inputs) > 1:
            raise GenomeFormatError(
                f"programs of different input counts in one batch: {sorted(inputs)}"
            )
        length = max(1, max(len(program[1]) for program in decoded))
        width = max(1, max(len(program[4]) for program in decoded))
        n = len(decoded)
        ops = np.zeros((n, length), np.uint8)
        args = np.zeros((n, length, 3), np.int16)
        constants = np.zeros((n, width))
        for row, (_, op, arg, _, constant) in enumerate(decoded):
            ops[row, : len(op)] = op
            args[row, : len(op)] = np.reshape(arg, (-1, 3))
            constants[row, : len(constant)] = constant
        return cls(
            ops,
            args,
            np.array([len(program[1]) for program in decoded], np.int32),
            constants,
            np.array([len(program[4]) for program in decoded], np.int32),
            np.array([program[3] for program in decoded], np.int16),
            inputs.pop(),
        )

    def graph(self, row: int) -> Graph:
        """View of one program in networkx: edges run from argument to user.

        Nodes are ``x<i>``, ``c<j>`` (attribute ``value``) and ``n<k>`` (attribute ``op``). The
        edge attribute ``positions`` lists where the user takes the argument, since it may take
        the same one twice. The graph attribute ``output`` names the output's node, ``inputs``
        counts the inputs.
        """
        graph: Graph = nx.DiGraph(output=_name(int(self.outputs[row])), inputs=self.n_inputs)
        graph.add_nodes_from(f"x{i}" for i in range(self.n_inputs))
        for j in range(int(self.n_constants[row])):
            graph.add_node(f"c{j}", value=float(self.constants[row, j]))
        for k in range(int(self.lengths[row])):
            primitive = BY_CODE[int(self.ops[row, k])]
            graph.add_node(f"n{k}", op=primitive.name)
            for position in range(primitive.arity):
                source = _name(int(self.args[row, k, position]))
                if graph.has_edge(source, f"n{k}"):
                    graph.edges[source, f"n{k}"]["positions"] += (position,)
                else:
                    graph.add_edge(source, f"n{k}", positions=(position,))
        return graph

    @classmethod
    def from_graph(cls, graph: Graph) -> Self:
        """One program from a graph as `graph` makes them.

        Numbers in the names of operations and constants decide their order alone; they may have
        gaps and need not be topological.

        Raises:
            GenomeFormatError: Where the graph is no program.
        """
        try:
            return cls.from_bytes([_encode_graph(graph)])
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise GenomeFormatError(f"not a program graph: {error!r}") from error
        except nx.NetworkXException as error:
            raise GenomeFormatError(f"not a program graph: {error}") from error


def _encode_graph(graph: Graph) -> bytes:
    """Byte form of a program graph; any of several exceptions where it is none."""
    inputs = int(graph.graph["inputs"])
    order = [
        node
        for node in nx.lexicographical_topological_sort(graph, key=_graph_order)
        if "op" in graph.nodes[node]
    ]
    constants = sorted((n for n in graph if "value" in graph.nodes[n]), key=_graph_order)
    codes = {f"x{i}": FIRST_INPUT - i for i in range(min(inputs, MAX_INPUTS))}
    codes |= {name: FIRST_CONSTANT - j for j, name in enumerate(constants)}
    codes |= {name: k for k, name in enumerate(order)}
    row = _MAGIC + b"".join(_word(n) for n in (inputs, len(order), len(constants)))
    for node in order:
        primitive = BY_NAME[graph.nodes[node]["op"]]
        arguments = {
            position: codes[source]
            for source in graph.predecessors(node)
            for position in graph.edges[source, node]["positions"]
        }
        if sorted(arguments) != list(range(primitive.arity)):
            raise GenomeFormatError(
                f"node {node} of {primitive.name} has arguments at {sorted(arguments)}: "
                f"expected each of 0 to {primitive.arity - 1} once"
            )
        row += bytes([primitive.code])
        row += b"".join(_word(arguments[position]) for position in range(primitive.arity))
    row += _word(codes[graph.graph["output"]])
    values = [float(graph.nodes[name]["value"]) for name in constants]
    row += np.array(values, dtype="<f8").tobytes()
    return row + crc32(row).to_bytes(4, "little")


def _word(number: int) -> bytes:
    return (number & 0xFFFF if number < 0 else number).to_bytes(2, "little")


def _graph_order(node: str) -> tuple[str, int]:
    return node[:1], int(node[1:])


def _name(argument: int) -> str:
    if argument >= 0:
        return f"n{argument}"
    if argument > FIRST_CONSTANT:
        return f"x{FIRST_INPUT - argument}"
    return f"c{FIRST_CONSTANT - argument}"


def _encode(batch: ProgramBatch) -> Iterator[bytes]:
    """Byte forms: every possible field in words of eight bytes, of which those in use are kept."""
    for start in range(0, len(batch), _CHUNK):
        rows = slice(start, start + _CHUNK)
        words, keep = _words(batch, rows)
        data = np.compress(keep.view(bool).ravel(), words.view(np.uint8).ravel()).tobytes()
        arguments = _ARITY.take(batch.ops[rows]).sum(axis=1, dtype=np.int64)
        sizes = 12 + batch.lengths[rows] + 2 * arguments + 8 * batch.n_constants[rows]
        edges = [0, *np.cumsum(sizes).tolist()]
        yield from _sealed([data[first:last] for first, last in pairwise(edges)])


def _digests(rows: Sequence[bytes]) -> list[bytes]:
    return [blake2b(row, digest_size=16).digest() for row in rows]


def _sealed(bodies: Sequence[bytes]) -> list[bytes]:
    return [body + crc32(body).to_bytes(4, "little") for body in bodies]


def _words(
    batch: ProgramBatch, rows: slice
) -> tuple[UInt64[np.ndarray, "rows words"], UInt64[np.ndarray, "rows words"]]:
    """Header (two words), instructions, output, constants; and a 1 in each byte that is in use."""
    ops, constants = batch.ops[rows], batch.constants[rows]
    n, length = ops.shape
    output = 2 + length
    words = np.zeros((n, output + 1 + constants.shape[1]), np.uint64)
    keep = np.zeros_like(words)
    halves = words.view("<i2").reshape(*words.shape, 4)
    halves[:, 0, :2] = np.frombuffer(_MAGIC, "<i2")
    halves[:, 0, 2], halves[:, 0, 3] = batch.n_inputs, batch.lengths[rows]
    halves[:, 1, 0] = batch.n_constants[rows]
    halves[:, 2:output, 0] = ops.astype(np.int16) << 8  # the code is the second byte
    halves[:, 2:output, 1:] = batch.args[rows]
    halves[:, output, 0] = batch.outputs[rows]
    values = words[:, output + 1 :].view("<f8")
    values[...] = constants
    values[np.isnan(constants)] = np.nan
    keep[:, 0], keep[:, 1], keep[:, output] = _FIRST[8], _FIRST[2], _FIRST[2]
    keep[:, 2:output] = _KEPT.take(ops)
    used = np.arange(constants.shape[1]) < batch.n_constants[rows, None]
    keep[:, output + 1 :] = np.where(used, _FIRST[8], _FIRST[0])
    return words, keep


def _decode(
    row: bytes,
) -> tuple[int, list[int], list[tuple[int, int, int]], int, tuple[float, ...]]:
    """One program as (inputs, ops, args, output, constants)."""
    if len(row) < _HEADER + 6 or row[:4] != _MAGIC:
        raise GenomeFormatError("not a program: expected the header of a version 1 program")
    if crc32(row[:-4]) != int.from_bytes(row[-4:], "little"):
        raise GenomeFormatError("program bytes are damaged: the checksum does not match")
    inputs, nodes, n_constants = (
        int.from_bytes(row[at : at + 2], "little") for at in range(4, _HEADER, 2)
    )
    if not (1 <= inputs <= MAX_INPUTS and nodes <= MAX_NODES and n_constants <= MAX_CONSTANTS):
        raise GenomeFormatError(
            f"program out of limits: {inputs} inputs, {nodes} operations, {n_constants} constants"
        )
    at = _HEADER
    ops: list[int] = []
    args: list[tuple[int, int, int]] = []
    for node in range(nodes):
        if at >= len(row) - 4 or not KNOWN[row[at]]:
            raise GenomeFormatError(f"program operation {node} is unknown or missing")
        arity = int(ARITY[row[at]])
        found = [
            int.from_bytes(row[at + 1 + 2 * j : at + 3 + 2 * j], "little", signed=True)
            for j in range(arity)
        ]
        for argument in found:
            _check_argument(argument, node, inputs, n_constants)
        ops.append(row[at])
        args.append((*found, *([0] * (3 - arity))))  # type: ignore[arg-type]
        at += 1 + 2 * arity
    if len(row) != at + 2 + 8 * n_constants + 4:
        raise GenomeFormatError(f"program of {len(row)} bytes: its counts say otherwise")
    output = int.from_bytes(row[at : at + 2], "little", signed=True)
    _check_argument(output, nodes, inputs, n_constants)
    constants = tuple(np.frombuffer(row, "<f8", n_constants, at + 2).tolist())
    return inputs, ops, args, output, constants


def _check_argument(argument: int, node: int, inputs: int, n_constants: int) -> None:
    if argument >= 0:
        valid = argument < node
    elif argument > FIRST_CONSTANT:
        valid = FIRST_INPUT - argument < inputs
    else:
        valid = FIRST_CONSTANT - argument < n_constants
    if not valid:
        raise GenomeFormatError(f"argument {_name(argument)} is not defined at operation {node}")
