"""Module: the whole text of a solver, put together from parts."""

import ast
import builtins
import inspect
import keyword
from collections.abc import Iterable, Iterator
from functools import cache

from evaluators.sor.export.parts import (
    constants,
    features,
    gradients,
    ordering,
    ritz,
    sweeps,
    system,
)
from evaluators.sor.export.solve import (
    TAKEN,
    module_docstring,
    omega_function,
    remembers,
    solve_function,
)
from evaluators.sor.export.usage import usage_of
from evaluators.sor.options import Options
from evaluators.sor.squash import HIGHEST, LOWEST
from evosearch.errors import ExportError
from evosearch.export.document import ProgramDocument
from evosearch.export.source import function_name
from evosearch.export.targets.array import write_module

PARTS = (system, features, ritz, ordering, sweeps, gradients)
_NUMPY = "\nimport numpy as np\n\n"


def module(document: ProgramDocument) -> str:
    """The text of a module with ``omega`` and ``solve``, on NumPy and SciPy.

    Raises:
        ExportError: The document is no policy, or a feature has a name that is needed otherwise.
    """
    options = usage_of(document)
    _check_names(options.features)
    comments, _, program = write_module(document, "numpy", "np").partition(_NUMPY)
    functions = [
        omega_function(function_name(document), options.features),
        solve_function(options),
    ]
    parts = ["State"] if remembers(options.features) else []
    functions += _needed([*parts, *_names(functions[1])])
    body = "\n\n".join(functions)
    return (
        f"{comments}\n{module_docstring(options)}\n{_imports(body)}\n"
        f"{_constants(options, body)}\n{program}\n\n{body}"
    )


def _check_names(names: tuple[str, ...]) -> None:
    taken = TAKEN | _definitions().keys() | _modules().keys() | vars(constants).keys()
    for name in names:
        if name in taken or keyword.iskeyword(name) or hasattr(builtins, name):
            raise ExportError(
                f"a feature is called {name!r}, which means something else in the module: rename "
                "it in the document's inputs"
            )


@cache
def _definitions() -> dict[str, str]:
    """Source of every function and class of the parts, by name, in order."""
    return {
        node.name: inspect.getsource(getattr(part, node.name))
        for part in PARTS
        for node in ast.parse(inspect.getsource(part)).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


@cache
def _modules() -> dict[str, str]:
    """Where the names come from that parts import, other than each other and whole modules."""
    return {
        alias.name: str(node.module)
        for part in PARTS
        for node in ast.parse(inspect.getsource(part)).body
        if isinstance(node, ast.ImportFrom) and not str(node.module).startswith("evaluators.")
        for alias in node.names
    }


def _needed(names: Iterable[str]) -> list[str]:
    """Sources of those of the names that parts define, and of what they use."""
    known = _definitions()
    found: set[str] = set()
    new = set(names) & known.keys()
    while new:
        found |= new
        new = {name for each in new for name in _names(known[each])} & known.keys() - found
    return [source for name, source in known.items() if name in found]


def _names(text: str) -> set[str]:
    """Names that a text uses."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def _imports(text: str) -> str:
    """Import statements for what a text uses: of the standard library, then others."""
    words = _names(text)
    by_module: dict[str, list[str]] = {}
    for name, origin in sorted(_modules().items()):
        if name in words:
            by_module.setdefault(origin, []).append(name)
    named = {m: f"from {m} import {', '.join(names)}\n" for m, names in by_module.items()}
    whole = "".join(f"import {m}\n" for m in ("scipy.linalg", "scipy.sparse") if f"{m}." in text)
    own = "".join(named[m] for m in sorted(named) if not m.startswith("scipy"))
    other = "".join(named[m] for m in sorted(named) if m.startswith("scipy"))
    return f"{own}\nimport numpy as np\n{whole}{other}"


def _constants(options: Options, text: str) -> str:
    """Definitions of the constants that a text uses."""
    words = _names(text)
    return "".join(
        f"{name} = {value}  # {meaning}\n"
        for name, value, meaning in _all_constants(options)
        if name in words
    )


def _all_constants(options: Options) -> Iterator[tuple[str, object, str]]:
    yield "LOWEST", LOWEST, "omega at least"
    yield "HIGHEST", HIGHEST, "omega at most"
    yield "TOLERANCE", options.tolerance, "that the policy was evolved for"
    yield "SWEEPS", options.sweeps, "that have an omega of their own; the last one stays"
    yield "HALF_SWEEPS", options.half_sweeps, "one omega for each colour of each sweep"
    yield "LANCZOS_STEPS", options.lanczos_steps, "for the feature lanczos"
    yield "GROWTH", constants.GROWTH, "of the residual's norm, at which sweeps are given up"
    yield "DENSE", constants.DENSE, "unknowns up to which eigenvalues are those of a dense matrix"
