"""The canonical form of programs: equal expression graphs become equal bytes.

Every node gets two 64-bit hashes from the bottom up: its *structure*, in which constants are
anonymous, and its *value*, in which they count. Nodes of equal value are the same node. Structure,
then the way a node is used, then value decide the order of commutative arguments; instructions
follow from there, breadth first from the output, so that the order does not depend on constants
wherever the structure alone decides.

Equality rests on hashes: two different nodes of one program of n are mistaken for each other with
probability about n^2 / 2^65.

Work arrays are laid out position first, ``[position, program]``. A *cell* is a place in such a
table, flattened: ``source * programs + program``. Sources are the nodes 0..length-1, then the
inputs, then one that stands for "constant or nothing", then the constants of the input batch.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evosearch.genomes.primitives import ARITY, BY_CODE, BY_NAME, COMMUTATIVE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, MAX_INPUTS, ProgramBatch
from evosearch.seeding import mix

_CHUNK = 16384  # programs worked on at a time: their tables stay in the cache

# Commutative arguments go by falling structure: nodes, then inputs, then constants. A missing
# argument has the structure and value 0 as well, so that it leaves no trace in a hash.
_NODE = np.uint64(1 << 63)
_INPUT = np.uint64(1 << 62)
_CONSTANT = np.uint64(0)
# Value of an input: a NaN that no constant holds, because theirs are normalised.
_INPUT_VALUE = np.uint64(0xFFFF << 48)
_WEIGHTS = mix(np.arange(3, dtype=np.uint64)) | np.uint64(1)  # of the arguments in a node's hash
_OP_KEYS = mix(np.arange(1000, 1256, dtype=np.uint64))
_ADD, _SUB = BY_NAME["add"].code, BY_NAME["sub"].code

_Cells = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]
_Ops = npt.NDArray[np.uint8]


def canonical(batch: ProgramBatch) -> ProgramBatch:
    """The same functions in canonical form, in arrays as narrow as the longest program allows.

    Instructions on constants alone are computed in float64, ``a - constant`` becomes an addition,
    equal subgraphs are shared, dead code is dropped, commutative arguments and instructions are
    ordered, and every use of a constant has a slot of its own, in the order of use.
    """
    if not len(batch):
        return ProgramBatch.identity(0, batch.n_inputs)
    rows = np.arange(len(batch))
    parts = [
        _canonical_chunk(batch.take(rows[start : start + _CHUNK]))
        for start in range(0, len(batch), _CHUNK)
    ]
    return parts[0].concatenate(parts[1:])


def limit(
    children: ProgramBatch, parents: ProgramBatch, max_operations: int, max_constants: int
) -> ProgramBatch:
    """Children, with those that exceed a limit replaced by the parent in the same row."""
    fits = (children.lengths <= max_operations) & (children.n_constants <= max_constants)
    if fits.all():
        return children
    rows = np.arange(len(children))
    return children.concatenate([parents]).take(np.where(fits, rows, rows + len(children)))


@dataclass
class _Graphs:
    """A chunk of programs under work; owned by `_canonical_chunk`, changed in place.

    Attributes:
        ops: Primitive codes, 0 behind the end.
        cells: Where each argument is found.
        bits: The float64 of each argument that is a constant.
        output: Cell of each program's value.
        output_bits: The float64 of each program's value where that is a constant.
        structure: Structure hash by cell, up to the cells of constants.
        value: Value hash by cell; the bits of a constant.
        tied: Programs with a commutative instruction whose arguments structure cannot order.
        n_inputs: Inputs of every program.
    """

    ops: _Ops  # [length, n]
    cells: _Cells  # [arity, length, n]
    bits: _Hashes  # [arity, length, n]
    output: _Cells  # [n]
    output_bits: _Hashes  # [n]
    structure: _Hashes  # [sources * n]
    value: _Hashes  # [sources * n]
    tied: npt.NDArray[np.bool_]  # [n]
    n_inputs: int

    @property
    def nodes(self) -> int:
        """Number of cells that are nodes: they come first."""
        return int(self.ops.size)

    @property
    def anonymous(self) -> int:
        """First of the cells that stand for constants and for nothing."""
        return self.nodes + self.n_inputs * len(self.output)


def _canonical_chunk(batch: ProgramBatch) -> ProgramBatch:
    graphs = _load(batch)
    for position in range(graphs.ops.shape[0]):
        _hash_instruction(graphs, position)
    _detach_output(graphs)
    _merge(graphs)
    uses = _count_uses(graphs)
    tied = np.flatnonzero(graphs.tied)
    if tied.size:
        _break_ties(graphs, tied, uses)
    order, lengths = _order(graphs, uses)
    return _emit(graphs, order, lengths)


def _load(batch: ProgramBatch) -> _Graphs:
    """Arrays position first, arguments as cells, hashes of inputs and constants filled in."""
    n, length = batch.ops.shape
    inputs, width = batch.n_inputs, batch.constants.shape[1]
    live = np.arange(length)[:, None] < batch.lengths
    ops = np.where(live, batch.ops.T, np.uint8(0))
    arities = ARITY.take(ops)
    arity = max(2, int(arities.max()))
    nothing = length + inputs

    column = np.arange(n)

    def cell(argument: npt.NDArray[np.int16]) -> _Cells:
        begin = np.where(argument > FIRST_CONSTANT, length, nothing + 1 - MAX_INPUTS)
        source = np.where(argument >= 0, argument, begin.astype(np.int16) - np.int16(1) - argument)
        return np.asarray(source.astype(np.int64) * n + column)

    sources = cell(np.ascontiguousarray(batch.args.transpose(2, 1, 0)[:arity]))
    np.putmask(sources, np.arange(arity)[:, None, None] >= arities, nothing * n + column)
    tables = np.zeros((2, nothing + 1 + width, n), np.uint64)
    numbers = np.arange(inputs, dtype=np.uint64)[:, None]
    tables[0, length:nothing] = _INPUT - numbers
    tables[1, length:nothing] = _INPUT_VALUE + numbers
    tables[1, nothing + 1 :] = _bits(batch.constants.T)
    structure, value = tables.reshape(2, -1)
    return _Graphs(
        ops,
        sources,
        np.zeros((arity, length, n), np.uint64),
        cell(batch.outputs),
        np.zeros(n, np.uint64),
        structure,
        value,
        np.zeros(n, bool),
        inputs,
    )


def _bits(values: npt.NDArray[np.float64]) -> _Hashes:
    """Bit patterns, with one for every NaN."""
    return np.where(np.isnan(values), np.nan, values).view(np.uint64)


def _hash_instruction(graphs: _Graphs, position: int) -> None:
    """Fold, turn ``a - c`` into an addition, order commutative arguments, hash: one position."""
    op, cells = graphs.ops[position], graphs.cells[:, position]
    n = len(op)
    structure, value = graphs.structure.take(cells), graphs.value.take(cells)
    constant = structure == _CONSTANT

    negated = np.flatnonzero((op == _SUB) & constant[1] & ~constant[0])
    op[negated] = _ADD
    value[1, negated] = _bits(-value[1, negated].view(np.float64))

    equal = structure[0] == structure[1]
    commutative = COMMUTATIVE.take(op)
    graphs.tied |= commutative & equal & (value[0] != value[1]) & ~constant[0]
    below = (structure[0] < structure[1]) | (equal & (value[0] < value[1]))
    swapped = np.flatnonzero(commutative & below)
    for array in (cells, structure, value):
        array[:2, swapped] = array[1::-1, swapped]
    graphs.bits[:, position] = value
    np.putmask(cells, structure == _CONSTANT, graphs.anonymous)

    here = slice(position * n, (position + 1) * n)
    graphs.structure[here] = _combine(op, structure) | _NODE
    graphs.value[here] = _combine(op, value)
    folded = np.flatnonzero(constant.all(axis=0) & (op != 0))
    if folded.size:
        at = folded + position * n
        graphs.structure[at] = _CONSTANT
        graphs.value[at] = _bits(_compute(op[folded], value[:, folded].view(np.float64)))


def _detach_output(graphs: _Graphs) -> None:
    """Keep the bits of outputs that are constants, as `_hash_instruction` does for arguments."""
    graphs.output_bits[:] = graphs.value.take(graphs.output)
    constant = graphs.structure.take(graphs.output) == _CONSTANT
    graphs.output[constant] = graphs.anonymous


def _combine(op: _Ops, hashes: _Hashes, extra: _Hashes | None = None) -> _Hashes:
    """Hash of an instruction from those of its arguments, which are in order."""
    total = _OP_KEYS.take(op)
    if extra is not None:
        total += extra
    for weight, hashed in zip(_WEIGHTS, hashes, strict=False):
        total += hashed * weight
    return mix(total)


def _compute(ops: _Ops, arguments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One operation each, ``arguments`` [arity, n] being constants."""
    results = np.zeros(len(ops))
    with np.errstate(all="ignore"):
        for code in np.unique(ops).tolist():
            rows = ops == code
            results[rows] = BY_CODE[code].compute(*arguments[: ARITY[code], rows])
    return results


def _merge(graphs: _Graphs) -> None:
    """Point every argument to the first node of the same value."""
    length, n = graphs.ops.shape
    value = graphs.value[: graphs.nodes].reshape(length, n)
    first = np.arange(graphs.anonymous + 1)
    merged = False
    for position in range(1, length):
        twin = (value[:position] == value[position]).any(axis=0)
        rows = np.flatnonzero(twin & (graphs.ops[position] != 0))
        if rows.size:
            earliest = (value[:position, rows] == value[position, rows]).argmax(axis=0)
            first[position * n + rows] = earliest * n + rows
            merged = True
    if merged:
        graphs.cells[:] = first.take(graphs.cells)
        graphs.output[:] = first.take(graphs.output)


def _count_uses(graphs: _Graphs) -> npt.NDArray[np.int16]:
    """How many arguments of live instructions, and outputs, refer to each cell."""
    n = graphs.ops.shape[1]
    uses: npt.NDArray[np.int16] = np.zeros(graphs.anonymous + 1, np.int16)
    uses[graphs.output] = 1
    for position in reversed(range(graphs.ops.shape[0])):
        live = uses[position * n : (position + 1) * n] > 0
        for cells in graphs.cells[:, position]:
            uses[cells] += live
    return uses


def _break_ties(graphs: _Graphs, rows: npt.NDArray[np.int64], uses: npt.NDArray[np.int16]) -> None:
    """Order commutative arguments of equal structure by how they are used, in these programs."""
    length, n = graphs.ops.shape
    m = len(rows)

    def local(cells: _Cells) -> _Cells:
        sources = np.minimum(cells // n, length + graphs.n_inputs)
        return np.asarray(sources * m + np.arange(m))

    ops = graphs.ops[:, rows]
    cells = local(graphs.cells[:, :, rows])
    output = local(graphs.output[rows])
    sources = length + graphs.n_inputs + 1
    structure = graphs.structure[: sources * n].reshape(sources, n)[:, rows].ravel()
    live = uses[: graphs.nodes].reshape(length, n)[:, rows] > 0
    context = _contexts(ops, cells, output, live, structure)
    _refine(ops, cells, structure, context)
    graphs.cells[:, :, rows] = np.where(
        cells < sources * m - m, cells // m * n + rows, graphs.anonymous
    )


def _contexts(
    ops: _Ops,
    cells: _Cells,
    output: _Cells,
    live: npt.NDArray[np.bool_],
    structure: _Hashes,
) -> _Hashes:
    """Top down: a sum over the users of each cell of what they are and where they use it."""
    length, n = ops.shape
    context = np.zeros(len(structure), np.uint64)
    context[output] = 1
    for position in reversed(range(length)):
        here = slice(position * n, (position + 1) * n)
        user = np.where(live[position], mix(context[here] + structure[here]), np.uint64(0))
        either = COMMUTATIVE.take(ops[position])
        for slot, arguments in enumerate(cells[:, position]):
            anywhere = either if slot == 1 else False
            context[arguments] += user * np.where(anywhere, _WEIGHTS[0], _WEIGHTS[slot])
    return context


def _refine(ops: _Ops, cells: _Cells, structure: _Hashes, context: _Hashes) -> None:
    """Bottom up: put arguments of equal structure in the order of hashes that know contexts."""
    length, n = ops.shape
    refined = structure.copy()
    for position in range(length):
        arguments = cells[:, position]
        found = refined.take(arguments)
        equal = structure.take(arguments[0]) == structure.take(arguments[1])
        swapped = np.flatnonzero(COMMUTATIVE.take(ops[position]) & equal & (found[0] < found[1]))
        for array in (arguments, found):
            array[:2, swapped] = array[1::-1, swapped]
        here = slice(position * n, (position + 1) * n)
        refined[here] = _combine(ops[position], found, context[here])


def _order(graphs: _Graphs, uses: npt.NDArray[np.int16]) -> tuple[_Cells, npt.NDArray[np.int64]]:
    """Breadth first from the output, a node after its last user: cells [rank, n], and how many.

    ``uses`` is consumed.
    """
    length, n = graphs.ops.shape
    nodes = graphs.nodes
    order = np.tile(np.arange(n), (length, 1))  # unused ranks stay within their own program
    computed = graphs.output < nodes
    order[0] = np.where(computed, graphs.output, order[0])
    placed = computed.astype(np.int64)
    flat = graphs.cells.reshape(len(graphs.cells), -1)
    for rank in range(length):
        active = placed > rank
        if not active.any():
            break
        for cells in flat:
            argument = cells.take(order[rank])
            left = uses.take(argument) - np.int16(1)
            uses[argument] = left
            ready = np.flatnonzero(active & (left == 0) & (argument < nodes))
            order[placed[ready], ready] = argument[ready]
            placed[ready] += 1
    return order, placed


def _emit(graphs: _Graphs, order: _Cells, lengths: npt.NDArray[np.int64]) -> ProgramBatch:
    """Programs with the users last, and constants in the order of use."""
    n, width = len(lengths), max(1, int(lengths.max()))
    row, place = np.nonzero(np.arange(width) < lengths[:, None])
    at = order.ravel().take((lengths.take(row) - 1 - place) * n + row)  # program after program
    new = _arguments(graphs, at, place)
    codes = graphs.ops.ravel().take(at)
    cells = np.stack([argument.ravel().take(at) for argument in graphs.cells])
    used = np.arange(len(cells))[:, None] < ARITY.take(codes)
    constant = used & (cells >= graphs.anonymous)
    slots, counts = _number_constants(constant, lengths)

    to = row * width + place
    ops = np.zeros(n * width, np.uint8)
    ops[to] = codes
    args = np.zeros((n * width, 3), np.int16)
    constants = np.zeros((n, max(1, int(counts.max()))))
    for j, written in enumerate(np.where(used, new.take(cells) - slots, 0)):
        args[to, j] = written
        mine = np.flatnonzero(constant[j])
        bits = graphs.bits[j].ravel().take(at[mine])
        constants[row[mine], slots[j, mine]] = bits.view(np.float64)
    alone = graphs.output >= graphs.anonymous
    constants[alone, 0] = graphs.output_bits[alone].view(np.float64)
    return ProgramBatch(
        ops.reshape(n, width),
        args.reshape(n, width, 3),
        lengths.astype(np.int32),
        constants,
        np.where(alone, 1, counts).astype(np.int32),
        new.take(graphs.output),
        graphs.n_inputs,
    )


def _arguments(graphs: _Graphs, at: _Cells, place: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """How each cell is written as an argument, when the nodes ``at`` have these places."""
    written = np.zeros(graphs.anonymous + 1, np.int16)
    written[at] = place
    inputs = FIRST_INPUT - np.arange(graphs.n_inputs)
    written[graphs.nodes : graphs.anonymous] = inputs.repeat(len(graphs.output))
    written[graphs.anonymous] = FIRST_CONSTANT
    return written


def _number_constants(
    constant: npt.NDArray[np.bool_], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Slot of each constant argument [arity, instruction] in its program; how many each has."""
    own = constant.sum(axis=0)
    before = np.concatenate([[0], np.cumsum(own)])  # constants ahead of each instruction
    ends = np.concatenate([[0], np.cumsum(lengths)])
    first = before[ends]
    start = before[:-1] - first[:-1].repeat(lengths)
    within: npt.NDArray[np.int64] = np.cumsum(constant, axis=0) - constant
    return np.where(constant, start + within, 0), np.diff(first)
