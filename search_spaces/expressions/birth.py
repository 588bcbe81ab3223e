"""Life from nothing: the first input, and random programs."""

import numpy as np
from jaxtyping import Int64, UInt8

from evosearch.genomes.primitives import ARITY
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch
from search_spaces.expressions.draft import Rows
from search_spaces.expressions.options import ExpressionsOptions
from search_spaces.expressions.sources import CONSTANT, INPUT, fresh

# Chance that an argument is the latest node nobody uses yet. Their sum for two arguments is above
# one, so that few nodes are left over.
_CHAINED = (0.9, 0.4, 0.3)


def seed(options: ExpressionsOptions, _rng: np.random.Generator, n: int) -> ProgramBatch:
    """The first input: everything has to be found by variation."""
    return ProgramBatch.identity(n, options.inputs)


def random(options: ExpressionsOptions, rng: np.random.Generator, n: int) -> ProgramBatch:
    """Programs of even size and operations, whose arguments prefer nodes without a user.

    Their first argument, before the two are exchanged at even odds, is no constant: every
    instruction depends on an input.
    """
    lengths = rng.integers(1, options.max_operations + 1, n)
    ops = rng.choice(options.primitive_set().codes, (n, options.max_operations))
    ops[np.arange(options.max_operations) >= lengths[:, None]] = 0
    args = _few_constants(options, rng, ops, _arguments(options, rng, ops))
    slots = 3 * options.max_operations
    return ProgramBatch(
        ops,
        args.astype(np.int16),
        lengths.astype(np.int32),
        fresh(rng, (n, slots), options.constant_scale),
        np.full(n, slots, np.int32),
        (lengths - 1).astype(np.int16),
        options.inputs,
    )


def _arguments(
    options: ExpressionsOptions, rng: np.random.Generator, ops: UInt8[np.ndarray, "n length"]
) -> Int64[np.ndarray, "n length 3"]:
    """Arguments position by position; a constant's slot is 3 node + argument."""
    n, length = ops.shape
    args = np.zeros((n, length, 3), np.int64)
    unused = np.zeros((n, length), bool)
    for node in range(length):
        arity = ARITY[ops[:, node]]
        for slot in range(int(arity.max(initial=0))):
            latest = length - 1 - unused[:, ::-1].argmax(axis=1)
            chained = (rng.random(n) < _CHAINED[slot]) & unused.any(axis=1)
            constant = FIRST_CONSTANT - 3 * node - slot
            other = _leaf_or_node(options, rng, n, node, constant if slot else None)
            argument = np.where(chained, latest, other)
            args[:, node, slot] = argument
            taken = (argument >= 0) & (slot < arity)
            unused[taken, argument[taken]] = False
        unused[:, node] = ops[:, node] != 0
        exchanged = (rng.random(n) < 0.5) & (arity >= 2)
        args[exchanged, node, :2] = args[exchanged, node, 1::-1]
    return args


def _leaf_or_node(
    options: ExpressionsOptions, rng: np.random.Generator, n: int, node: int, constant: int | None
) -> Rows:
    """An input, any earlier node, or the given constant."""
    chance, drawn = rng.random((2, n))
    if constant is None:
        chance = CONSTANT + (1.0 - CONSTANT) * chance
    inputs = FIRST_INPUT - np.floor(drawn * options.inputs).astype(np.int64)
    nodes = np.floor(drawn * node).astype(np.int64)
    other = np.where((chance < CONSTANT + INPUT) | (node == 0), inputs, nodes)
    return np.asarray(np.where(chance < CONSTANT, constant or 0, other))


def _few_constants(
    options: ExpressionsOptions,
    rng: np.random.Generator,
    ops: UInt8[np.ndarray, "n length"],
    args: Int64[np.ndarray, "n length 3"],
) -> Int64[np.ndarray, "n length 3"]:
    """The same with inputs in place of constants beyond the limit."""
    n = len(args)
    used = np.arange(3) < ARITY[ops][:, :, None]
    constant = (args <= FIRST_CONSTANT) & used
    count = np.cumsum(constant.reshape(n, -1), axis=1).reshape(args.shape)
    inputs = FIRST_INPUT - rng.integers(options.inputs, size=args.shape)
    return np.where(constant & (count > options.max_constants), inputs, args)
