"""Programs to values: one compiled interpreter scores a whole population.

Tiles outermost, programs inside, instructions innermost, a real branch per instruction: XLA:CPU
compiles the nest into one native function (see `evosearch.backend`), so a new population of the
same shape never compiles anew. Operand kinds are folded into the branch ("form"): an operand is a
row of the register file or a constant of the program.

Word of an instruction: form (bits 24..31), first source (16..23), second source (8..15), target
(0..7); the third source of fma stands in a word of its own.
"""

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax
from jaxtyping import Float, Int32

from evosearch import backend
from evosearch.assembly import COPY, Assembly, assemble, has_constant_operations
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import ALL, ARITHMETIC, Primitive, PrimitiveSet
from evosearch.genomes.program import ProgramBatch

Loss = Literal["sum_squares", "max_abs"]
Form = tuple[str, tuple[bool, ...]]  # primitive name, which operands are constants

COMPUTE: dict[str, Callable[..., Any]] = {
    "copy": lambda a: a,
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "div": jnp.divide,
    "max": jnp.maximum,
    "min": jnp.minimum,
    "fma": lambda a, b, c: a * b + c,
    "neg": jnp.negative,
    "abs": jnp.abs,
    "sqrt": jnp.sqrt,
    "exp": jnp.exp,
    "log": jnp.log,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": jnp.tan,
    "tanh": jnp.tanh,
    "atan": jnp.arctan,
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
}

_ROW_BYTES = 8192  # a register row of this size keeps the live rows in the first-level cache


def smallest_set(programs: ProgramBatch) -> PrimitiveSet:
    """ARITHMETIC where it suffices, else every primitive: few kernels serve all populations."""
    inside = np.isin(programs.ops, np.append(ARITHMETIC.codes, 0)).all()
    return ARITHMETIC if inside else ALL


def evaluate(
    programs: ProgramBatch,
    inputs: Float[np.ndarray, "variables points"],
    *,
    primitives: PrimitiveSet | None = None,
) -> Float[np.ndarray, "programs points"]:
    """Values of every program at every point, in the type of ``inputs`` (float32 or float64)."""
    points = inputs.shape[1]
    zeros = np.zeros(points, inputs.dtype)
    out = _run(programs, inputs, zeros, zeros, None, primitives)
    return np.moveaxis(out, 0, 1).reshape(out.shape[1], -1)[: len(programs), :points]


def loss(
    programs: ProgramBatch,
    inputs: Float[np.ndarray, "variables points"],
    target: Float[np.ndarray, " points"],
    weights: Float[np.ndarray, " points"],
    kind: Loss,
    *,
    primitives: PrimitiveSet | None = None,
) -> Float[np.ndarray, " programs"]:
    """Sum of squares, or maximum, of ``weights * (value - target)``, fused into the interpreter.

    A program that is NaN at a point of nonzero weight has loss NaN.
    """
    out = _run(programs, inputs, target, weights, kind, primitives)
    return out[: len(programs)]


def _run(
    programs: ProgramBatch,
    inputs: Float[np.ndarray, "variables points"],
    target: Float[np.ndarray, " points"],
    weights: Float[np.ndarray, " points"],
    kind: Loss | None,
    primitives: PrimitiveSet | None,
) -> npt.NDArray[Any]:
    if has_constant_operations(programs):
        programs = canonical(programs)
    dtype = inputs.dtype
    forms = _forms(primitives or smallest_set(programs))
    code = assemble(programs)
    words, third = encode(code, forms)
    tile = min(_ROW_BYTES // dtype.itemsize, -(-inputs.shape[1] // 16) * 16)
    tiles = -(-inputs.shape[1] // tile)
    batch, length = bucket(len(programs)), -(-words.shape[1] // 16) * 16
    width = -(-programs.constants.shape[1] // 8) * 8
    rows = programs.n_inputs + -(-code.registers // 8) * 8
    arrays = (
        _pad(words, (batch, length)),
        _pad(third, (batch, length)),
        _pad(programs.constants.astype(dtype), (batch, width)),
        _pad(code.lengths, (batch,)),
        _pad(code.results + programs.n_inputs, (batch,)),
        np.int32(len(programs)),
        np.stack([_tiled(row, tiles, tile, "edge") for row in inputs], axis=1),
        _tiled(target, tiles, tile, "edge"),
        _tiled(weights, tiles, tile, "constant"),
    )
    sizes = (programs.n_inputs, rows, tile, tiles, batch, length, width)
    key = ("interpreter", str(dtype), forms, sizes, kind)
    kernel = backend.compiled(key, lambda: _kernel(forms, rows, kind), *arrays)
    return np.asarray(kernel(*arrays))


@lru_cache
def _forms(primitives: PrimitiveSet) -> tuple[Form, ...]:
    forms: list[Form] = [("copy", (False,)), ("copy", (True,))]
    for primitive in primitives.members:
        forms += [(primitive.name, kinds) for kinds in _operand_kinds(primitive)]
    return tuple(forms)


def _operand_kinds(primitive: Primitive) -> list[tuple[bool, ...]]:
    """Row/constant patterns: not all constant; constants right where operands commute."""
    every = itertools.product([False, True], repeat=primitive.arity)
    return [
        kinds
        for kinds in every
        if not all(kinds) and not (primitive.commutative and kinds[:2] == (True, False))
    ]


def encode(
    code: Assembly, forms: tuple[Form, ...]
) -> tuple[Int32[np.ndarray, "batch length"], Int32[np.ndarray, "batch length"]]:
    """Instruction words, and the third sources."""
    table = np.zeros((256, 8), np.int32)
    numbers = {primitive.name: primitive.code for primitive in ALL.members} | {"copy": COPY}
    for index, (name, kinds) in enumerate(forms):
        table[numbers[name], sum(bit << i for i, bit in enumerate(kinds))] = index
    pattern = (code.constant * np.array([1, 2, 4])).sum(axis=2)
    form = table[code.ops, pattern]
    target = code.targets
    words = (form << 24) | (code.sources[:, :, 0] << 16) | (code.sources[:, :, 1] << 8) | target
    return words.astype(np.int32), code.sources[:, :, 2].astype(np.int32)


def _kernel(forms: tuple[Form, ...], n_rows: int, kind: Loss | None) -> Callable[..., Any]:
    zero = jnp.int32(0)

    def branch(form: Form) -> Callable[..., Any]:
        name, kinds = form

        def compute(rows: Any, constants: Any, *sources: Any) -> Any:
            operands = [
                constants[source]
                if constant
                else lax.dynamic_index_in_dim(rows, source, keepdims=False)
                for constant, source in zip(kinds, sources, strict=False)
            ]
            if form == ("div", (False, True)):  # XLA would multiply by the reciprocal instead
                row = jnp.broadcast_to(operands[1], rows.shape[1:])
                operands[1] = lax.optimization_barrier(row)
            return jnp.broadcast_to(COMPUTE[name](*operands), rows.shape[1:])

        return compute

    branches = [branch(form) for form in forms]

    def kernel(
        words: Any,
        third: Any,
        constants: Any,
        lengths: Any,
        results: Any,
        count: Any,
        inputs: Any,
        target: Any,
        weights: Any,
    ) -> Any:
        tiles, variables, tile = inputs.shape
        batch = words.shape[0]

        def instruction(i: Any, p: Any, rows: Any) -> Any:
            word = words[p, i]
            row = lax.switch(
                word >> 24,
                branches,
                rows,
                constants[p],
                (word >> 16) & 255,
                (word >> 8) & 255,
                third[p, i],
            )
            target_row = variables + (word & 255)
            return lax.dynamic_update_slice(rows, row[None], (target_row, zero))

        def program(p: Any, t: Any, rows: Any, out: Any) -> tuple[Any, Any]:
            rows = lax.fori_loop(zero, lengths[p], lambda i, r: instruction(i, p, r), rows)
            value = lax.dynamic_index_in_dim(rows, results[p], keepdims=False)
            if kind is None:
                return rows, lax.dynamic_update_slice(out, value[None, None], (t, p, zero))
            weight = weights[t]
            residual = jnp.where(weight == 0, 0.0, weight * (value - target[t]))
            if kind == "sum_squares":
                new = out[p] + jnp.sum(residual * residual)
            else:
                new = jnp.maximum(out[p], jnp.max(jnp.abs(residual)))
            return rows, lax.dynamic_update_slice(out, new[None], (p,))

        def one_tile(t: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
            rows, out = state
            rows = lax.dynamic_update_slice(rows, inputs[t], (zero, zero))
            start = (rows, out)
            done: tuple[Any, Any] = lax.fori_loop(
                zero, count, lambda p, s: program(p, t, *s), start
            )
            return done

        shape = (tiles, batch, tile) if kind is None else (batch,)
        state = (jnp.zeros((n_rows, tile), inputs.dtype), jnp.zeros(shape, inputs.dtype))
        return lax.fori_loop(zero, jnp.int32(tiles), one_tile, state)[1]

    return kernel


def bucket(n: int) -> int:
    """The next 64 * 4^k: batches of any size share a few kernels, and padding is never run."""
    size = 64
    while size < n:
        size *= 4
    return size


def _pad(array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    return np.pad(array, [(0, want - have) for want, have in zip(shape, array.shape, strict=True)])


def _tiled(
    row: npt.NDArray[Any], tiles: int, tile: int, mode: Literal["edge", "constant"]
) -> npt.NDArray[Any]:
    return np.pad(row, (0, tiles * tile - len(row)), mode=mode).reshape(tiles, tile)
