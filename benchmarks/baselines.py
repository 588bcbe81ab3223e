"""Classical baselines: types of ratios found from interpolants alone and from all starts."""

import time
from collections.abc import Mapping

from mpmath import mp

from benchmarks.functions.problems import Problem
from benchmarks.tables import number, table
from evaluators.approximation.baselines import Classics
from evaluators.approximation.minimax import Fit
from evaluators.approximation.rational import Ratio
from evaluators.approximation.scan import Scan
from evaluators.approximation.setting import Setting

NAMES = ("sin", "erf", "gaussian", "airy")
POINTS = 97


class Interpolating(Ratio):
    """Ratios that start at their interpolant or not at all."""

    def _starts(self, scan: Scan, known: Mapping[tuple[int, int], Fit]):
        found = self.interpolant(scan.target)
        return iter(() if found is None else (found,))


def fits(name: str, kind: type[Ratio]) -> tuple[int, int, float]:
    """Types in x tried and found, and the seconds of the processor that it took."""
    problem = Problem(name)
    with mp.workdps(40):
        setting = next(Setting.all(problem.target, problem.interval, problem.measure))
        classics = Classics(setting, problem.most, frozenset(problem.primitives))
        variable = next(setting.variables())
        scan = Scan.of(problem.target, variable.interval, setting, POINTS)
        known: dict[tuple[int, int], Fit] = {}
        started, tried = time.process_time(), 0
        for m, n in classics.types(variable, problem.most - variable.ops):
            tried += 1
            fit = kind(variable, m, n).minimax(scan, known)
            if fit is not None:
                known[m, n] = fit
        return tried, len(known), time.process_time() - started


def main() -> None:
    rows = []
    for name in NAMES:
        tried, few, short = fits(name, Interpolating)
        _, many, long = fits(name, Ratio)
        problem = Problem(name)
        started = time.process_time()
        count = len(problem.baselines)
        whole = time.process_time() - started
        rows.append(
            [
                f"{problem.target.formula}, {problem.most} operations",
                *(str(n) for n in (tried, few, many)),
                *(number(seconds) for seconds in (short, long, whole)),
                str(count),
            ]
        )
    head = ["target", "types in x", "from interpolants", "from all starts"]
    print(table([*head, "seconds", "seconds", "all baselines, seconds", "entries"], rows))


if __name__ == "__main__":
    main()
