"""Programs to code: the order of instructions, registers and forms, by one compiled kernel.

From the output back to the inputs, depth first: the instruction that computes an operand stands
right before the one that uses it wherever possible, the deeper operand first, so that most values
pass through the accumulator and few registers are live (R. Sethi, J. D. Ullman, The generation of
optimal code for arithmetic expressions, JACM 17, 1970). Registers are taken at the last use and
freed at the definition, and neighbours are fused, in the same backward walk.

Record of an instruction (int32): its form, and the signs of its four operands in bits 16 to 19;
the rows of its operands and the row that takes the accumulator beforehand (0: none), a byte each;
the bits of two constants.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Int32

from evosearch.genomes.primitives import BY_CODE, BY_NAME, PrimitiveSet
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch
from evosearch.interpreter.forms import CONSTANT, forms_of
from evosearch.interpreter.loops import get, loop, paste, put, row

NOTHING = np.int32(-(2**31))  # no operand, no instruction
SUB = 1 << 16  # the right operand of an addition is subtracted
_A, _R, _C, _ALONE = np.arange(1, 5, dtype=np.int32)  # places of operands in the tables of forms


class Tables(NamedTuple):
    """What the primitives mean, and which forms there are."""

    operation: Any  # by code: number of the operation, and the bit SUB
    arity: Any  # by code
    commutative: Any  # by operation
    singles: Any
    pairs: Any
    add: int  # numbers of operations, for copies
    constant: int


@lru_cache
def tables_of(primitives: PrimitiveSet) -> Tables:
    """The tables of a primitive set."""
    forms = forms_of(primitives)
    names = forms.operations
    operation, arity = np.zeros((2, 256), np.int32)
    for name, p in BY_NAME.items():
        is_sub = name == "sub"
        known = "add" if is_sub else name
        if known in names:
            operation[p.code], arity[p.code] = names.index(known) | is_sub * SUB, p.arity
    commutative = [name != CONSTANT and BY_NAME[name].commutative for name in names]
    return Tables(
        operation,
        arity,
        np.array(commutative, np.int32),
        forms.singles(),
        forms.pairs(),
        names.index("add"),
        names.index(CONSTANT),
    )


class Program(NamedTuple):
    """One program; see `program_nodes`."""

    nodes: Any  # [instructions and one more, 3]
    last: Any  # the instruction whose value is the program's
    constants: Any  # bits [constants, 1 or 2], the last one -0.0


def program_nodes(
    tables: Tables, programs: ProgramBatch, length: int, n_constants: int
) -> tuple[Int32[np.ndarray, "programs nodes 3"], Int32[np.ndarray, " programs"]]:
    """Operation and two arguments of every instruction, and the last one of every program.

    Instruction number ``lengths`` copies an output that is an input or a constant. Arguments are
    those of `ProgramBatch`, or NOTHING.
    """
    ops, args = programs.ops, programs.args
    strange = (tables.arity[ops] == 0) & (ops > 0)
    if strange.any():
        name = BY_CODE[int(ops[strange][0])].name
        raise ValueError(f"a program uses {name}, which is not in the set of primitives given")
    nodes = np.zeros((len(programs), length + 1, 3), np.int32)
    here = nodes[:, : ops.shape[1]]
    here[:, :, 0] = tables.operation[ops]
    here[:, :, 1] = args[:, :, 0]
    here[:, :, 2] = np.where(tables.arity[ops] > 1, args[:, :, 1], NOTHING)
    alone = programs.outputs <= FIRST_CONSTANT
    copy = nodes[np.arange(len(programs)), programs.lengths]
    copy[:, 0] = np.where(alone, tables.constant, tables.add)
    copy[:, 1] = programs.outputs
    copy[:, 2] = np.where(alone, NOTHING, FIRST_CONSTANT - (n_constants - 1))
    nodes[np.arange(len(programs)), programs.lengths] = copy
    last = np.where(programs.outputs >= 0, programs.outputs, programs.lengths)
    return nodes, last.astype(np.int32)


class _Single(NamedTuple):
    """An instruction of one operation, waiting for the one before it to be fused with."""

    operation: Any  # NOTHING: there is none
    places: tuple[Any, Any]
    rows: tuple[Any, Any]
    signs: tuple[Any, Any]  # 1 where the operand is negated
    constant: Any  # its bits
    store: Any  # row that takes the accumulator beforehand; 0: none
    spare: Any  # whether that row would serve this instruction alone


class _Walk(NamedTuple):
    """State of the backward walk over one program."""

    stack: Any
    height: Any
    uses: Any  # of each node, still to come
    register: Any  # row of each node; 0 before its last use is met
    free: Any  # bit of each register
    most: Any  # registers in use at once
    consumer: Any  # node whose instruction is made; NOTHING at the end
    later: _Single
    code: Any
    place: Any  # of the last record written


class Encoder:
    """Makes the code of one program; traced by JAX, once for all programs."""

    def __init__(self, tables: Tables, n_inputs: int, program: Program) -> None:
        self.tables = tables
        self.n_inputs = n_inputs
        self.program = program
        self.depth = self._depths()
        self.uses = self._count_uses()
        zero = jnp.int32(0)
        bits = jnp.zeros(program.constants.shape[1], jnp.int32)
        none = jnp.int32(NOTHING)
        self.nobody = _Single(
            none, (zero, zero), (zero, zero), (zero, zero), bits, zero, jnp.bool_(False)
        )

    def encode(self, code: Any, end: Any) -> tuple[Any, Any, Any]:
        """Write the records right before ``end``.

        Returns:
            The code, the number of records, the registers needed.
        """
        zero, empty = jnp.int32(0), jnp.zeros_like(self.uses)
        every = jnp.uint64(2**64 - 1)
        start = _Walk(
            empty, zero, self.uses, empty, every, zero, self.program.last, self.nobody, code, end
        )
        walk = lax.while_loop(lambda walk: walk.consumer != NOTHING, self._step, start)
        waiting = walk.later.operation != NOTHING
        record = jnp.where(
            waiting, self._record(walk.later, self.nobody, self._form(walk.later)), 0
        )
        walk = _write(walk, record, waiting)  # zeros do nothing
        return walk.code, end - walk.place, walk.most

    def _node(self, i: Any) -> tuple[Any, Any, Any]:
        """Operation, left and right argument of instruction ``i``."""
        operation, left, right = row(self.program.nodes, i)
        return operation, left, right

    def _depth(self, depth: Any, reference: Any) -> Any:
        return jnp.where(reference >= 0, get(depth, reference), 0)

    def _depths(self) -> Any:
        """Registers needed to compute each node: Sethi and Ullman's number."""

        def node(i: Any, depth: Any) -> Any:
            _, left, right = self._node(i)
            a, b = self._depth(depth, left), self._depth(depth, right)
            return put(depth, jnp.maximum(jnp.maximum(a, b), jnp.minimum(a, b) + 1), i)

        empty = jnp.zeros(self.program.nodes.shape[0], jnp.int32)
        return loop(0, self.program.last, node, empty)

    def _count_uses(self) -> Any:
        """How many operands of needed instructions refer to each node."""

        def use(uses: Any, reference: Any, needed: Any) -> Any:
            place = jnp.maximum(reference, 0)
            return put(uses, get(uses, place) + (needed & (reference >= 0)), place)

        def node(k: Any, uses: Any) -> Any:
            i = self.program.last - k
            _, left, right = self._node(i)
            needed = get(uses, i) > 0
            return use(use(uses, left, needed), right, needed)

        start = put(jnp.zeros_like(self.depth), 1, self.program.last)
        return loop(0, self.program.last + 1, node, start)

    def _step(self, walk: _Walk) -> _Walk:
        """Make the consumer's instruction; the node on top of the stack comes right before it."""
        operation, left, right = self._node(walk.consumer)
        walk = self._visit(walk, left, right)
        before = jnp.where(walk.height > 0, get(walk.stack, walk.height - 1), NOTHING)
        sub, operation = operation >= SUB, operation & (SUB - 1)
        left, right, signs = self._normal(sub, operation, left, right, before)
        here = (left >= 0) & (left == before), (right >= 0) & (right == before)
        here = here[0], here[1] & ~here[0]  # one operand comes through the accumulator
        walk, place_left, row_left = self._find(walk, left, here[0])
        walk, place_right, row_right = self._find(walk, right, here[1])
        store = jnp.where(before >= 0, get(walk.register, before), 0)
        other = jnp.where(here[0], right, left)
        single = _Single(
            operation,
            (place_left, place_right),
            (row_left, row_right),
            (
                jnp.where(left <= FIRST_CONSTANT, 0, signs[0]),
                jnp.where(right <= FIRST_CONSTANT, 0, signs[1]),
            ),
            self._bits(left, right, signs),
            store,
            (other >= 0) & (get(self.uses, other) == 1),
        )
        bit = jnp.uint64(1) << jnp.uint64(jnp.maximum(store - self.n_inputs, 0))
        walk = walk._replace(
            free=jnp.where(store > 0, walk.free | bit, walk.free),
            height=walk.height - 1,
            consumer=before,
        )
        return self._fuse_or_write(walk, single)

    def _visit(self, walk: _Walk, left: Any, right: Any) -> _Walk:
        """Count two uses; nodes without further ones go on the stack, the deeper one below."""
        stack, height, uses = walk.stack, walk.height, walk.uses
        deeper = self._depth(self.depth, left) >= self._depth(self.depth, right)
        first, second = jnp.where(deeper, left, right), jnp.where(deeper, right, left)
        for reference in (first, second):
            used = jnp.int32(reference >= 0)
            node = jnp.maximum(reference, 0)
            remaining = get(uses, node) - used
            uses = put(uses, remaining, node)
            stack = put(stack, node, height)
            height = height + (used & (remaining == 0))
        return walk._replace(stack=stack, height=height, uses=uses)

    def _normal(
        self, sub: Any, operation: Any, left: Any, right: Any, before: Any
    ) -> tuple[Any, Any, tuple[Any, Any]]:
        """Constants on the right and the accumulator on the left, where the operation commutes."""
        wrong = (left <= FIRST_CONSTANT) | ((right == before) & (right >= 0) & (left != right))
        swap = wrong & (get(self.tables.commutative, operation) > 0)
        signs = jnp.int32(sub & swap), jnp.int32(sub & ~swap)
        return jnp.where(swap, right, left), jnp.where(swap, left, right), signs

    def _find(self, walk: _Walk, reference: Any, here: Any) -> tuple[_Walk, Any, Any]:
        """Place and row of an operand; a node that is not at hand gets a register."""
        node = jnp.maximum(reference, 0)
        wanted = (reference >= 0) & ~here & (get(walk.register, node) == 0)
        lowest = walk.free & (~walk.free + jnp.uint64(1))
        number = lax.population_count(lowest - jnp.uint64(1)).astype(jnp.int32)
        row = jnp.where(wanted, self.n_inputs + number, get(walk.register, node))
        walk = walk._replace(
            register=put(walk.register, row, node),
            free=jnp.where(wanted, walk.free & ~lowest, walk.free),
            most=jnp.where(wanted, jnp.maximum(walk.most, number + 1), walk.most),
        )
        place = jnp.where(here, _A, jnp.where(reference <= FIRST_CONSTANT, _C, _R))
        place = jnp.where(reference == NOTHING, 0, place)
        row = jnp.where(reference >= 0, row, FIRST_INPUT - reference)
        return walk, place, jnp.where(place == _R, row, 0)

    def _bits(self, left: Any, right: Any, signs: tuple[Any, Any]) -> Any:
        """Bits of the constant operand, its sign applied; zero where there is none."""
        first = (left <= FIRST_CONSTANT) & (left != NOTHING)
        reference, sign = jnp.where(first, left, right), jnp.where(first, *signs)
        width = self.program.constants.shape[1]
        bits = row(self.program.constants, FIRST_CONSTANT - reference)
        bits = bits ^ jnp.concatenate([jnp.zeros(width - 1, jnp.int32), sign[None] << 31])
        return jnp.where((reference <= FIRST_CONSTANT) & (reference != NOTHING), bits, 0)

    def _fuse_or_write(self, walk: _Walk, single: _Single) -> _Walk:
        """Fuse the instruction with the later one where a form does, else write the later one."""
        later = walk.later
        waiting = later.operation != NOTHING
        both = list(zip(later.places, later.rows, strict=True))
        stored = [(place == _R) & (row == single.store) for place, row in both]
        own = (single.places[0] == _A) | (single.places[1] == _A)
        alone = (stored[0] | stored[1]) & later.spare & (single.store > 0) & ~own
        places = [
            jnp.where(alone & s, _ALONE, p) for s, p in zip(stored, later.places, strict=True)
        ]
        pair = get(self.tables.pairs, self._form(single), jnp.maximum(later.operation, 0), *places)
        uses = (later.places[0] == _A) | (later.places[1] == _A)
        fused = waiting & uses & (later.store == 0) & (pair > 0)
        first = single._replace(store=jnp.where(alone, 0, single.store))
        record = self._record(
            _choose(fused, first, later),
            _choose(fused, later, self.nobody),
            jnp.where(fused, pair, self._form(later)),
        )
        walk = _write(walk, record, waiting)
        return walk._replace(later=_choose(fused, self.nobody, single))

    def _form(self, single: _Single) -> Any:
        return get(self.tables.singles, jnp.maximum(single.operation, 0), *single.places)

    def _record(self, first: _Single, second: _Single, form: Any) -> Any:
        """A record of one operation has an empty second instruction."""
        a, b = first.rows
        on_left = second.places[0] == _A
        other = jnp.where(on_left, second.rows[1], second.rows[0])
        t, o = (jnp.where(on_left, second.signs[k], second.signs[1 - k]) for k in (0, 1))
        signs = first.signs[0] | first.signs[1] << 1 | t << 2 | o << 3
        head = jnp.stack([form | signs << 16, a | b << 8 | other << 16 | first.store << 24])
        return jnp.concatenate([head, first.constant, second.constant])


def _write(walk: _Walk, record: Any, real: Any) -> _Walk:
    """Put a record in front of the others; one that is not real will be overwritten."""
    code = paste(walk.code, record[None], (walk.place - 1, 0))
    return walk._replace(code=code, place=walk.place - real)


def _choose(condition: Any, this: _Single, that: _Single) -> _Single:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), this, that)  # type: ignore[no-any-return]
