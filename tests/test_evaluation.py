"""Evaluation: every genome scored once, in padded batches, and failures kept as rows."""

import numpy as np
import pytest

from evosearch.contracts import Objective, Scores, Status, scores_of
from evosearch.errors import EvaluatorError
from evosearch.evaluation import Evaluation, Known, Worker
from evosearch.evaluation.batches import MAX_FAILURES
from evosearch.execution import InlineExecutor
from tests.resume.toy import Distance, DistanceOptions, PairBatch, Plain, Raising

KEY = np.array([1, 2], dtype=np.uint32)
NOISE = {"noise": np.zeros(64)}


class Watched(Plain):
    """Remembers the batches that it was given."""

    def __init__(self, **options):
        super().__init__(DistanceOptions(**options))
        self.batches = []

    def score(self, genomes, prepared, *, fidelity, key):
        self.batches.append(genomes)
        return super().score(genomes, prepared, fidelity=fidelity, key=key)


class Refining(Distance):
    """Counts the genomes that it refines."""

    refined = 0

    def refine(self, genomes, prepared, key):
        self.refined += len(genomes)
        return super().refine(genomes, prepared, key)


@pytest.fixture
def executor():
    executor = InlineExecutor(2)
    yield executor
    executor.close()


def batch(shapes, values=None):
    shapes = np.asarray(shapes, dtype=np.int64)
    values = np.zeros(len(shapes)) if values is None else np.asarray(values, dtype=np.float64)
    return PairBatch(shapes, values)


def evaluation(evaluator, executor, *, width=4, max_fits=2, shared=None):
    invariant = getattr(evaluator, "batch_invariant", False)
    worker = Worker(evaluator, "toy", NOISE, 0 if invariant else width, "full", KEY, KEY)
    return Evaluation(worker, executor, batch=width, max_fits=max_fits, shared=shared)


def test_scores_come_back_in_slot_order_for_any_number_of_workers():
    genomes = batch(np.arange(23), np.linspace(-2, 2, 23))
    results = []
    for workers in (1, 2, 5):
        executor = InlineExecutor(workers)
        results.append(evaluation(Distance(DistanceOptions()), executor).evaluate(genomes))
        executor.close()
    first = results[0]
    assert first.genomes.shapes.tolist() == list(range(23))
    assert np.array_equal(first.objectives[:, 1], np.arange(23.0))
    for other in results[1:]:
        assert other.digests == first.digests
        assert np.array_equal(other.objectives, first.objectives)


def test_batches_have_one_width_and_padding_is_dropped(executor):
    evaluator = Watched()
    result = evaluation(evaluator, executor, width=4).evaluate(batch(range(6)))
    assert [len(given) for given in evaluator.batches] == [4, 4]
    padded = sorted(evaluator.batches, key=lambda given: given.shapes[0])[1]
    assert padded.shapes.tolist() == [4, 5, 4, 4]
    assert len(result) == result.evaluations == 6


def test_a_batch_invariant_evaluator_is_not_padded(executor):
    evaluator = Watched()
    evaluator.batch_invariant = True
    evaluation(evaluator, executor, width=4).evaluate(batch(range(6)))
    assert sorted(len(given) for given in evaluator.batches) == [2, 4]


def test_repetitions_and_known_genomes_are_not_scored_again(executor):
    evaluator = Watched()
    scorer = evaluation(evaluator, executor)
    first = scorer.evaluate(batch([1, 2, 1, 1]))
    assert first.reused.tolist() == [False, False, True, True]
    assert first.evaluations == 2
    assert np.array_equal(first.objectives[0], first.objectives[3])
    second = scorer.evaluate(batch([2, 3]))
    assert second.reused.tolist() == [True, False]
    assert second.evaluations == 1
    assert len(evaluator.batches) == 2


def test_nothing_new_calls_nothing(executor):
    evaluator = Watched()
    scorer = evaluation(evaluator, executor)
    scorer.evaluate(batch([1, 2]))
    again = scorer.evaluate(batch([2, 1]))
    assert (again.evaluations, len(evaluator.batches)) == (0, 1)
    assert again.objectives[:, 1].tolist() == [2.0, 1.0]


def test_bars_reach_the_evaluators_that_take_them(executor):
    class Barred(Distance):
        takes_bars = True
        seen = None

        def refine(self, genomes, prepared, key, bars):
            self.seen = bars
            return super().refine(genomes, prepared, key)

    evaluator = Barred(DistanceOptions())
    scored = evaluation(evaluator, executor)
    scored.evaluate(batch([1, 2]), np.array([0.5, np.nan]))
    np.testing.assert_array_equal(evaluator.seen, [0.5, np.nan])
    scored.evaluate(batch([3, 4]))
    assert len(evaluator.seen) == 0


def test_a_refined_genome_is_what_is_known(executor):
    evaluator = Refining(DistanceOptions())
    scorer = evaluation(evaluator, executor)
    result = scorer.evaluate(batch([3]))
    assert result.genomes.values[0] != 0.0
    inherited = scorer.evaluate(result.genomes)
    assert inherited.reused.all()
    assert inherited.genomes.digests() == result.digests


def test_a_structure_refined_often_enough_takes_its_best(executor):
    evaluator = Refining(DistanceOptions())
    scorer = evaluation(evaluator, executor, width=1, max_fits=2)
    tries = [scorer.evaluate(batch([3], [value])) for value in (-4.0, 0.5)]
    assert evaluator.refined == 2
    best = min(tries, key=lambda result: result.objectives[0, 0])
    third = scorer.evaluate(batch([3, 4], [9.0, 9.0]))
    assert evaluator.refined == 3  # structure 4 alone
    assert third.reused.tolist() == [True, False]
    assert third.digests[0] == best.digests[0]
    assert np.array_equal(third.objectives[0], best.objectives[0])


def test_rebuilt_from_its_individuals_it_knows_the_same(executor):
    rng = np.random.default_rng(0)
    generations = [batch(rng.integers(5, size=9), rng.normal(size=9).round(1)) for _ in range(6)]
    live = evaluation(Distance(DistanceOptions(poison=3)), executor)
    past = [live.evaluate(genomes) for genomes in generations[:3]]
    resumed = evaluation(Distance(DistanceOptions(poison=3)), executor)
    resumed.rebuild(
        [digest for result in past for digest in result.digests],
        tuple(
            np.concatenate([getattr(result, name) for result in past])
            for name in ("objectives", "status", "measures")
        ),
        [structure for result in past for structure in result.structures],
        [row for result in past for row in result.genomes.to_bytes()],
        np.concatenate([~result.reused for result in past]),
    )
    for genomes in generations[3:]:
        expected, found = live.evaluate(genomes), resumed.evaluate(genomes)
        assert found.digests == expected.digests
        assert np.array_equal(found.objectives, expected.objectives, equal_nan=True)
        assert found.reused.tolist() == expected.reused.tolist()


def shared_scores(scorer, result):
    known = Known(Plain.objectives, 2)
    known.remember(result.digests, result.objectives, result.status, result.measures)
    return known


def test_shared_scores_save_the_call_and_count_for_the_budget(executor):
    first = evaluation(Watched(), executor).evaluate(batch([1, 2]))
    evaluator = Watched()
    scorer = evaluation(evaluator, executor, shared=shared_scores(evaluator, first))
    result = scorer.evaluate(batch([2, 5, 1]))
    assert [given.shapes.tolist() for given in evaluator.batches] == [[5, 5, 5, 5]]
    assert result.reused.tolist() == [True, False, True]
    assert result.evaluations == 3
    assert result.objectives[:, 1].tolist() == [2.0, 5.0, 1.0]


def test_shared_scores_do_not_keep_a_genome_from_being_refined(executor):
    first = evaluation(Watched(), executor).evaluate(batch([1]))
    evaluator = Refining(DistanceOptions())
    scorer = evaluation(evaluator, executor, shared=shared_scores(evaluator, first))
    alone = evaluation(Refining(DistanceOptions()), executor)
    assert scorer.evaluate(batch([1])).digests == alone.evaluate(batch([1])).digests


def test_non_finite_scores_are_a_status(executor):
    result = evaluation(Plain(DistanceOptions(poison=2)), executor).evaluate(batch([1, 2]))
    assert result.status.tolist() == [Status.OK, Status.NONFINITE]


def test_an_exception_costs_its_culprits_alone(executor):
    evaluator = Raising(DistanceOptions(poison=6))
    found = evaluation(evaluator, executor).evaluate(batch(range(12)))
    assert np.flatnonzero(found.status == Status.ERROR).tolist() == [6]
    assert found.messages == {6: "ZeroDivisionError: structure 6"}
    assert np.isnan(found.objectives[6]).all()
    others = [slot for slot in range(12) if slot != 6]
    wanted = evaluation(Distance(DistanceOptions()), executor).evaluate(batch(range(12)))
    assert np.array_equal(found.objectives[others], wanted.objectives[others])
    assert [found.digests[slot] for slot in others] == [wanted.digests[slot] for slot in others]


def test_where_everything_fails_batches_are_not_taken_apart_for_ever(executor):
    class Broken(Plain):
        calls = 0

        def score(self, genomes, prepared, *, fidelity, key):
            self.calls += 1
            raise ZeroDivisionError("always")

    evaluator = Broken(DistanceOptions())
    found = evaluation(evaluator, executor, width=512).evaluate(batch(range(1000)))
    assert (found.status == Status.ERROR).all()
    assert len(found.messages) == 1000
    assert evaluator.calls < 3 * MAX_FAILURES


def test_a_failed_genome_is_not_tried_again(executor):
    scorer = evaluation(Raising(DistanceOptions(poison=6)), executor)
    failed = scorer.evaluate(batch([6]))
    again = scorer.evaluate(failed.genomes)
    assert again.reused.all()
    assert again.status.tolist() == [Status.ERROR]


def test_running_out_of_memory_is_a_status_of_its_own(executor):
    class Greedy(Plain):
        def score(self, genomes, prepared, *, fidelity, key):
            raise MemoryError("8 GiB")

    result = evaluation(Greedy(DistanceOptions()), executor).evaluate(batch([1]))
    assert result.status.tolist() == [Status.MEMORY]
    assert result.messages == {0: "MemoryError: 8 GiB"}


def returning(make):
    class Returning(Plain):
        def score(self, genomes, prepared, *, fidelity, key):
            return make(len(genomes))

    return Returning(DistanceOptions())


def loose_scores(objectives, status, measures):
    """Scores past the shape checks of the test run, as users would have them."""
    scores = object.__new__(Scores)
    for name, value in (("objectives", objectives), ("status", status), ("measures", measures)):
        object.__setattr__(scores, name, value)
    object.__setattr__(scores, "messages", {})
    return scores


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda n: np.zeros(n), r"'toy': score has to return .*Scores, received \[4\] of float64"),
        (
            lambda n: scores_of(np.zeros((n, 3))),
            r"objectives has to be \[batch, objectives\] = \[4, 2\] real numbers \(error, shape\)"
            r", received \[4, 3\]",
        ),
        (lambda n: scores_of(np.zeros((n, 2))), r"measures has to be .* = \[4, 2\] .*\(shape, v"),
        (
            lambda n: loose_scores(np.zeros((n, 2)), np.full(n, 9), np.zeros((n, 2))),
            r"status has to be \[batch\] = \[4\] .*\(0 to 7\), received \[4\] of int64 .*9",
        ),
        (
            lambda n: loose_scores(np.zeros((n, 2), complex), np.zeros(n, int), np.zeros((n, 2))),
            r"real numbers .* received \[4, 2\] of complex128",
        ),
    ],
)
def test_a_broken_contract_stops_the_campaign_and_says_how(make, message, executor):
    with pytest.raises(EvaluatorError, match=message):
        evaluation(returning(make), executor).evaluate(batch([1, 2]))


def test_a_refinement_that_loses_genomes_is_named(executor):
    class Losing(Distance):
        def refine(self, genomes, prepared, key):
            return genomes.take(np.arange(1))

    message = r"refine has to return a PairBatch of 4 genomes, received PairBatch of length 1"
    with pytest.raises(EvaluatorError, match=message):
        evaluation(Losing(DistanceOptions()), executor).evaluate(batch([1, 2]))


def test_scores_from_elsewhere_are_accepted_like_our_own(executor):
    scorer = evaluation(Plain(DistanceOptions()), executor)
    scores = scores_of(np.arange(6.0).reshape(3, 2), measures=np.zeros((3, 2)))
    result = scorer.accept(batch([1, 2, 1]), scores)
    assert result.reused.tolist() == [False, False, True]
    assert result.objectives[2].tolist() == [0.0, 1.0]  # the first score of a genome stays
    assert scorer.evaluate(batch([2])).objectives[0].tolist() == [2.0, 3.0]


def test_known_scores_survive_growth():
    known = Known((Objective("error"),), 0)
    n = 5000
    digests = [index.to_bytes(16, "little") for index in range(n)]
    for start in range(0, n, 500):
        part = slice(start, start + 500)
        values = np.arange(n, dtype=np.float64)[part, None]
        known.remember(digests[part], values, np.zeros(500, np.int8), np.zeros((500, 0)))
    rows = known.rows([digests[4321], b"unknown".ljust(16), digests[0]])
    assert rows[1] == -1
    assert known.scores(rows[[0, 2]])[0].ravel().tolist() == [4321.0, 0.0]
