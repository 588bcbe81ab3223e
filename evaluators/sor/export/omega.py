"""Omega: policies as functions of Python and C that return the omega itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from evaluators.sor.export.usage import usage_of
from evaluators.sor.squash import HIGHEST, LOWEST, unsquash
from evosearch.export.check import CheckResult
from evosearch.export.document import Node, ProgramDocument
from evosearch.export.targets.c import CExporter
from evosearch.export.targets.python import PythonExporter


@dataclass(frozen=True)
class Omega:
    """A policy with its squash, as another exporter writes programs."""

    target: PythonExporter | CExporter
    needs: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """For example ``omega-python``."""
        return f"omega-{self.target.name}"

    @property
    def suffix(self) -> str:
        """For example ``omega.py``."""
        return f"omega.{self.target.suffix}"

    def write(self, document: ProgramDocument) -> str:
        """A function of the policy's features; raises ExportError where it is no policy."""
        return self.target.write(squashed(document))

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Compare its values with those of the document and its squash."""
        return self.target.check(path, squashed(document))


def omega_python() -> Omega:
    """Omega in Python."""
    return Omega(PythonExporter())


def omega_c() -> Omega:
    """Omega in C."""
    return Omega(CExporter())


def squashed(document: ProgramDocument) -> ProgramDocument:
    """The policy as a program whose value is omega, `evaluators.sor.squash`.

    The value is clipped before it becomes an omega, not after, so that no exponential overflows.

    Raises:
        ExportError: The document is no policy.
    """
    usage_of(document)
    n, c = len(document.nodes), len(document.constants)
    limits = map(repr, unsquash(np.array([LOWEST, HIGHEST])).tolist())
    nodes = (
        Node("max", (document.outputs[0], f"c{c}")),
        Node("min", (f"n{n}", f"c{c + 1}")),
        Node("neg", (f"n{n + 1}",)),
        Node("exp", (f"n{n + 2}",)),
        Node("add", (f"n{n + 3}", f"c{c + 2}")),
        Node("div", (f"c{c + 3}", f"n{n + 4}")),
    )
    # reference points, if there are any, are values of the policy and not omegas
    metadata = {key: value for key, value in document.metadata.items() if key != "reference"}
    return ProgramDocument(
        document.inputs,
        (*document.constants, *limits, "1.0", "2.0"),
        (*document.nodes, *nodes),
        (f"n{n + 5}",),
        metadata,
    )
