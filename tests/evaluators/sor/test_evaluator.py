"""The evaluator: counts are those of the solver, whatever the genome is."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from evaluators.sor.comparators.closed_form import young_omega
from evaluators.sor.evaluator import Sor
from evaluators.sor.options import Options
from evaluators.sor.solver import sor
from evaluators.sor.squash import squash
from evosearch.contracts import Status
from evosearch.errors import ConfigError
from evosearch.genomes.primitives import BY_NAME
from evosearch.genomes.program import FIRST_CONSTANT, FIRST_INPUT, ProgramBatch
from evosearch.genomes.vector import Gene, VectorBatch
from evosearch.seeding import key
from evosearch.testing import grown
from search_spaces.relaxation import Relaxation, RelaxationOptions

TRAIN = {"problem": "laplacian", "sizes": [6], "instances": 12}
HERE = Path(__file__).parent
KEY = key(1, "prepare")


def evaluator(**options):
    return Sor(Options.model_validate({"train": TRAIN, **options}), HERE)


def space(**options):
    return Relaxation(RelaxationOptions.model_validate(options))


def numbers(*rows):
    genes = [Gene(f"omega_{k}", "real", 0.01, 1.999) for k in range(len(rows[0]))]
    return VectorBatch(genes, np.array(rows))


def constant(value, inputs):
    """A program that is a number whatever its inputs."""
    return ProgramBatch(
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 1, 3), np.int16),
        np.zeros(1, np.int32),
        np.array([[value]]),
        np.ones(1, np.int32),
        np.array([FIRST_CONSTANT], np.int16),
        inputs,
    )


def identity(which, inputs):
    """A program that returns one of its inputs."""
    return ProgramBatch(
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 1, 3), np.int16),
        np.zeros(1, np.int32),
        np.zeros((1, 1)),
        np.zeros(1, np.int32),
        np.array([FIRST_INPUT - which], np.int16),
        inputs,
    )


def root(inputs):
    """The square root of the first input."""
    return ProgramBatch(
        np.array([[BY_NAME["sqrt"].code]], np.uint8),
        np.array([[[FIRST_INPUT, 0, 0]]], np.int16),
        np.ones(1, np.int32),
        np.zeros((1, 1)),
        np.zeros(1, np.int32),
        np.zeros(1, np.int16),
        inputs,
    )


def scored(made, genomes):
    prepared = made.prepare(KEY)
    return made.score(genomes, prepared, fidelity="full", key=KEY), prepared


def test_an_omega_costs_its_mean_iterations():
    made = evaluator()
    scores, prepared = scored(made, numbers([1.5], [1.0]))
    systems = made._systems(prepared)[0]
    for row, omega in enumerate((1.5, 1.0)):
        counts = sor(systems, np.arange(12), np.full(12, omega))
        wanted = counts.iterations.mean() + 1e-6 * counts.crossing.mean()
        assert scores.objectives[row] == pytest.approx([wanted], rel=1e-12)
    assert scores.objectives[0] < scores.objectives[1]


def test_a_schedule_is_followed_and_its_last_omega_stays():
    made = evaluator()
    scores, prepared = scored(made, numbers([1.0, 1.3, 1.5]))
    systems = made._systems(prepared)[0]
    steps = np.tile([1.0, 1.3, *[1.5] * 500], (12, 1))
    wanted = sor(systems, np.arange(12), steps).iterations.mean()
    assert scores.objectives[0, 0] == pytest.approx(wanted, rel=1e-5)


def test_a_program_is_squashed():
    made = evaluator(features=["c", "mu"])
    scores, prepared = scored(made, constant(0.8, 2))
    systems = made._systems(prepared)[0]
    counts = sor(systems, np.arange(12), np.full(12, float(squash(np.array(0.8)))))
    assert scores.objectives[0, 0] == pytest.approx(counts.iterations.mean(), rel=1e-5)
    assert scores.objectives[0, 1] == 0


def test_a_policy_of_k_is_asked_before_every_sweep():
    made = evaluator(features=["mu", "k"], sweeps=5)
    scores, prepared = scored(made, identity(1, 2))
    systems = made._systems(prepared)[0]
    steps = np.tile(squash(np.arange(5.0)), (12, 1))
    counts = sor(systems, np.arange(12), steps)
    assert scores.objectives[0, 0] == pytest.approx(counts.iterations.mean(), rel=1e-5)


def test_a_recurrent_policy_is_told_its_last_omega():
    made = evaluator(features=["omega"], sweeps=6)
    scores, prepared = scored(made, identity(0, 1))
    systems = made._systems(prepared)[0]
    steps = [squash(np.array(1.0))]
    while len(steps) < 6:
        steps.append(squash(steps[-1]))
    counts = sor(systems, np.arange(12), np.tile(steps, (12, 1)))
    assert scores.objectives[0, 0] == pytest.approx(counts.iterations.mean(), rel=1e-5)


def test_history_is_that_of_the_system_before():
    made = evaluator(features=["count1"])
    scores, prepared = scored(made, identity(0, 1))
    systems = made._systems(prepared)[0]
    last, total = 1.0, 0
    for t in range(12):
        counts = sor(systems, np.array([t]), squash(np.array([last])))
        last = float(counts.iterations[0])
        total += int(last)
    assert scores.objectives[0, 0] == pytest.approx(total / 12, rel=1e-5)


def test_lanczos_steps_are_counted():
    free = evaluator(features=["c"])
    paid = evaluator(features=["lanczos"], lanczos_steps=7)
    without, _ = scored(free, constant(0.5, 1))
    with_steps, _ = scored(paid, constant(0.5, 1))
    assert with_steps.objectives[0, 0] == pytest.approx(without.objectives[0, 0] + 7, rel=1e-5)


def test_lanczos_steps_are_counted_where_iterations_are_looked_up():
    free = evaluator(features=["c"], look_up=True)
    paid = evaluator(features=["lanczos"], lanczos_steps=7, look_up=True)
    without, _ = scored(free, constant(0.5, 1))
    with_steps, _ = scored(paid, constant(0.5, 1))
    assert with_steps.objectives[0, 0] == pytest.approx(without.objectives[0, 0] + 7, rel=1e-12)


def test_what_is_no_number_is_invalid():
    made = evaluator(features=["mu"])
    programs = constant(np.nan, 1)
    scores, _ = scored(made, programs)
    assert scores.status[0] == Status.INVALID
    assert "no omega is a number" in scores.messages[0]


def test_a_system_without_an_omega_counts_as_unsolved():
    made = evaluator(features=["c"], cap=300)
    scores, prepared = scored(made, root(1))
    systems = made._systems(prepared)[0]
    below = systems.shifts < 0
    assert 0 < below.sum() < 12
    solved = sor(systems, np.arange(12), squash(np.sqrt(np.abs(systems.shifts)))).iterations
    wanted = np.where(below, 300, solved).mean()
    assert scores.status[0] == Status.OK
    assert scores.objectives[0, 0] == pytest.approx(wanted, rel=1e-5)
    assert scores.measures[0, 0] == below.sum()


def test_training_and_held_out_systems_are_others_and_the_latter_always_the_same():
    made, again = evaluator(), evaluator()
    trained = made._systems(made.prepare(key(1, "prepare")))[0]
    other = again._systems(again.prepare(key(2, "prepare")))[0]
    assert not np.array_equal(trained.shifts, other.shifts)
    np.testing.assert_array_equal(made._held.groups[0].shifts, again._held.groups[0].shifts)
    assert not np.isin(made._held.groups[0].shifts, trained.shifts).any()


def test_refinement_makes_policies_better_and_never_worse():
    made = evaluator(features=["mu"], train=TRAIN | {"instances": 40})
    prepared = made.prepare(KEY)
    programs = grown(space(form="policy", features=["mu"], max_operations=6), 60)
    before = made.score(programs, prepared, fidelity="full", key=KEY)
    fitted = made.refine(programs, prepared, KEY)
    after = made.score(fitted, prepared, fidelity="full", key=KEY)
    fine = (before.status == Status.OK) & (programs.n_constants > 0)
    gains = before.objectives[fine, 0] - after.objectives[fine, 0]
    assert (gains > -0.5).all()  # the table is not the solver, to a fraction of an iteration
    assert (gains > 5).mean() > 0.3
    again = made.refine(programs.take(np.arange(5, 9)), prepared, KEY)
    assert again.digests() == fitted.take(np.arange(5, 9)).digests()


def test_metrics_are_ratios_to_what_is_known():
    made = evaluator(features=["mu"], ordering="red-black")
    found = made.metrics(constant(0.5, 1), ["0.5"])
    rows = made.rows(constant(0.5, 1))
    assert found["ratio_to_oracle"] >= 1
    assert found["ratio_to_oracle"] == pytest.approx(rows[0]["ratio_to_oracle"])
    assert {"ratio_to_young", "ratio_to_best_fixed", "ratio_to_chebyshev"} < found.keys()
    assert 5 < found["cg_iterations"] < 40


def test_youngs_omega_is_close_to_the_oracle():
    made = evaluator(held_out=TRAIN | {"instances": 60})
    mu = made._held.profiles.fact("mu")
    counts = made._held.profiles.solve(young_omega(mu)).iterations.astype(np.float64)
    assert 1 <= made._held.metrics(counts)["ratio_to_oracle"] < 1.06


def test_unknown_features_and_contradictions_are_told():
    with pytest.raises(ConfigError, match=r"no feature 'kappa' .* expected names from .*mu"):
        evaluator(features=["kappa"]).prepare(KEY)
    with pytest.raises(ValidationError, match="lanczos_steps: expected 1 or more"):
        evaluator(features=["lanczos"])
    with pytest.raises(ValidationError, match="received both"):
        evaluator(features=["k", "count1"])
    with pytest.raises(ValidationError, match="twice"):
        evaluator(features=["c", "c"])
    with pytest.raises(ValidationError, match="one omega for all iterations"):
        evaluator(method="ssor-cg", features=["k"])


def test_findings_are_drawn_from_held_out_systems():
    made = evaluator(features=["mu"])
    charts = made.findings(constant(0.5, 1), made.prepare(KEY))
    names = [getattr(each, "name", "") for each in charts]
    assert {"instances", "cumulative", "omegas"} < set(names)
    table = charts[0]
    assert [row[0] for row in table.rows][:3] == ["this search", "oracle", "Young"]


def test_the_oracles_grid():
    even = Options.model_validate({"train": TRAIN}).omegas(191)
    assert even[[0, -1]].tolist() == [1.0, 1.95]
    assert np.diff(even) == pytest.approx(0.005)
    dense = {"train": TRAIN, "oracle": [0.8, 1.9995, 191], "oracle_spacing": "geometric"}
    gaps = np.diff(Options.model_validate(dense).omegas(191))
    assert gaps[1:] / gaps[:-1] == pytest.approx((0.0005 / 1.2) ** (1 / 190))


def test_a_look_up_is_close_to_solving():
    programs = grown(space(form="policy", features=["mu"], max_operations=4), 40)
    solving, looking = evaluator(features=["mu"]), evaluator(features=["mu"], look_up=True)
    solved, prepared = scored(solving, programs)
    looked = looking.score(programs, prepared, fidelity="full", key=KEY)
    fine = solved.objectives[:, 0] < 60  # beyond the table costs are made up
    assert fine.sum() > 5
    off = solved.objectives[fine, 0] - looked.objectives[fine, 0]
    assert (abs(off) < 1.5).all()
    with pytest.raises(ValidationError, match="look_up: expected a policy"):
        evaluator(look_up=True)
