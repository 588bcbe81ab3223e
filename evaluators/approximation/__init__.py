"""How closely programs compute a function of one variable."""

from evaluators.approximation.evaluator import Approximation as Approximation
