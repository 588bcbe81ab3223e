"""Rigorous error bounds of programs, by interval arithmetic: needs python-flint."""

from collections.abc import Sequence

from evaluators.approximation.interval import Interval
from evaluators.approximation.measure import Measure
from evaluators.approximation.targets import Target
from evosearch.contracts import Proof
from evosearch.errors import UsageError
from evosearch.genomes.program import ProgramBatch


def prove(
    program: ProgramBatch,
    row: int,
    constants: Sequence[str],
    target: Target,
    interval: Interval,
    measure: Measure,
) -> Proof:
    """Bounds of the largest error over the whole interval, see `proof.prove`.

    Raises:
        UsageError: python-flint is not installed, or the target is not one of the built-in names.
    """
    try:
        import flint  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "proofs need the package python-flint: pip install 'evosearch[rigor]'"
        ) from error
    from evaluators.approximation.rigorous import proof

    return proof.prove(program, row, constants, target, interval, measure)
