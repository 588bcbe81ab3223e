"""The approximation evaluator: prepared points, fits, scores, sealed validation, polish."""

import numpy as np
import pytest
from programs import program
from pydantic import ValidationError

from evaluators.approximation import Approximation
from evaluators.approximation.options import Options
from evosearch.contracts import Status
from evosearch.errors import ConfigError
from evosearch.genomes.canonical import canonical
from evosearch.genomes.program import ProgramBatch

KEY = np.array([1, 2], np.uint32)
LINE = program([("mul", "x", "c0"), ("add", "n0", "c1")], [1.0, 1.0])
RATIO = program([("add", "x", "c0"), ("div", "c1", "n0"), ("add", "n1", "c2")], [1.0] * 3)


def evaluator(tmp_path, **options) -> Approximation:
    defaults = {"target": "exp2", "interval": "(0, 1]"}
    return Approximation(Options.model_validate(defaults | options), tmp_path)


def fitted(approximation: Approximation, structure: ProgramBatch, n: int = 8):
    prepared = approximation.prepare(KEY)
    many = canonical(structure.take(np.zeros(n, int)))
    many = many.with_constants(np.random.default_rng(0).normal(size=many.constants.shape))
    genomes = approximation.refine(many, prepared, KEY)
    scores = approximation.score(genomes, prepared, fidelity="full", key=KEY)
    best = np.array([scores.objectives[:, 0].argmin()])
    return genomes.take(best), scores.objectives[best[0]], prepared


@pytest.mark.parametrize(("structure", "minimax"), [(LINE, 2.982e-2), (RATIO, 8.672e-4)])
def test_fit_is_close_to_the_minimax_and_polish_reaches_it(tmp_path, structure, minimax):
    approximation = evaluator(tmp_path)
    genome, objectives, prepared = fitted(approximation, structure)
    assert minimax * 0.999 < objectives[0] < minimax * 1.02
    assert objectives[1] == structure.lengths[0]
    validated = approximation.validate(genome, prepared)
    assert validated.objectives[0, 0] == pytest.approx(objectives[0], rel=1e-2)
    (polished,) = approximation.polish(genome, prepared)
    assert polished.metrics["max_relative_error"] == pytest.approx(minimax, rel=2e-4)
    again = approximation.metrics(genome, polished.constants)
    assert again["max_relative_error"] == pytest.approx(polished.metrics["max_relative_error"])
    assert again["float64_error"] >= again["max_relative_error"] * 0.999


def test_the_target_itself_claims_no_more_than_its_digits_can_show(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import mpmath\n\ndef softplus(x):\n    return mpmath.log(1 + mpmath.exp(x))\n"
    )
    approximation = evaluator(tmp_path, target="./mine.py:softplus", interval="[-1, 1]")
    nodes = [("mul", "x", "c0"), ("exp", "n0"), ("add", "n1", "c1"), ("log", "n2")]
    itself = program(nodes, [1.0, 1.0])
    (polished,) = approximation.polish(itself, approximation.prepare(KEY))
    assert polished.metrics["max_relative_error"] == 1e-38
    found = approximation.metrics(itself, polished.constants)
    assert found["max_relative_error"] == 1e-38


def test_sealed_points_are_none_of_the_search(tmp_path):
    prepared = evaluator(tmp_path).prepare(KEY)
    search = np.concatenate([prepared["fit_x"], prepared["score_x"]])
    sealed = prepared["sealed_x"]
    inside = sealed[(sealed > 1e-12) & (sealed < 1 - 1e-12)]  # few numbers are closer to the ends
    assert len(inside) > 300
    assert not np.isin(inside, search).any()
    np.testing.assert_allclose(prepared["sealed_y"], np.exp2(prepared["sealed_x"]), rtol=1e-15)


def test_costs_of_operations(tmp_path):
    approximation = evaluator(tmp_path, costs={"mul": 0.5, "add": 3.0}, fit="none")
    prepared = approximation.prepare(KEY)
    scores = approximation.score(LINE, prepared, fidelity="full", key=KEY)
    assert scores.objectives[0, 1] == 3.5


def test_rms_and_absolute(tmp_path):
    approximation = evaluator(tmp_path, error="absolute", norm="rms", fit="none")
    prepared = approximation.prepare(KEY)
    scores = approximation.score(LINE, prepared, fidelity="full", key=KEY)
    x = prepared["score_x"]
    want = np.sqrt(np.mean((x + 1 - np.exp2(x)) ** 2))
    assert scores.objectives[0, 0] == pytest.approx(want, rel=1e-12)
    assert approximation.polish(LINE, prepared) == [None]


def test_ulp_counts_units_of_the_chosen_format(tmp_path):
    errors = {}
    for error, format_ in [("absolute", "float32"), ("ulp", "float32"), ("ulp", "float64")]:
        approximation = evaluator(tmp_path, error=error, format=format_, fit="none")
        prepared = approximation.prepare(KEY)
        scores = approximation.score(LINE, prepared, fidelity="full", key=KEY)
        errors[error, format_] = scores.objectives[0, 0]
    ulp = 2.0**-23  # of float32 numbers in [1, 2)
    assert errors["ulp", "float32"] == pytest.approx(errors["absolute", "float32"] / ulp)
    assert errors["ulp", "float64"] == pytest.approx(errors["ulp", "float32"] * 2**29)


def test_a_program_with_a_pole_is_not_finite(tmp_path):
    approximation = evaluator(tmp_path, interval="[-1, 1]", fit="none", fit_points=9)
    pole = program([("div", "c0", "x")], [1.0])
    prepared = approximation.prepare(KEY)
    prepared = {**prepared, "score_x": np.append(prepared["score_x"][:-1], 0.0)}
    scores = approximation.score(pole, prepared, fidelity="full", key=KEY)
    assert scores.status[0] == Status.NONFINITE


COMPOSED = program(
    [
        ("div", "c0", "x"),
        ("add", "n0", "x"),
        ("div", "c1", "n1"),
        ("add", "n1", "n2"),
        ("add", "n3", "c2"),
        ("div", "c3", "n4"),
        ("add", "n5", "c4"),
        ("mul", "n6", "n6"),
        ("mul", "n7", "n7"),
        ("mul", "n8", "n8"),
    ],
    [5783.52, 15141.9, -250.552, 501.104, 1.0],
)


def test_errors_below_the_sight_of_float64(tmp_path):
    approximation = evaluator(tmp_path)
    prepared = approximation.prepare(KEY)
    composed = canonical(COMPOSED)
    genome = approximation.refine(composed, prepared, KEY)
    scores = approximation.score(genome, prepared, fidelity="full", key=KEY)
    assert scores.objectives[0, 0] == pytest.approx(2.192e-15, rel=2e-3)
    validated = approximation.validate(genome, prepared)
    assert validated.objectives[0, 0] == pytest.approx(scores.objectives[0, 0], rel=2e-2)
    (polished,) = approximation.polish(genome, prepared)
    found = polished.metrics["max_relative_error"]
    assert scores.objectives[0, 0] == pytest.approx(found, rel=2e-3)


def test_hopeless_programs_get_less_effort_and_others_the_same(tmp_path):
    approximation = evaluator(tmp_path)
    prepared = approximation.prepare(KEY)
    many = canonical(RATIO).take(np.zeros(6, int))
    many = many.with_constants(np.random.default_rng(3).normal(size=many.constants.shape))
    free = approximation.refine(many, prepared, KEY)
    easy = np.array([0.0, 0.0, 0.0, 0.5])
    assert approximation.refine(many, prepared, KEY, bars=easy).digests() == free.digests()
    hopeless = np.array([0.0, 0.0, 0.0, 1e-30])
    short = approximation.refine(many, prepared, KEY, bars=hopeless)
    before, after = (
        approximation.score(g, prepared, fidelity="full", key=KEY).objectives[:, 0]
        for g in (free, short)
    )
    assert (before <= after * 1.0001).all()
    assert short.digests() != free.digests()


def test_own_target_from_a_python_file(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import mpmath\n\ndef softplus(x):\n    return mpmath.log(1 + mpmath.exp(x))\n"
    )
    approximation = evaluator(tmp_path, target="./mine.py:softplus", interval="[0, 1]")
    genome, objectives, prepared = fitted(approximation, RATIO)
    assert objectives[0] < 5e-3
    (polished,) = approximation.polish(genome, prepared)
    assert polished.metrics["max_relative_error"] <= objectives[0] * 1.01


def test_own_target_from_a_table(tmp_path):
    x = np.linspace(0, 1, 101)
    rows = "\n".join(f"{a!r},{b!r}" for a, b in zip(x.tolist(), np.exp2(x).tolist(), strict=True))
    (tmp_path / "points.csv").write_text(f"x,y\n{rows}\n")
    approximation = evaluator(tmp_path, target="./points.csv", interval=None)
    genome, objectives, prepared = fitted(approximation, RATIO)
    assert objectives[0] < 1.5e-3
    assert len(prepared["sealed_x"]) == 20
    assert not np.isin(prepared["sealed_x"], prepared["score_x"]).any()
    validated = approximation.validate(genome, prepared)
    assert validated.objectives[0, 0] < 1.5e-3
    assert approximation.polish(genome, prepared) == [None]


def test_cmaes_improves_constants(tmp_path):
    pytest.importorskip("cmaes", reason="needs evosearch[cmaes]")
    approximation = evaluator(tmp_path, fit="cmaes", effort={"steps": 60})
    _, objectives, _ = fitted(approximation, LINE, 4)
    assert objectives[0] < 3.3e-2


def test_what_cannot_work_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="zero near"):
        evaluator(tmp_path, target="sin", interval="[0, 1]").prepare(KEY)
    with pytest.raises(ConfigError, match="interval"):
        evaluator(tmp_path, interval=None)
    with pytest.raises(ValidationError, match="unknown primitive"):
        evaluator(tmp_path, costs={"plus": 2.0})
    with pytest.raises(ConfigError, match="exp2"):
        evaluator(tmp_path, target="exp2x")


def test_baselines_are_named_like_the_objectives(tmp_path):
    found = evaluator(tmp_path).baselines(4)
    best = min(b.objectives["error"] for b in found if b.objectives["operations"] <= 4)
    assert best == pytest.approx(2.168e-4, rel=1e-3)
