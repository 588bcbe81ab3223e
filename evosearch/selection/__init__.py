"""Selection: algorithms that choose parents and survivors of a population."""

from evosearch.selection.algorithm import Algorithm as Algorithm
from evosearch.selection.migration import migrate as migrate
from evosearch.selection.pareto import nondominated as nondominated
from evosearch.selection.registry import build as build
from evosearch.selection.registry import names as names
from evosearch.selection.registry import options_model as options_model
