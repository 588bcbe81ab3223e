"""The float32 evaluator: refinement, scores, sealed inputs, proofs."""

import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program
from pydantic import ValidationError

from evaluators.approximation.float32 import Float32Approximation, arithmetic, grid, ulp
from evaluators.approximation.float32.options import Float32Options
from evosearch.contracts import Status
from evosearch.errors import ConfigError
from evosearch.genomes.canonical import canonical
from evosearch.genomes.program import ProgramBatch

KEY = np.array([1, 2], np.uint32)
QUADRATIC = program([("fma", "x", "c0", "c1"), ("fma", "n0", "x", "c2")], [0.34, 0.65, 1.0])
NARROW = "[0.5, 0.52]"  # 335,544 float32, where a quadratic is within 1 ULP


def evaluator(tmp_path, **options) -> Float32Approximation:
    defaults = {"target": "exp2", "interval": NARROW, "score_points": 4096}
    defaults |= {"thorough_points": 8192}
    return Float32Approximation(Float32Options.model_validate(defaults | options), tmp_path)


def score(one: Float32Approximation, genomes: ProgramBatch, prepared):
    return one.score(genomes, prepared, fidelity="full", key=KEY)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    one = evaluator(tmp_path_factory.mktemp("narrow"))
    prepared = one.prepare(KEY)
    return one, prepared, one.refine(QUADRATIC, prepared, KEY)


def test_refined_constants_are_float32_and_within_the_bar(narrow):
    one, prepared, genome = narrow
    constants = genome.constants[0, :3]
    np.testing.assert_array_equal(constants, constants.astype(np.float32))
    assert score(one, genome, prepared).objectives[0, 0] == 1.0  # the bar, not below it
    assert 0.5 < one.validate(genome, prepared).objectives[0, 0] <= 1.0
    assert score(one, QUADRATIC, prepared).objectives[0, 0] > 1000


@pytest.mark.parametrize("margin", [0.0, 0.02])
def test_scores_are_errors_in_ulp_of_exact_arithmetic_and_the_margin(tmp_path, margin):
    one = evaluator(tmp_path, interval="[0, 1]", margin=margin)
    prepared = one.prepare(KEY)
    x = np.concatenate([prepared["search_x"]])
    values = arithmetic.evaluate(QUADRATIC, x)[0]
    with mp.workdps(40):
        exact = [mp.power(2, mpf(float(point))) for point in x]
        errors = [abs(mpf(float(v)) - y) for v, y in zip(values, exact, strict=True)]
        units = [mpf(2) ** (-22 if y >= 2 else -23) for y in exact]
    expected = float(max(e / unit for e, unit in zip(errors, units, strict=True)))
    found = score(one, QUADRATIC, prepared).objectives[0, 0]
    assert found == pytest.approx(expected + margin, rel=1e-9)


def test_a_program_is_within_the_bar_if_it_is_by_the_margin(narrow, tmp_path):
    _, prepared, genome = narrow
    error = evaluator(tmp_path, margin=0).validate(genome, prepared).objectives[0, 0]
    near = evaluator(tmp_path, bar=float(error) + 0.05, margin=0.1)
    assert score(near, genome, prepared).objectives[0, 0] > near.options.bar
    far = evaluator(tmp_path, bar=float(error) + 0.2, margin=0.1)
    assert score(far, genome, prepared).objectives[0, 0] == far.options.bar


def test_refinement_fuses_products(narrow):
    one, prepared, genome = narrow
    nodes = [("mul", "x", "c0"), ("add", "n0", "c1"), ("mul", "n1", "x"), ("add", "n2", "c2")]
    apart = canonical(program(nodes, [0.34, 0.65, 1.0]))
    scores = score(one, apart, prepared)
    assert scores.status[0] == Status.INVALID
    assert "contract" in scores.messages[0]
    fused = one.refine(apart, prepared, KEY)
    assert fused.structures() == genome.structures()
    assert score(one, fused, prepared).status[0] == Status.OK


def test_other_operations_and_poles_do_not_compete(narrow):
    one, prepared, _ = narrow
    exponential = program([("exp", "x")], [])
    pole = program([("sub", "x", "c0"), ("div", "c1", "n0")], [0.5, 1.0])
    both = exponential.concatenate([pole, QUADRATIC])
    statuses = score(one, one.refine(both, prepared, KEY), prepared).status
    assert statuses[0] == Status.INVALID
    assert score(one, pole, prepared).status[0] == Status.NONFINITE
    assert statuses[2] == Status.OK


def test_sealed_inputs_are_none_of_the_search(narrow):
    _, prepared, _ = narrow
    searched = np.concatenate([prepared["search_x"], prepared["score_x"]])
    assert not np.isin(prepared["sealed_x"], searched).any()
    assert len(prepared["sealed_x"]) > 6000


def test_proof_is_of_every_input(narrow):
    one, _, genome = narrow
    digits = [str(value) for value in genome.constants[0, :3].tolist()]
    proof = one.prove(genome, digits)
    first, last = grid.ends(one.interval)
    x = grid.number(np.arange(first, last + 1))
    y = np.exp2(x.astype(np.float64))
    errors = ulp.errors(arithmetic.evaluate(genome, x)[0], y, ulp.ulp(y))
    assert proof.metrics["proved_exhaustive_count"] == len(x) == 335_545
    assert proof.bounds["max_ulp_error"] == pytest.approx((errors.max(),) * 2)
    assert float(x[np.argmax(errors)]) == proof.metrics["proved_worst_input"]
    assert float(x[np.argmax(errors)]).hex() in proof.notes[0]


def test_polish_mends_what_fails_on_inputs_that_no_sample_had(tmp_path):
    """A sample of few inputs misses failures, which the exhaustive run finds and adds."""
    one = evaluator(tmp_path, search_points=64, score_points=1024, thorough_points=0, bar=0.8)
    prepared = one.prepare(KEY)
    few = {k: v[::40] for k, v in prepared.items() if k.startswith(("search", "score"))}
    sparse = {**prepared, **few}
    genome = one.refine(QUADRATIC, sparse, KEY)
    before = one.prove(genome, [str(v) for v in genome.constants[0, :3].tolist()])
    (polished,) = one.polish(genome, sparse)
    assert before.metrics["proved_max_ulp_error"] > 0.8
    assert polished.metrics["max_ulp_error"] < before.metrics["proved_max_ulp_error"]
    exact = [str(float.fromhex(text)) for text in polished.constants]
    after = one.prove(genome, exact)
    assert after.metrics["proved_max_ulp_error"] == polished.metrics["max_ulp_error"]
    assert one.polish(QUADRATIC, prepared) == [None]  # far from the bar
    assert evaluator(tmp_path, exhaustive=False).polish(genome, prepared) == [None]


def test_reference_points_are_float32_with_exact_values(narrow):
    one, _, _ = narrow
    for x, y in one.reference_points(20):
        assert np.float32(float(x)) == float(x)
        assert float(y) == pytest.approx(2.0 ** float(x), rel=1e-15)


def test_mistakes_in_options_are_said(tmp_path):
    with pytest.raises(ConfigError, match="unknown target"):
        evaluator(tmp_path, target="exp3")
    with pytest.raises(ValidationError, match="bar"):
        evaluator(tmp_path, bar=0.4)
    (tmp_path / "table.csv").write_text("x,y\n" + "".join(f"{i},{i}\n" for i in range(9)))
    with pytest.raises(ConfigError, match="received the table"):
        evaluator(tmp_path, target="./table.csv")
    with pytest.raises(ConfigError, match="cost table"):
        evaluator(tmp_path, costs="./missing.json")
