"""Policies of relaxation as code: omega as a function, and a whole solver for SciPy."""
