"""Sets of linear systems, by name."""

from evaluators.sor.problems.problem import Problem as Problem
from evaluators.sor.problems.problem import problem as problem
