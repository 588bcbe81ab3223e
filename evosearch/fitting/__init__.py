"""Fitting the constants of programs: `fit` and its `Effort`."""

from evosearch.fitting.fit import Effort as Effort
from evosearch.fitting.fit import fit as fit
