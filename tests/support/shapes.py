"""The type checker that the tests put on every function of the three packages (conftest.py)."""

from collections.abc import Callable
from typing import Any, get_args

from beartype import beartype
from jaxtyping import AbstractArray


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with the shapes and types of its arrays enforced; mypy sees to the rest.

    Other annotations are dropped first: beartype knows no ``Self`` in a lone method, and it draws
    from the global random generator to sample the items of lists.
    """
    function.__annotations__ = {
        name: hint for name, hint in function.__annotations__.items() if _holds_array(hint)
    }
    return beartype(function)


def _holds_array(hint: Any) -> bool:
    if isinstance(hint, type):
        return issubclass(hint, AbstractArray)
    return any(_holds_array(part) for part in get_args(hint))
