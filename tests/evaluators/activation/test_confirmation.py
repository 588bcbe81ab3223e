"""Known functions as programs, and confirmation with a trainer whose truth is known."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import erf, expit

from evaluators.activation.baselines import crrelu, functions, plain
from evaluators.activation.confirmation import (
    Course,
    best_rates,
    compare,
    confirm,
    curse,
    fresh_seeds,
)
from evosearch.genomes.canonical import canonical
from evosearch.genomes.evaluate import evaluate

X = np.linspace(-6, 6, 101)
FORMULAS = {
    "relu": np.maximum(X, 0),
    "gelu": X * (1 + erf(X / np.sqrt(2))) / 2,
    "swish": X * expit(X),
    "mish": X * np.tanh(np.log1p(np.exp(X))),
    "elu": np.where(X > 0, X, np.exp(X) - 1),
    "tanh": np.tanh(X),
}


def test_known_functions_are_their_formulas():
    known = plain()
    assert known[0].name == "swish"
    assert {each.name for each in known} == set(FORMULAS)
    values = evaluate(functions(known), X[None])
    for each, row in zip(known, values, strict=True):
        np.testing.assert_allclose(row, FORMULAS[each.name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("alpha", [0.01, -0.3, 1.0])
def test_crrelu_has_its_parameter_as_it_is(alpha):
    known = crrelu()
    assert known.initial == (0.01,)
    (values,) = evaluate(known.program, np.stack([X, np.full_like(X, alpha)]))
    np.testing.assert_allclose(
        values, np.maximum(X, 0) + alpha * X * np.exp(-(X**2) / 2), atol=1e-14
    )


@pytest.mark.parametrize("known", [*plain(), crrelu()], ids=lambda known: known.name)
def test_known_functions_are_canonical_programs(known):
    assert canonical(known.program).to_bytes() == known.program.to_bytes()


@dataclass
class Made:
    """Scores made up: quality of function and rate, and noise that is common to a seed."""

    quality: np.ndarray
    shift: float = 0.0  # of the sealed data
    diverged: tuple[int, int] | None = None  # function and rate
    asked: list[tuple[str, int, tuple[float, ...]]] = field(default_factory=list)
    rates: tuple[float, ...] = (0.01, 0.02, 0.04)

    def run(self, programs, *, rates, seeds, steps, on):
        rows = [int(each) for each in programs.constants[:, 0]]
        places = [self.rates.index(rate) for rate in rates]
        self.asked.append((on, len(rows), tuple(rates)))
        own = [np.random.default_rng([seed, steps]).standard_normal((20, 3)) for seed in seeds]
        noise = np.stack(own, axis=-1)[np.ix_(rows, places)]
        common = np.array([np.random.default_rng(seed).standard_normal() for seed in seeds])
        scores = self.quality[np.ix_(rows, places)][..., None] + 0.001 * noise + 0.1 * common
        if on == "test":
            scores = scores + self.shift
        loss = 1 - scores
        if self.diverged and self.diverged[0] in rows and self.diverged[1] in places:
            loss[rows.index(self.diverged[0]), places.index(self.diverged[1]), 1] = np.nan
        return SimpleNamespace(accuracy=scores, loss=loss)


def numbered(n: int):
    """Functions that carry their number as a constant."""
    batch = plain()[0].program.take(np.zeros(n, np.int64)).padded(1, 1)
    return type(batch)(
        batch.ops,
        batch.args,
        batch.lengths,
        np.arange(n, dtype=np.float64)[:, None],
        np.ones(n, np.int32),
        batch.outputs,
        1,
    )


COURSE = Course((0.01, 0.02, 0.04), tuple(range(32)), 600)
QUALITY = np.array([[0.60, 0.63, 0.62], [0.66, 0.65, 0.60], [0.50, 0.55, 0.66]])


def test_every_function_is_judged_on_sealed_data_at_its_own_best_rate():
    made = Made(QUALITY, shift=-0.05)
    found = confirm(made, numbered(3), COURSE)
    assert found.best.tolist() == [1, 0, 2]
    np.testing.assert_allclose(found.best_rates(), [0.02, 0.01, 0.04])
    offset = found.selected() - found.test
    np.testing.assert_allclose(offset, 0.05, atol=1e-12)
    assert made.asked[0] == ("selection", 3, COURSE.rates)
    assert sorted(made.asked[1:]) == [("test", 1, (rate,)) for rate in COURSE.rates]


def test_the_best_rate_is_chosen_without_the_sealed_data():
    """Sealed scores that would name another rate change nothing."""

    class Turned(Made):
        def run(self, programs, *, rates, seeds, steps, on):
            self.quality = QUALITY[:, ::-1] if on == "test" else QUALITY
            return super().run(programs, rates=rates, seeds=seeds, steps=steps, on=on)

    assert confirm(Turned(QUALITY), numbered(3), COURSE).best.tolist() == [1, 0, 2]


def test_a_rate_that_diverged_is_not_chosen():
    found = confirm(Made(QUALITY, diverged=(2, 2)), numbered(3), COURSE)
    assert found.best.tolist() == [1, 0, 1]
    assert np.isfinite(found.test).all()
    assert best_rates(np.full((1, 2, 3), np.nan)).tolist() == [0]


def test_comparison_sees_small_differences_through_common_noise():
    found = confirm(Made(QUALITY), numbered(3), COURSE)
    comparison = compare(found, 1, {"first": found.test[0], "third": found.test[2]})
    assert comparison.accuracy == pytest.approx(found.test[1].mean())
    assert comparison.standard_error > 0.01  # of noise that is common to all
    metrics = comparison.metrics()
    assert metrics["first_difference"] == pytest.approx(0.03, abs=0.002)
    assert metrics["first_p"] < 1e-6
    assert metrics["third_p"] > 1e-6
    assert metrics["best_rate"] == 0.01
    first, third = comparison.rows()
    assert first["p_corrected"] == pytest.approx(2 * first["p"])  # Holm: the smaller of two
    assert third["p_corrected"] == pytest.approx(max(third["p"], first["p_corrected"]))
    assert (first["against"], third["against"]) == ("first", "third")


def test_a_function_that_diverges_everywhere_is_never_called_better():
    found = confirm(Made(QUALITY[:, :1], diverged=(1, 0)), numbered(3), Course((0.01,), (1, 2), 1))
    metrics = compare(found, 1, {"first": found.test[0]}).metrics()
    assert np.isnan(metrics["accuracy"])
    assert metrics["first_p"] == 1.0


def test_the_winners_curse_is_what_the_search_saw_too_much():
    """The best of 1,000 equal functions by 8 noisy seeds each falls back to what it is."""
    rng = np.random.default_rng(0)
    means = 0.6 + 0.004 * rng.standard_normal(1_000)
    best = np.sort(means)[-3:]
    found = confirm(Made(np.full((3, 3), 0.6)), numbered(3), COURSE)
    rows = curse(best, found)
    assert len(rows) == 3
    for searched, row in zip(best, rows, strict=True):
        assert row["search"] == searched
        assert row["lost"] == pytest.approx(row["search"] - row["fresh_seeds"])
        assert row["sealed_data"] == pytest.approx(found.test.mean(), abs=0.001)


def test_fresh_seeds_are_none_of_the_search():
    key = np.array([1, 2], np.uint32)
    first = fresh_seeds(key, 32, ())
    assert len(set(first)) == 32
    assert min(first) >= 2**31  # those of a search are below
    assert first == fresh_seeds(key, 32, ())
    again = fresh_seeds(key, 32, first[:7])
    assert not set(again) & set(first[:7])
    assert set(first[7:]) <= set(again)
    assert first != fresh_seeds(np.array([1, 3], np.uint32), 32, ())
