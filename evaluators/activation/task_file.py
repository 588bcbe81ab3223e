"""A task of the user's own: a function in a Python file.

Like every plug-in it is code that runs with the user's rights.
"""

import importlib.util
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evaluators.activation.data import Source
from evaluators.activation.task import Task
from evosearch.errors import ConfigError, EvosearchError

_FORM = '"./file.py:function", where function(source) returns a Task'


def own_task(text: str, source: Source) -> Task:
    """The task that a user's function makes.

    Args:
        text: The file, its path relative to the campaign file, and the function after a colon.
        source: Given to the function: the seed of what is drawn, and the folder.

    Raises:
        ConfigError: There is no such function, it fails, or it returns something else.
    """
    path, colon, name = text.rpartition(":")
    if not (colon and path.endswith(".py") and name.isidentifier()):
        raise ConfigError(f"tasks: expected {_FORM}, received {text!r}")
    function = getattr(_module(source.folder / path), name, None)
    if not callable(function):
        raise ConfigError(f"tasks: {path} has no function {name!r}; expected {_FORM}")
    try:
        task = function(source)
    except EvosearchError:
        raise
    except Exception as error:
        raise ConfigError(f"tasks: {text} failed: {type(error).__name__}: {error}") from error
    if not isinstance(task, Task):
        raise ConfigError(
            f"tasks: expected a Task from {text}, received {type(task).__name__}; write "
            "evaluators.activation.task.Task(name, data, network)"
        )
    return task


def _module(path: Path) -> Any:
    """The file as a module; the same content at the same path is run once."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"tasks: cannot read {path}: {error.strerror}") from error
    mark = blake2b(content + str(path.resolve()).encode(), digest_size=8).hexdigest()
    name = f"evosearch_task_{mark}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"tasks: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, EvosearchError) or not isinstance(error, Exception):
            raise
        raise ConfigError(
            f"tasks: running {path.name} failed: {type(error).__name__}: {error}"
        ) from error
    return module
