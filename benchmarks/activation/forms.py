"""A function in a table, as code, and compiled into the training: the same networks?"""

import numpy as np

from benchmarks.activation import direct
from benchmarks.activation.baselines import seeds_of
from benchmarks.activation.tasks import mnist1d
from benchmarks.tables import table
from evaluators.activation.baselines import Known, crrelu, plain
from evaluators.activation.trial import Form, Trial

RATE = (1.6e-2,)


def measured(count: int, steps: int) -> str:
    """Mean accuracy and loss of each form, and the differences from direct compilation."""
    trials: dict[Form, Trial] = {form: Trial(mnist1d(), form) for form in ("table", "code")}
    rows = [_row(trials, known, count, steps) for known in (*plain(), crrelu())]
    head = ["function", "direct: accuracy", "loss"]
    head += [f"{form}: {what}" for form in trials for what in ("accuracy", "loss")]
    return table(head, rows)


def _row(trials: dict[Form, Trial], known: Known, count: int, steps: int) -> list[str]:
    course = {"rates": RATE, "seeds": seeds_of(count), "steps": steps}
    accuracy, loss, _ = direct.run(trials["table"], known.program, **course, initial=known.initial)
    cells = [known.label, f"{100 * accuracy.mean():.2f} %", f"{loss.mean():.5f}"]
    for form, trial in trials.items():
        if form == "table" and known.program.n_inputs > 1:
            cells += ["–", "–"]
            continue
        initial = known.initial or None
        found = trial.run(known.program, **course, on="selection", initial=initial)
        points = 100 * (np.mean(found.accuracy) - accuracy.mean())
        cells += [f"{points:+.2f}", f"{np.mean(found.loss) - loss.mean():+.5f}"]
    return cells
