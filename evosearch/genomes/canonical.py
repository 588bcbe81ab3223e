"""The canonical form of programs: equal expression graphs become equal bytes.

Every node gets two 64-bit hashes from the bottom up: its *structure*, in which constants are
anonymous, and its *value*, in which they count. Nodes of equal value are the same node. Structure,
then the way a node is used, then value decide the order of commutative arguments; instructions
follow from there, breadth first from the output, so that the order does not depend on constants
wherever the structure alone decides.

Equality rests on hashes: two different nodes of one program of n are mistaken for each other with
probability about n^2 / 2^65.

Programs are worked on in the order of falling length, so that those with an instruction at a
position are the first columns of the work arrays ``[position, program]``. A *cell* is a place in
a table of such arrays, flattened: ``source * programs + program``. Sources are the arguments as
they are written: nodes from 0 on, and inputs and constants as negative numbers, which NumPy counts
from the end of the table. Behind the nodes are one that does nothing, whose arguments are nothing
either, and the constants that come up on the way; before the constants of the input is nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evosearch.genomes.primitives import ARITY, BY_CODE, BY_NAME, COMMUTATIVE
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, MAX_INPUTS, ProgramBatch
from evosearch.seeding import mix

_CHUNK = 1 << 18  # instructions worked on at a time: their tables stay in the cache
_FEW = 4096  # programs among which those with something to fold or share are not told apart
_SHORT = 32  # programs up to this length are not worked on in greater number
_ARITY = ARITY.astype(np.uint8)

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
    rows = np.argsort(-batch.lengths, kind="stable")
    done: list[tuple[_Cells, ProgramBatch]] = []
    if len(batch) > _FEW:
        left = []
        for chunk in _chunks(batch.lengths, rows):
            part, involved = _plain_chunk(batch.take(chunk))
            done.append((chunk, part))
            left.append(chunk[involved])
        rows = np.concatenate(left)
    done += [
        (chunk, _canonical_chunk(batch.take(chunk))) for chunk in _chunks(batch.lengths, rows)
    ]
    whole = ProgramBatch.empty(len(batch), [part for _, part in done])
    for places, part in done:
        whole.put(places, part)
    return whole


def _chunks(
    lengths: npt.NDArray[np.int32], rows: npt.NDArray[np.int64]
) -> Iterator[npt.NDArray[np.int64]]:
    """Cut rows of falling lengths into chunks."""
    while len(rows):
        size = max(1, _CHUNK // max(_SHORT, int(lengths[rows[0]])))
        yield rows[:size]
        rows = rows[size:]


def limit(
    children: ProgramBatch,
    others: ProgramBatch,
    rows: npt.NDArray[np.int64],
    max_operations: int,
    max_constants: int,
) -> ProgramBatch:
    """Children, those beyond a limit replaced by the ones at their ``rows`` of ``others``."""
    fits = (children.lengths <= max_operations) & (children.n_constants <= max_constants)
    if fits.all():
        return children
    large = np.flatnonzero(~fits)
    instead = others.take(rows[large])
    children = children.narrow(max(1, max_operations), max(1, max_constants))
    whole = ProgramBatch.empty(len(children), [children, instead])
    whole.put(slice(None), children)
    for array in (whole.ops, whole.args, whole.constants):
        array[large] = 0
    whole.put(large, instead)
    return whole


@dataclass
class _Graphs:
    """A chunk of programs under work; owned by `_canonical_chunk`, changed in place.

    Attributes:
        ops: Primitive codes, 0 behind the end and for the node that does nothing.
        cells: Where each argument is found.
        active: How many programs have an instruction at each position.
        output: Cell of each program's value.
        structure: Structure hash by cell.
        value: Value hash by cell; the bits of a constant.
        tied: Programs with a commutative instruction whose arguments structure cannot order.
        replaced: Cells of nodes, and the cells to use instead.
        n_inputs: Inputs of every program.
    """

    ops: _Ops  # [length + 1, n]
    cells: _Cells  # [arity, length + 1, n]
    active: list[int]  # [length]
    output: _Cells  # [n]
    structure: _Hashes  # [sources * n]
    value: _Hashes  # [sources * n]
    tied: npt.NDArray[np.bool_]  # [n]
    replaced: list[tuple[_Cells, _Cells]]
    n_inputs: int

    @property
    def length(self) -> int:
        """Instructions of the longest program: the position of the node that does nothing."""
        return len(self.active)

    def made(self, position: int, columns: _Cells) -> _Cells:
        """Cells of the constants that come up at a position."""
        return (self.length + 1 + position) * len(self.output) + columns

    @property
    def nothing(self) -> _Cells:
        """Cell that stands for no argument, of each program."""
        return np.asarray(self.cells[0, -1])

    def leaves(self) -> slice:
        """Cells that are no nodes."""
        return slice((self.length + 1) * len(self.output), None)


def _plain_chunk(batch: ProgramBatch) -> tuple[ProgramBatch, npt.NDArray[np.bool_]]:
    """As `_canonical_chunk`, of programs that have nothing to fold and no two equal structures.

    The others are told, and left empty.
    """
    graphs = _load(batch)
    involved = np.zeros(len(batch), bool)
    for position, active in enumerate(graphs.active):
        involved[:active] |= _hash_structure(graphs, position)
    graphs.output[involved] = graphs.nothing[involved]
    order, lengths = _order(graphs, _count_uses(graphs))
    return _emit(graphs, order, lengths), involved


def _canonical_chunk(batch: ProgramBatch) -> ProgramBatch:
    """Of programs in the order of falling length."""
    graphs = _load(batch)
    for position in range(graphs.length):
        _hash_instruction(graphs, position)
        _find_twins(graphs, position)
    _replace(graphs)
    uses = _count_uses(graphs)
    tied = np.flatnonzero(graphs.tied)
    if tied.size:
        _break_ties(graphs, tied, uses)
    order, lengths = _order(graphs, uses)
    return _emit(graphs, order, lengths)


def _load(batch: ProgramBatch) -> _Graphs:
    """Arrays position first, arguments as cells, hashes of inputs and constants filled in."""
    n, inputs, lengths = len(batch), batch.n_inputs, batch.lengths
    length, width = int(lengths.max()), int(batch.n_constants.max())
    active = n - np.searchsorted(lengths[::-1], np.arange(length), side="right")
    ops = np.zeros((length + 1, n), np.uint8)
    live = np.arange(length)[:, None] < lengths
    np.multiply(batch.ops[:, :length].T, live, out=ops[:length])
    arities = _ARITY.take(ops)
    arity = max(2, int(arities.max()))
    nothing = FIRST_CONSTANT - width
    arguments = np.zeros((arity, length + 1, n), np.int16)
    arguments[:, :length] = batch.args[:, :length, :arity].transpose(2, 1, 0)
    for slot, argument in enumerate(arguments):
        missing = arities <= slot
        argument *= ~missing  # three times as fast as np.where on such small numbers
        argument += missing * np.int16(nothing)
    column = np.arange(n)
    cells = np.multiply(arguments, n, dtype=np.int64)
    cells += column

    structure, value = np.empty((2, 2 * length + 2 + width + MAX_INPUTS, n), np.uint64)
    structure[length:-MAX_INPUTS], value[nothing] = _CONSTANT, 0
    numbers = np.arange(inputs, dtype=np.uint64)[:, None]
    places = FIRST_INPUT - np.arange(inputs)
    structure[places] = _INPUT - numbers
    value[places] = _INPUT_VALUE + numbers
    value[FIRST_CONSTANT - np.arange(width)] = _bits(batch.constants[:, :width].T)
    return _Graphs(
        ops,
        cells,
        active.tolist(),
        batch.outputs.astype(np.int64) * n + column,
        structure.ravel(),
        value.ravel(),
        np.zeros(n, bool),
        [],
        inputs,
    )


def _bits(values: npt.NDArray[np.float64]) -> _Hashes:
    """Bit patterns, with one for every NaN."""
    return np.where(np.isnan(values), np.nan, values).view(np.uint64)


def _hash_structure(graphs: _Graphs, position: int) -> npt.NDArray[np.bool_]:
    """As `_hash_instruction`, without values; which programs need these, or folding."""
    active, n = graphs.active[position], len(graphs.output)
    op, cells = graphs.ops[position, :active], graphs.cells[:, position, :active]
    structure = graphs.structure.take(cells)
    constant = structure == _CONSTANT
    _negate(graphs, position, constant)
    turned = COMMUTATIVE.take(op) & (structure[0] < structure[1])
    for array in (cells, structure):
        _turn(array, turned)
    graphs.structure[position * n : position * n + active] = (
        _combine(_OP_KEYS.take(op), structure) | _NODE
    )
    table = graphs.structure[: position * n + n].reshape(position + 1, n)[:, :active]
    twin = (table[:-1] == table[-1]).any(axis=0)
    return np.asarray(twin | (constant[0] & constant[1]))


def _negate(graphs: _Graphs, position: int, constant: npt.NDArray[np.bool_]) -> _Cells:
    """Turn ``a - constant`` into ``a + (-constant)`` at a position; in which programs."""
    op, cells = graphs.ops[position], graphs.cells[1, position]
    active = graphs.active[position]
    negated: _Cells = ((op[:active] == _SUB) & constant[1] & ~constant[0]).nonzero()[0]
    if negated.size:
        op[negated] = _ADD
        bits = graphs.value.take(cells[negated])
        cells[negated] = made = graphs.made(position, negated)
        graphs.value[made] = _bits(-bits.view(np.float64))
    return negated


def _hash_instruction(graphs: _Graphs, position: int) -> None:
    """Fold, turn ``a - c`` into an addition, order commutative arguments, hash: one position."""
    active, n = graphs.active[position], len(graphs.output)
    op, cells = graphs.ops[position, :active], graphs.cells[:, position, :active]
    structure, value = graphs.structure.take(cells), graphs.value.take(cells)
    constant = structure == _CONSTANT
    negated = _negate(graphs, position, constant)
    value[1, negated] = graphs.value.take(cells[1, negated])

    turned = COMMUTATIVE.take(op) & (structure[0] <= structure[1])
    alike = np.flatnonzero(turned & (structure[0] == structure[1]))
    if alike.size:
        first, second = value[0, alike], value[1, alike]
        graphs.tied[alike[(first != second) & ~constant[0, alike]]] = True
        turned[alike[first >= second]] = False
    for array in (cells, structure, value):
        _turn(array, turned)

    here = slice(position * n, position * n + active)
    keys = _OP_KEYS.take(op)
    graphs.structure[here] = _combine(keys, structure) | _NODE
    graphs.value[here] = _combine(keys, value)
    folded = np.flatnonzero(constant.all(axis=0))
    if folded.size:
        at, made = position * n + folded, graphs.made(position, folded)
        graphs.structure[at] = _CONSTANT
        bits = _bits(_compute(op[folded], value[:, folded].view(np.float64)))
        graphs.value[at] = graphs.value[made] = bits
        graphs.replaced.append((at, made))


def _turn(pairs: npt.NDArray[Any], turned: npt.NDArray[np.bool_]) -> None:
    """Exchange the first two rows in these columns."""
    first = np.where(turned, pairs[1], pairs[0])
    pairs[1] = np.where(turned, pairs[0], pairs[1])
    pairs[0] = first


def _combine(keys: _Hashes, hashes: _Hashes) -> _Hashes:
    """Hash of an instruction from the key of its op and the hashes of its arguments, in order."""
    total = hashes[0] * _WEIGHTS[0]
    total += keys
    for weight, hashed in zip(_WEIGHTS[1:], hashes[1:], strict=False):
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


def _find_twins(graphs: _Graphs, position: int) -> None:
    """Replace nodes at a position by the first node of the same value."""
    active, n = graphs.active[position], len(graphs.output)
    value = graphs.value[: position * n + n].reshape(position + 1, n)[:, :active]
    twin = np.flatnonzero((value[:-1] == value[-1]).any(axis=0))
    twin = twin[graphs.structure[position * n + twin] != _CONSTANT]
    if twin.size:
        earliest = (value[:-1, twin] == value[-1, twin]).argmax(axis=0)
        graphs.replaced.append((position * n + twin, earliest * n + twin))


def _replace(graphs: _Graphs) -> None:
    """Point every argument and output to what its node was replaced by."""
    if not graphs.replaced:
        return
    n = len(graphs.output)
    cells, others = (np.concatenate(part) for part in zip(*graphs.replaced, strict=True))
    instead = np.arange((2 * graphs.length + 1) * n)
    instead[cells] = others
    columns = np.flatnonzero(np.bincount(cells % n, minlength=n))
    for table in (graphs.cells, graphs.output):
        old = table[..., columns]
        table[..., columns] = np.where(old < 0, old, instead.take(old, mode="clip"))


def _count_uses(graphs: _Graphs) -> npt.NDArray[np.int16]:
    """How many arguments of live instructions, and outputs, refer to each node; 0 for leaves."""
    n = len(graphs.output)
    uses = np.zeros(len(graphs.structure), np.int16)
    uses[graphs.output] += np.int16(1)
    for position in reversed(range(graphs.length)):
        active = graphs.active[position]
        live = uses[position * n : position * n + active] > 0
        for cells in graphs.cells[:, position, :active]:
            uses[cells] += live
    uses[graphs.leaves()] = 0
    return uses


def _break_ties(graphs: _Graphs, rows: npt.NDArray[np.int64], uses: npt.NDArray[np.int16]) -> None:
    """Order commutative arguments of equal structure by how they are used, in these programs."""
    n, m, nodes = len(graphs.output), len(rows), graphs.length + 1
    cells = graphs.cells[:, :, rows] // n * m + np.arange(m)
    output = graphs.output[rows] // n * m + np.arange(m)
    ops = graphs.ops[:, rows]
    structure = graphs.structure.reshape(-1, n)[:, rows].ravel()
    live = uses[: nodes * n].reshape(nodes, n)[:, rows] > 0
    context = _contexts(ops, cells, output, live, structure)
    _refine(ops, cells, structure, context)
    graphs.cells[:, :, rows] = cells // m * n + rows


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
        refined[here] = _combine(_OP_KEYS.take(ops[position]) + context[here], found)


def _order(graphs: _Graphs, uses: npt.NDArray[np.int16]) -> tuple[_Cells, npt.NDArray[np.int64]]:
    """Breadth first from the output, a node after its last user: cells [rank, n], and how many.

    Behind a program's last rank, and in one rank more, is the node that does nothing. ``uses`` is
    consumed.
    """
    n, length = len(graphs.output), graphs.length
    idle = length * n + np.arange(n)
    order = np.tile(idle, (length + 2, 1))
    computed = (graphs.output >= 0) & (graphs.output < idle)
    order[0] = np.where(computed, graphs.output, idle)
    ranked = order.reshape(-1)
    after = np.arange(n) + n * computed  # where each program's next node goes
    flat = graphs.cells.reshape(len(graphs.cells), -1)
    for rank, active in enumerate(graphs.active):
        if not (after[:active] >= (rank + 1) * n).any():
            break
        for cells in flat:
            argument = cells.take(order[rank, :active])
            left = uses.take(argument)
            uses[argument.take((left > 1).nonzero()[0])] -= np.int16(1)
            ready = (left == 1).nonzero()[0]
            place = after.take(ready)
            ranked[place] = argument.take(ready)
            after[ready] = place + n
    return order, after // n


def _emit(graphs: _Graphs, order: _Cells, lengths: npt.NDArray[np.int64]) -> ProgramBatch:
    """Programs with the users last, and constants in the order of use."""
    n, width = len(lengths), max(1, int(lengths.max()))
    place = np.arange(width, dtype=np.int16)[:, None]
    rank = np.maximum(lengths.astype(np.int16) - np.int16(1) - place, np.int16(-1))
    at = np.multiply(rank, n, dtype=np.int64)
    at += np.arange(n)
    at = order.ravel().take(at)  # rank -1 is the last one
    written = _arguments(graphs, at, place)
    args = np.zeros((n, width, 3), np.int16)
    for slot, cells in enumerate(graphs.cells):
        args[:, :, slot] = written.take(cells.ravel().take(at)).T
    constants, counts = _name_constants(graphs, at, args)
    alone = np.flatnonzero(written.take(graphs.output) == FIRST_CONSTANT)
    constants[alone, 0] = graphs.value.take(graphs.output[alone]).view(np.float64)
    counts[alone] = 1
    return ProgramBatch(
        np.ascontiguousarray(graphs.ops.ravel().take(at).T),
        args,
        lengths.astype(np.int32),
        constants,
        counts.astype(np.int32),
        written.take(graphs.output),
        graphs.n_inputs,
    )


def _arguments(graphs: _Graphs, at: _Cells, place: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """How each cell is written as an argument, when the nodes ``at`` have these places."""
    n = len(graphs.output)
    written = np.empty(len(graphs.structure), np.int16)
    written[at] = place
    sources = written.reshape(-1, n)
    sources[graphs.length + 1 : -MAX_INPUTS] = FIRST_CONSTANT
    written[graphs.nothing] = 0
    inputs = FIRST_INPUT - np.arange(graphs.n_inputs, dtype=np.int16)
    sources[inputs] = inputs[:, None]
    return written


def _name_constants(
    graphs: _Graphs, at: _Cells, args: npt.NDArray[np.int16]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Give every use of a constant a slot, in ``args`` too; constants, and how many each has."""
    n, width, _ = args.shape
    flat = args.reshape(-1)
    used = np.flatnonzero(flat == FIRST_CONSTANT)  # program after program
    instruction = used // 3  # np.divmod is five times slower
    argument = used - 3 * instruction
    row = instruction // width
    node = at.ravel().take((instruction - width * row) * n + row)
    counts = np.bincount(row, minlength=n)
    slot = np.arange(len(used)) - (np.cumsum(counts) - counts).take(row)
    flat[used] -= slot.astype(np.int16)
    constants = np.zeros((n, max(1, int(counts.max()))))
    cells = graphs.cells.ravel().take(argument * graphs.ops.size + node)
    constants.reshape(-1)[row * constants.shape[1] + slot] = graphs.value.take(cells).view(float)
    return constants, counts
