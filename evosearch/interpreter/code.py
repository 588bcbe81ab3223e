"""Code of a population: encoded once, run on any data; shared out to the cores by cost."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import NamedSharding, PartitionSpec

from evosearch import backend
from evosearch.assembly import MAX_REGISTERS, has_constant_operations
from evosearch.genomes.batch import IntArray
from evosearch.genomes.canonical import canonical
from evosearch.genomes.primitives import ARITHMETIC, BY_NAME, CORE, PrimitiveSet
from evosearch.genomes.program import ProgramBatch
from evosearch.interpreter.encoder import Encoder, Program, Tables, program_nodes, tables_of
from evosearch.interpreter.loops import cut, get, loop, put

PART = 1 << 16  # programs encoded and run at a time: bounds memory


@dataclass(frozen=True)
class Part:
    """Programs that run in one call, some on each core.

    Attributes:
        records: Instructions [cores * programs * slots, fields], each program's at its end.
        lengths: Records of each program [cores * programs].
        shares: How many programs each core has; the arrays are padded to the same number.
        on_device: The shares, each with its core.
    """

    records: Any
    lengths: Any
    shares: npt.NDArray[np.int32]
    on_device: Any

    def unpadded(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Results of all cores [cores * programs, ...] in the order of the programs."""
        parts = np.split(values, len(self.shares))
        return np.concatenate([part[:n] for part, n in zip(parts, self.shares, strict=True)])


@dataclass(frozen=True)
class Code:
    """A population in the form that kernels run.

    Attributes:
        parts: Up to `PART` programs each.
        primitives: The set whose forms the records use.
        slots: Records that a program has room for; even.
        registers: Rows that the neediest program needs besides the inputs.
        n_inputs: Number of inputs.
        dtype: float32 or float64.
        cores: Number of cores that share each part.
    """

    parts: tuple[Part, ...]
    primitives: PrimitiveSet
    slots: int
    registers: int
    n_inputs: int
    dtype: np.dtype[Any]
    cores: int

    def __len__(self) -> int:
        return sum(int(part.shares.sum()) for part in self.parts)


def smallest_set(programs: ProgramBatch) -> PrimitiveSet:
    """ARITHMETIC where it suffices, else every primitive: few kernels serve all populations."""
    inside = np.isin(programs.ops, np.append(ARITHMETIC.codes, 0)).all()
    return ARITHMETIC if inside else CORE


def encode(
    programs: ProgramBatch,
    dtype: npt.DTypeLike = np.float64,
    *,
    primitives: PrimitiveSet | None = None,
    cores: int | None = None,
) -> Code:
    """Code of the programs, their constants rounded to ``dtype``.

    Args:
        programs: At least one program; operations of constants alone are folded first.
        dtype: float32 or float64.
        primitives: A set that holds every primitive in use: the kernels are made for it. By
            default arithmetic alone, or all primitives.
        cores: How many cores share the work; all by default.

    Raises:
        ValueError: If a program needs more than 64 registers at once, or a primitive that is not
            in the set.
    """
    primitives = primitives or smallest_set(programs)
    if has_constant_operations(programs):
        programs = canonical(programs)
    programs = _without_fma(programs)
    cores = min(cores or backend.cores(), backend.cores())
    made = [
        _encode(programs.take(rows), np.dtype(dtype), primitives, cores)
        for rows in np.array_split(np.arange(len(programs)), -(-len(programs) // PART))
    ]
    most = max(registers for _, registers in made)
    if most > MAX_REGISTERS:
        raise ValueError(f"a program needs more than {MAX_REGISTERS} registers at once")
    return Code(
        tuple(part for part, _ in made),
        primitives,
        _slots(programs),
        bucket(most, 8),
        programs.n_inputs,
        np.dtype(dtype),
        cores,
    )


def _slots(programs: ProgramBatch) -> int:
    return bucket(programs.ops.shape[1], 16) + 2  # a copy of the output, and an even number


def _encode(
    programs: ProgramBatch, dtype: np.dtype[Any], primitives: PrimitiveSet, cores: int
) -> tuple[Part, int]:
    shares = shared(programs.lengths + 1, cores)
    size = bucket(int(shares.max()), 256, 4)
    slots = _slots(programs)
    width, tables = bucket(programs.constants.shape[1] + 1, 8), tables_of(primitives)
    nodes, last = program_nodes(tables, programs, slots - 2, width)
    constants = np.full((len(programs), width), -0.0)
    constants[:, : programs.constants.shape[1]] = programs.constants
    arrays = (_spread(array, shares, size) for array in (nodes, last, _bits(constants, dtype)))
    sharded = [jax.device_put(array, by_core(cores)) for array in (*arrays, shares)]
    key = ("encode", primitives, programs.n_inputs, *(array.shape for array in sharded))
    build = partial(_encoding, tables, programs.n_inputs, slots, cores)
    records, lengths, registers = backend.compiled(key, build, *sharded)(*sharded)
    return Part(records, lengths, shares, sharded[-1]), int(np.asarray(registers).max())


def _encoding(tables: Tables, n_inputs: int, slots: int, cores: int) -> Any:
    """The function that encodes: [cores * programs, ...] in, records, lengths, registers out."""

    def encode_share(nodes: Any, last: Any, constants: Any, share: Any) -> tuple[Any, Any, Any]:
        size, most, _ = nodes.shape

        def one(p: Any, state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            records, lengths, registers = state
            program = Program(
                cut(nodes, (p, 0, 0), (1, most, 3))[0],
                get(last, p),
                cut(constants, (p, 0, 0), (1, *constants.shape[1:]))[0],
            )
            encoder = Encoder(tables, n_inputs, program)
            records, length, needed = encoder.encode(records, (p + 1) * slots)
            return records, put(lengths, length, p), jnp.maximum(registers, needed)

        empty = jnp.zeros((size * slots, 2 + 2 * constants.shape[2]), jnp.int32)
        start = (empty, jnp.zeros(size, jnp.int32), jnp.zeros(1, jnp.int32))
        return loop(0, get(share, 0), one, start)  # type: ignore[no-any-return]

    return on_cores(encode_share, cores, (True,) * 4)


def shared(costs: IntArray | npt.NDArray[np.int32], cores: int) -> npt.NDArray[np.int32]:
    """How many programs each core takes, in order, so that all have about the same cost."""
    total = np.cumsum(costs)
    ends = np.searchsorted(total, total[-1] * np.arange(1, cores) / cores)
    return np.diff(np.concatenate([[0], ends, [len(costs)]])).astype(np.int32)


def by_core(cores: int) -> NamedSharding:
    """Arrays whose leading axis is cut into a piece per core."""
    return NamedSharding(backend.mesh(cores), PartitionSpec("core"))


def everywhere(cores: int) -> NamedSharding:
    """Arrays that every core sees whole."""
    return NamedSharding(backend.mesh(cores), PartitionSpec())


def on_cores(function: Any, cores: int, cut: tuple[bool, ...]) -> Any:
    """The function run by every core on its own piece of the arguments that are cut."""
    inside = tuple(PartitionSpec("core") if each else PartitionSpec() for each in cut)
    return jax.shard_map(
        function,
        mesh=backend.mesh(cores),
        in_specs=inside,
        out_specs=PartitionSpec("core"),
        check_vma=False,
    )


def bucket(n: int, smallest: int, factor: int = 2) -> int:
    """The next ``smallest * factor**k``: batches of any size share a few kernels."""
    size = smallest
    while size < n:
        size *= factor
    return size


def _spread(array: npt.NDArray[Any], shares: npt.NDArray[np.int32], size: int) -> npt.NDArray[Any]:
    """Rows of each share, padded with zeros to ``size`` rows a core."""
    made = np.zeros((len(shares) * size, *array.shape[1:]), array.dtype)
    start = 0
    for core, share in enumerate(shares):
        made[core * size : core * size + share] = array[start : start + share]
        start += share
    return made


def _bits(constants: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[np.int32]:
    """[programs, constants, words]; infinities where a constant is too large for ``dtype``."""
    with np.errstate(over="ignore"):
        rounded = np.ascontiguousarray(constants.astype(dtype))
    return rounded.view(np.int32).reshape(*constants.shape, dtype.itemsize // 4)


def _without_fma(programs: ProgramBatch) -> ProgramBatch:
    """Every ``fma`` as a multiplication and an addition, both rounded."""
    fma = programs.ops == BY_NAME["fma"].code
    if not fma.any():
        return programs
    length = programs.ops.shape[1]
    place = np.arange(length) + np.cumsum(fma, axis=1)  # of each instruction, or its addition
    longer = int(length + fma.sum(axis=1).max())
    rows = np.arange(len(programs))[:, None]
    args = programs.args.astype(np.int64)
    moved = np.where(args >= 0, place[rows[:, :, None], np.maximum(args, 0)], args)
    ops = np.zeros((len(programs), longer), np.uint8)
    made = np.zeros((len(programs), longer, 3), np.int16)
    row_of, k = np.nonzero(fma)
    at = place[row_of, k]
    ops[rows, place], made[rows, place] = programs.ops, moved
    ops[row_of, at - 1], made[row_of, at - 1, :2] = BY_NAME["mul"].code, moved[row_of, k, :2]
    ops[row_of, at] = BY_NAME["add"].code
    made[row_of, at] = np.stack([at - 1, moved[row_of, k, 2], 0 * at], axis=1)
    outputs = programs.outputs.astype(np.int64)
    ends = np.where(outputs >= 0, place[rows[:, 0], np.maximum(outputs, 0)], outputs)
    return ProgramBatch(
        ops,
        made,
        (programs.lengths + fma.sum(axis=1)).astype(np.int32),
        programs.constants,
        programs.n_constants,
        ends.astype(np.int16),
        programs.n_inputs,
    )
