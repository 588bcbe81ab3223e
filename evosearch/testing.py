"""Conformance suites: what the engine relies on, checked for any plug-in.

Each function raises AssertionError that says which promise was broken, and how:

    from evosearch.testing import check_evaluator, check_search_space

    def test_my_space():
        check_search_space(MySpace(MySpace.options_model()))
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Any

import numpy as np

from evosearch import seeding
from evosearch.contracts import Evaluator, Operator, Prepared, Scores, SearchSpace
from evosearch.errors import EvaluatorError, GenomeFormatError
from evosearch.evaluation import Worker
from evosearch.genomes.batch import GenomeBatch

_SIZES = (1, 2, 13)


def check_genome_batch(batch: Any) -> None:
    """A batch of at least one genome: byte form, digests, immutability, strict decoding."""
    _require(isinstance(batch, GenomeBatch), f"{type(batch).__name__} is no GenomeBatch")
    n, kind = len(batch), type(batch)
    _require(n > 0, "the batch to check is empty")
    rows, digests = batch.to_bytes(), batch.digests()
    _require(len(rows) == len(digests) == n, "to_bytes and digests need one entry an individual")
    hashes = [blake2b(row, digest_size=16).digest() for row in rows]
    _require(digests == hashes, "digests are not the blake2b-128 of to_bytes")
    structures = batch.structures()
    _require(
        len(structures) == n and all(len(structure) == 16 for structure in structures),
        "structures needs 16 bytes for each individual",
    )
    sizes = batch.sizes()
    _require(sizes.shape == (n,) and sizes.dtype == np.int64, "sizes has to be int64 [batch]")
    _require(bool((sizes >= 0).all()), "a size is negative")
    _require(kind.from_bytes(rows).to_bytes() == rows, "from_bytes(to_bytes()) is another genome")

    order = np.arange(n)[::-1]
    backward = batch.take(order)
    _require(backward.to_bytes() == rows[::-1], "take does not give the individuals asked for")
    _require(_bytes(batch) == rows, "take changed the batch")
    joined = batch.concatenate([backward, kind.from_bytes([])])
    _require(joined.to_bytes() == rows + rows[::-1], "concatenate does not append the others")
    _require(joined.take(np.arange(n)).digests() == digests, "digests depend on the neighbours")
    _require(len(batch.take(np.arange(0))) == 0, "taking no rows does not give an empty batch")
    _check_decoder(kind, rows[0])


def check_search_space(space: Any, n: int = 32) -> None:
    """Operators: legal, canonical, repeatable children; untouched parents; one line of text."""
    _require(isinstance(space, SearchSpace), f"{type(space).__name__} is no SearchSpace")
    givers = [op for op in space.operators.values() if op.arity == 0]
    _require(bool(givers), "there is no operator of arity 0: nothing can be born")
    parents = grown(space, n)
    check_genome_batch(parents)
    _require(isinstance(parents, space.genome_type), "children are not of the genome_type")
    for name, operator in space.operators.items():
        _require(operator.weight >= 0, f"operator {name!r}: its weight is negative")
        _check_operator(name, operator, space, parents)
    texts = space.describe(parents)
    _require(len(texts) == n, f"describe gave {len(texts)} texts for {n} individuals")
    _require(
        all(isinstance(text, str) and "\n" not in text for text in texts),
        "describe has to give one line of text an individual",
    )


def grown(space: SearchSpace, n: int, rounds: int = 8) -> Any:
    """N genomes as a search has them after some generations, of all operators by turns."""
    rng = _rng(0)
    givers = [op for op in space.operators.values() if op.arity == 0]
    others = [op for op in space.operators.values() if op.arity > 0]
    first, *rest = (giver.apply(rng, (), n) for giver in givers)
    genomes = first.concatenate(rest)
    for _ in range(rounds):
        for operator in others:
            rows = rng.integers(len(genomes), size=(operator.arity, n))
            children = operator.apply(rng, tuple(genomes.take(row) for row in rows), n)
            genomes = genomes.concatenate([children])
        genomes = genomes.take(rng.integers(len(genomes), size=2 * n))
    return genomes.take(np.arange(n))


def check_evaluator(evaluator: Any, genomes: Any, prepared: Prepared | None = None) -> None:
    """Scores: legal, pure, and independent of slot, neighbours, padding and thread.

    Args:
        evaluator: The evaluator.
        genomes: A batch of at least four genomes of its type.
        prepared: What its ``prepare`` returned, made here by default.
    """
    _require(isinstance(evaluator, Evaluator), f"{type(evaluator).__name__} is no Evaluator")
    names = [objective.name for objective in evaluator.objectives]
    _require(bool(names) and len(set(names)) == len(names), f"objectives are named {names}")
    _require(bool(evaluator.fidelities), "there is no fidelity")
    _require(len(genomes) >= 4, "give at least four genomes")
    _require(isinstance(genomes, evaluator.genome_type), "genomes are not of the genome_type")
    if prepared is None:
        prepared = evaluator.prepare(seeding.key(0, "prepare"))
    prepared = {name: _read_only(array) for name, array in prepared.items()}
    workers = [_worker(evaluator, prepared, fidelity) for fidelity in evaluator.fidelities]
    for worker in workers:
        _check_scores(worker, genomes)
    if hasattr(evaluator, "refine"):
        _check_refine(workers[-1], genomes)
    if hasattr(evaluator, "validate"):
        some = genomes.take(np.arange(2))
        _legal(workers[-1], evaluator.validate(some, prepared), 2)


def _check_decoder(kind: type[Any], row: bytes) -> None:
    """Damaged bytes raise GenomeFormatError and nothing else."""
    middle = len(row) // 2
    flipped = row[:middle] + bytes([row[middle] ^ 0x10]) + row[middle + 1 :]
    for damaged in (b"", row[:-1], row[:middle], row + b"\0", flipped, b"\xff" * len(row)):
        try:
            kind.from_bytes([damaged])
        except GenomeFormatError:
            continue
        except Exception as error:
            raise AssertionError(
                f"from_bytes of damaged bytes raised {type(error).__name__}: expected "
                "GenomeFormatError"
            ) from error
        raise AssertionError(f"from_bytes accepted damaged bytes: {damaged[:40]!r}")


def _check_operator(name: str, operator: Operator, space: SearchSpace, parents: Any) -> None:
    what = f"operator {name!r}"
    for n in _SIZES:
        rows = _rng(1).integers(len(parents), size=(operator.arity, n))
        given = tuple(parents.take(row) for row in rows)
        before = [batch.to_bytes() for batch in given]
        children = operator.apply(_rng(2), given, n)
        _require(isinstance(children, space.genome_type), f"{what} does not give the genome_type")
        _require(len(children) == n, f"{what} gave {len(children)} children, asked for {n}")
        _require([_bytes(batch) for batch in given] == before, f"{what} changed its parents")
        again = operator.apply(_rng(2), given, n)
        _require(
            again.digests() == children.digests(),
            f"{what} gave other children with the same generator: draw from `rng` alone",
        )
        alone = tuple(space.genome_type.from_bytes(rows) for rows in before)
        _require(
            operator.apply(_rng(2), alone, n).digests() == children.digests(),
            f"{what} depends on how parents are padded: a resumed campaign would differ",
        )
        check_genome_batch(children)


def _check_scores(worker: Worker, genomes: Any) -> None:
    n = len(genomes)
    before = genomes.to_bytes()
    scores = _scored(worker, genomes)
    _require(_bytes(genomes) == before, "score changed the genomes")
    _same(scores, _scored(worker, genomes), np.arange(n), "score is not a pure function")
    order = _rng(3).permutation(n)
    permuted = _scored(worker, genomes.take(order))
    _same(scores, permuted, order, "a score depends on the slot of its individual")
    half = np.arange(n // 2)
    padded = np.concatenate([half, np.zeros(n - len(half), dtype=np.int64)])
    _same(scores, _scored(worker, genomes.take(padded)), padded, "a score depends on neighbours")
    if getattr(worker.evaluator, "batch_invariant", False):
        _same(
            scores,
            _scored(worker, genomes.take(half)),
            half,
            "a score depends on the batch's length although the evaluator is batch_invariant",
        )
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda _: _scored(worker, genomes), range(2)):
            _same(scores, found, np.arange(n), "a score depends on the thread")


def _check_refine(worker: Worker, genomes: Any) -> None:
    n = len(genomes)
    before = genomes.to_bytes()
    refined = worker.refine(genomes)
    check_genome_batch(refined)
    _require(_bytes(genomes) == before, "refine changed the genomes that it was given")
    _require(
        worker.refine(genomes).digests() == refined.digests(), "refine is not a pure function"
    )
    order = _rng(4).permutation(n)
    _require(
        worker.refine(genomes.take(order)).digests() == refined.take(order).digests(),
        "refining an individual depends on its slot",
    )
    for row in {0, int(np.argmin(genomes.sizes())), int(np.argmax(genomes.sizes()))}:
        alone = type(genomes).from_bytes([before[row]] * n)
        _require(
            worker.refine(alone).digests()[0] == refined.digests()[row],
            "refining an individual depends on its neighbours, or on how its batch is padded",
        )


def _worker(evaluator: Evaluator, prepared: Prepared, fidelity: str) -> Worker:
    keys = seeding.key(0, "refine"), seeding.key(0, "score")
    return Worker(evaluator, type(evaluator).__name__, prepared, 0, fidelity, *keys)


def _scored(worker: Worker, genomes: Any) -> Scores:
    found = worker.evaluator.score(
        genomes, worker.prepared, fidelity=worker.fidelity, key=worker.score_key
    )
    return _legal(worker, found, len(genomes))


def _legal(worker: Worker, scores: Any, n: int) -> Scores:
    try:
        return worker.checked(scores, n)
    except EvaluatorError as error:
        raise AssertionError(str(error)) from error


def _same(scores: Scores, others: Scores, rows: Any, broken: str) -> None:
    """``others[i]`` is, to the last bit, ``scores[rows[i]]``."""
    for what in ("objectives", "status", "measures"):
        expected, found = getattr(scores, what)[rows], getattr(others, what)
        if not np.array_equal(expected, found, equal_nan=True):
            raise AssertionError(f"{broken}: {what} {found} instead of {expected}")


def _read_only(array: Any) -> Any:
    view = np.array(array)
    view.flags.writeable = False
    return view


def _bytes(batch: Any) -> Sequence[bytes]:
    """Byte form of what the arrays hold now, past any cache of the batch."""
    encoded: Sequence[bytes] = batch.take(np.arange(len(batch))).to_bytes()
    return encoded


def _rng(seed: int) -> np.random.Generator:
    return seeding.stream(seed, "variation")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
