import dataclasses
from decimal import Decimal

import numpy as np
import pytest

from evosearch.contracts import Objective, Proof, Scores, Status, scores_of
from evosearch.errors import UsageError
from evosearch.export.values import evaluate_precise
from evosearch.export.verify import judge, verify_document, verify_genome
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


class Prover(Sealed):
    """Proves what it is told to."""

    def __init__(self, bounds=None, unproved=None):
        super().__init__()
        self.bounds, self.unproved = bounds or {}, unproved or {}

    def prove(self, genomes, constants):
        self.constants = tuple(constants)
        shown = {name: high for name, (_, high) in self.bounds.items()}
        return Proof("error of 2^x", self.bounds, shown, self.unproved, ("a note",))


@pytest.mark.parametrize(
    ("claim", "bounds", "proof"),
    [
        (1.0, (0.99, 1.0), "proved"),
        (1.0, (0.99, 1.0009), "proved"),  # the claim was rounded
        (1.0, (0.99, 1.0011), "undecided"),
        (0.99, (0.9999, 1.0), "refuted"),
        ("0.99", (0.9999, 1.0), "refuted"),
    ],
)
def test_a_proof_judges_claims_to_a_tenth_of_a_percent(claim, bounds, proof):
    verdict = judge({"worst": claim}, Proof("", {"worst": bounds}, {}, {}))["worst"]
    assert verdict["proof"] == proof
    assert verdict["holds"] is (proof == "proved")
    assert verdict["found"] == (bounds[0] if proof == "refuted" else bounds[1])


def test_a_bound_beyond_all_floats_is_none():
    verdict = judge({"worst": 1e300}, Proof("", {"worst": (1e290, float("inf"))}, {}, {}))
    assert verdict["worst"]["proof"] == "undecided"
    assert verdict["worst"]["found"] is None  # as JSON has no infinity


def test_a_proved_claim_has_no_tolerance():
    proof = Proof("", {"proved_worst": (0.0, 1.0001)}, {}, {})
    assert judge({"proved_worst": 1.0001}, proof)["proved_worst"]["proof"] == "proved"
    assert judge({"proved_worst": 1.0}, proof)["proved_worst"]["proof"] == "undecided"
    assert judge({"proved_worst": "nonsense", "other": 1.0}, proof) == {}


def test_with_a_proof_its_verdict_replaces_that_of_the_samples():
    claims = exponential().claims
    found = float(claims["max_error_exact"])
    document = exponential(claims=claims | {"proved_max_error_exact": 2 * found})
    low = Prover({"max_error_exact": (1.2 * found, 1.3 * found)})
    outcome = verify_document(document, low, rigorous=True)
    assert low.constants == document.constants  # all digits
    assert outcome["checks"]["max_error_exact"]["proof"] == "refuted"
    assert "max_error_exact: claimed" in outcome["status"]
    assert "proved to be at least" in outcome["status"]
    assert outcome["unchecked"] == ["proved_max_error_exact"]
    assert outcome["proof"]["statement"] == "error of 2^x"
    assert outcome["proof"]["notes"] == ["a note"]

    bounds = (0.99 * found, found)
    both = Prover({"max_error_exact": bounds, "proved_max_error_exact": bounds})
    outcome = verify_document(document, both, rigorous=True)
    assert outcome["status"] == "ok"
    assert outcome["unchecked"] == []

    without = verify_document(document, both)
    assert without["status"] == "ok"
    assert without["unchecked"] == ["proved_max_error_exact"]
    assert without["proof"] is None


def test_what_is_not_proved_fails_if_it_is_claimed_or_nothing_else_is():
    nothing = Prover(unproved={"max_error_exact": "a pole near x = 0.5"})
    outcome = verify_document(exponential(claims={}), nothing, rigorous=True)
    assert outcome["status"] == "max_error_exact: not proved: a pole near x = 0.5"
    outcome = verify_document(exponential(), nothing, rigorous=True)
    assert outcome["status"] == "max_error_exact: not proved: a pole near x = 0.5"
    assert outcome["checks"]["max_error_exact"]["holds"] is False

    part = Prover({"max_error_exact": (0.0, 1e-9)}, {"proved_float64_error": "exp"})
    assert verify_document(exponential(), part, rigorous=True)["status"] == "ok"
    claims = exponential().claims | {"proved_float64_error": 1.0}
    outcome = verify_document(exponential(claims=claims), part, rigorous=True)
    assert outcome["status"] == "proved_float64_error: not proved: exp"


def test_a_genome_without_digits_is_proved_with_its_own_constants():
    prover = Prover({"max_error_exact": (0.0, 1.0)})
    program = exponential().to_program()
    verify_genome(program, prover, rigorous=True)
    assert [float(text) for text in prover.constants] == program.constants[0].tolist()


def test_an_evaluator_that_proves_nothing_says_so():
    with pytest.raises(UsageError, match="Sealed proves nothing: leave --rigorous out"):
        verify_document(exponential(), Sealed(), rigorous=True)


def test_what_the_evaluator_does_not_know_is_a_usage_error():
    class Strict(Exp2):
        def score(self, genomes, prepared, *, fidelity, key):
            raise ValueError("a program uses erf, which is not in the set of primitives given")

    with pytest.raises(UsageError, match="Strict cannot score this: a program uses erf"):
        verify_document(exponential(), Strict())
