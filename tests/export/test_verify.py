import dataclasses
from decimal import Decimal

import numpy as np
import pytest

from evosearch.contracts import Objective, Scores, Status, scores_of
from evosearch.errors import UsageError
from evosearch.export.values import evaluate_precise
from evosearch.export.verify import verify_document, verify_genome
from evosearch.genomes.evaluate import evaluate
from evosearch.genomes.program import ProgramBatch
from evosearch.genomes.vector import Gene, VectorBatch
from tests.export.programs import exponential


class Exp2:
    """Largest relative error of 2^x, as the built-in evaluator would find it."""

    genome_type = ProgramBatch
    objectives = (Objective("error"), Objective("operations"))
    measures = ()
    fidelities = ("full",)

    def prepare(self, key):
        return {"x": np.linspace(0, 1, 513)}

    def score(self, genomes, prepared, *, fidelity, key):
        x = prepared["x"]
        errors = abs(evaluate(genomes, x[None]) / 2**x - 1).max(axis=1)
        return scores_of(np.stack([errors, genomes.sizes()], axis=1))


class Sealed(Exp2):
    """With sealed data and high precision."""

    def __init__(self):
        self.constants = None

    def validate(self, genomes, prepared):
        return self.score(genomes, {"x": np.linspace(0, 1, 1001)}, fidelity="full", key=None)

    def metrics(self, genomes, constants):
        self.constants = tuple(constants)
        points = [k / 64 for k in range(65)]
        document = exponential()
        found = evaluate_precise(
            dataclasses.replace(document, constants=self.constants), points, 40
        )
        errors = [float(abs(y / 2**x - 1)) for x, y in zip(points, found, strict=True)]
        return {"max_error_exact": max(errors)}


def test_true_claims_hold():
    evaluator = Sealed()
    outcome = verify_document(exponential(), evaluator)
    assert outcome["status"] == "ok"
    assert outcome["claims"] == exponential().claims
    assert set(outcome["metrics"]) == {"error", "operations", "max_error_exact"}
    assert {name: check["holds"] for name, check in outcome["checks"].items()} == {
        "operations": True,
        "max_error_exact": True,
    }
    assert evaluator.constants == exponential().constants  # all digits


def test_hex_constants_reach_the_evaluator_as_exact_decimals():
    evaluator = Sealed()
    document = exponential()
    narrowed = tuple(float(text).hex() for text in document.constants)
    verify_document(dataclasses.replace(document, constants=narrowed), evaluator)
    assert [Decimal(text) for text in evaluator.constants] == [
        Decimal(float(text)) for text in document.constants
    ]


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ({"max_error_exact": "1e-6"}, "max_error_exact: claimed 1e-6, found"),
        ({"operations": 2}, "operations: claimed 2, found 3.0"),
        ({"error": 1e-9}, "error: claimed 1e-09, found"),
    ],
)
def test_false_claims_are_named(claim, message):
    document = exponential(claims=exponential().claims | claim)
    outcome = verify_document(document, Sealed())
    assert outcome["status"].startswith(message)
    assert outcome["checks"][next(iter(claim))]["holds"] is False


def test_one_percent_is_allowed_and_more_is_not():
    found = verify_document(exponential(), Sealed())["metrics"]["max_error_exact"]
    for factor, status in ((0.995, "ok"), (0.98, "max_error_exact")):
        claims = {"max_error_exact": found * factor}
        outcome = verify_document(exponential(claims=claims), Sealed())
        assert outcome["status"].startswith(status)


def test_an_evaluator_without_sealed_data_scores():
    outcome = verify_document(exponential(claims={"error": "nonsense", "other": 1}), Exp2())
    assert outcome["status"] == "ok"
    assert outcome["checks"] == {}  # neither claim is a number that was found
    given = {"x": np.array([0.0])}
    assert verify_document(exponential(), Exp2(), given)["metrics"]["error"] < 1e-4


def test_a_failed_evaluation_is_the_status():
    class Failing(Exp2):
        def validate(self, genomes, prepared):
            status = np.array([Status.NONFINITE], np.int8)
            return Scores(np.array([[np.nan, 3.0]]), status, messages={0: "NaN at x = 1"})

    outcome = verify_document(exponential(), Failing())
    assert outcome["status"] == "evaluation nonfinite: NaN at x = 1"
    assert outcome["metrics"] == {"operations": 3.0}


def test_maximised_objectives_and_other_genomes():
    class Accuracy:
        genome_type = VectorBatch
        objectives = (Objective("accuracy", "maximize"),)
        fidelities = ("full",)

        def prepare(self, key):
            return {}

        def score(self, genomes, prepared, *, fidelity, key):
            return scores_of(genomes.values[:, :1])

    vectors = VectorBatch((Gene("rate", "real", 0.0, 1.0),), np.array([[0.9]]))
    for claimed, holds in ((0.8, True), (0.905, True), (0.95, False)):
        outcome = verify_genome(vectors, Accuracy(), claims={"accuracy": claimed})
        assert outcome["checks"]["accuracy"]["holds"] is holds
    with pytest.raises(UsageError, match="scores VectorBatch"):
        verify_document(exponential(), Accuracy())
