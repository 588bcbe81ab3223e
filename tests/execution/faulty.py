"""An evaluator that does whatever the structure of a genome says that it should."""

import ctypes
import os
import time

import numpy as np

from tests.resume.toy import Distance

FAULTS = ("hang", "spin", "eat", "crash", "leave", "raise", "print")
FIRST = 100  # structures from here on are faults
EXIT = 3


class Faulty(Distance):
    """Well-behaved below structure `FIRST`."""

    def score(self, genomes, prepared, *, fidelity, key):
        for shape in genomes.shapes[genomes.shapes >= FIRST].tolist():
            _do(FAULTS[shape - FIRST])
        return super().score(genomes, prepared, fidelity=fidelity, key=key)


def _do(fault):
    if fault == "hang":
        time.sleep(3600)
    elif fault == "spin":
        while True:
            pass
    elif fault == "eat":
        held = []
        while True:
            held.append(np.ones(2**22))
            time.sleep(0.001)
    elif fault == "crash":
        ctypes.string_at(0)
    elif fault == "leave":
        os._exit(0)
    elif fault == "raise":
        raise ZeroDivisionError("as asked")
    elif fault == "print":
        print("this must not get into the output of a command")
