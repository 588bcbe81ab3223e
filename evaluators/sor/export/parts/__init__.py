"""What a written solver is put together from: code that stands alone, on NumPy and SciPy.

Functions of these modules are written into exports as they stand here, so that they are checked
like all code. They use nothing but each other, what they import from NumPy, SciPy and the standard
library, and the constants of `evaluators.sor.export.parts.constants`.
"""
