"""Lowering: programs of activation functions in fewer operations, which every target has to know.

What is left besides the engine's core are ``sigmoid``, ``softplus``, ``sinc``, ``erf``, ``erfc``,
``expm1``, ``asinh``, ``i0e``, ``i1e`` and ``pow``.
"""

from collections.abc import Mapping
from dataclasses import replace

from evosearch.export.document import Node, ProgramDocument
from evosearch.genomes.primitives import SELU_ALPHA, SELU_SCALE

ACTIVATION_INPUTS = ("x", "alpha", "beta", "gamma")

# Of an operation: other operations in order. Arguments are a and b, the results of the earlier
# ones (0, 1, ...) and numbers, which begin with "=".
Recipe = tuple[tuple[str, tuple[str, ...]], ...]
_HALF_ROOT = "=0.70710678118654752440084436210484903928483593768847"
_ELU: Recipe = (("min", ("a", "=0")), ("expm1", ("0",)), ("max", ("a", "=0")))
RECIPES: dict[str, Recipe] = {
    "square": (("mul", ("a", "a")),),
    "cube": (("mul", ("a", "a")), ("mul", ("0", "a"))),
    "recip": (("div", ("=1", "a")),),
    "logsigmoid": (("neg", ("a",)), ("softplus", ("0",)), ("neg", ("1",))),
    "softsign": (("abs", ("a",)), ("add", ("0", "=1")), ("div", ("a", "1"))),
    "relu": (("max", ("a", "=0")),),
    "elu": (*_ELU, ("add", ("1", "2"))),
    "selu": (
        *_ELU,
        ("mul", ("1", f"={SELU_ALPHA!r}")),
        ("add", ("2", "3")),
        ("mul", ("4", f"={SELU_SCALE!r}")),
    ),
    "hardsigmoid": (
        ("div", ("a", "=6")),
        ("add", ("0", "=0.5")),
        ("max", ("1", "=0")),
        ("min", ("2", "=1")),
    ),
    "gauss": (("mul", ("a", "a")), ("neg", ("0",)), ("exp", ("1",))),
    "swish": (("sigmoid", ("a",)), ("mul", ("a", "0"))),
    "gelu": (
        ("mul", ("a", _HALF_ROOT)),
        ("neg", ("0",)),
        ("erfc", ("1",)),
        ("mul", ("a", "2")),
        ("mul", ("3", "=0.5")),
    ),
    "mish": (("softplus", ("a",)), ("tanh", ("0",)), ("mul", ("a", "1"))),
    "gate": (("sigmoid", ("a",)), ("mul", ("0", "b"))),
    "gaussdiff": (
        ("sub", ("a", "b")),
        ("mul", ("0", "0")),
        ("neg", ("1",)),
        ("exp", ("2",)),
    ),
    "absdiff": (("sub", ("a", "b")), ("abs", ("0",)), ("neg", ("1",)), ("exp", ("2",))),
}


def lowered(
    document: ProgramDocument,
    native: frozenset[str] = frozenset(),
    more: Mapping[str, Recipe] | None = None,
) -> ProgramDocument:
    """The same function in normal form, in operations that have no recipe.

    Args:
        document: A program.
        native: Operations that stay although they have a recipe.
        more: Recipes that a target has besides.
    """
    simple = document.simplified()
    recipes = {op: recipe for op, recipe in RECIPES.items() if op not in native} | dict(more or {})
    if not any(node.op in recipes for node in simple.nodes):
        return simple
    constants = list(simple.constants)
    nodes: list[Node] = []

    def written(op: str, args: tuple[str, ...]) -> str:
        recipe = recipes.get(op)
        if recipe is None:
            nodes.append(Node(op, args))
            return f"n{len(nodes) - 1}"
        places = dict(zip("ab", args, strict=False))
        for k, (inner, symbols) in enumerate(recipe):
            for symbol in symbols:
                if symbol.startswith("=") and symbol not in places:
                    constants.append(symbol[1:])
                    places[symbol] = f"c{len(constants) - 1}"
            places[str(k)] = written(inner, tuple(places[symbol] for symbol in symbols))
        return places[str(len(recipe) - 1)]

    names = {name: name for name in (*simple.inputs, *(f"c{j}" for j in range(len(constants))))}
    for k, node in enumerate(simple.nodes):
        names[f"n{k}"] = written(node.op, tuple(names[arg] for arg in node.args))
    output = names[simple.outputs[0]]
    whole = replace(simple, constants=tuple(constants), nodes=tuple(nodes), outputs=(output,))
    return whole.simplified()


def parameters(document: ProgramDocument) -> dict[str, float]:
    """Inputs that are learnable parameters, and what they begin with.

    As ``metadata["usage"]["parameters"]`` says; else alpha, beta and gamma behind an input x begin
    with 1.
    """
    usage = document.metadata.get("usage")
    told = usage.get("parameters") if isinstance(usage, dict) else None
    if isinstance(told, dict):
        return {
            name: float(value)
            for name, value in told.items()
            if name in document.inputs[1:] and isinstance(value, int | float)
        }
    if document.inputs != ACTIVATION_INPUTS[: len(document.inputs)]:
        return {}
    return dict.fromkeys(document.inputs[1:], 1.0)
