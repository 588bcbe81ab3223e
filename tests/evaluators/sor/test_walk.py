"""Programs evaluated each at its own point, against the plain evaluation one by one."""

import numpy as np

from evaluators.sor.walk import Walk
from evosearch.genomes.evaluate import evaluate
from evosearch.testing import grown
from search_spaces.expressions import Expressions, ExpressionsOptions

PRIMITIVES = ("add", "sub", "mul", "div", "sqrt", "exp", "log", "fma", "max", "neg")


def test_every_program_sees_its_own_inputs():
    space = Expressions(ExpressionsOptions(primitives=PRIMITIVES, inputs=3, max_operations=12))
    programs = grown(space, 200)
    assert len(np.unique(programs.lengths)) > 4
    points = np.random.default_rng(0).normal(size=(3, len(programs), 5))
    found = Walk(programs)(points)
    for row in range(len(programs)):
        wanted = evaluate(programs.take(np.array([row])), points[:, row])[0]
        np.testing.assert_array_equal(found[row], wanted)
