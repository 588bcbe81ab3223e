"""ONNX: a model of one input and one output, whose one node is a function of basic operations."""

import importlib.util
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from evosearch.errors import ExportError
from evosearch.export import number, process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument
from evosearch.export.lowering import Recipe, lowered
from evosearch.export.properties import require_function
from evosearch.export.source import Source, function_name
from evosearch.export.values import evaluate, regular
from evosearch.genomes.primitives import PROTECTED

_DOMAIN = "evosearch"
_OPSET = 17
_IR_VERSION = 8  # the first with functions of a model's own
_ROUGHLY = 1e-4  # absolute and relative
# What ONNX has not. 1 - erf(x) loses digits where erfc is small; expm1 as here loses none.
MORE: dict[str, Recipe] = {
    "erfc": (("erf", ("a",)), ("sub", ("=1", "0"))),
    "expm1": (
        ("div", ("a", "=2")),
        ("tanh", ("0",)),
        ("exp", ("a",)),
        ("add", ("2", "=1")),
        ("mul", ("1", "3")),
    ),
    "softplus": (
        ("abs", ("a",)),
        ("neg", ("0",)),
        ("exp", ("1",)),
        ("add", ("2", "=1")),
        ("log", ("3",)),
        ("max", ("a", "=0")),
        ("add", ("5", "4")),
    ),
}
_LIMIT = f"={PROTECTED!r}"
# Operators and what they take, as recipes are written; the third argument is c.
_NODES: dict[str, Recipe] = {
    "add": (("Add", ("a", "b")),),
    "sub": (("Sub", ("a", "b")),),
    "mul": (("Mul", ("a", "b")),),
    "div": (("Div", ("a", "b")),),
    "max": (("Max", ("a", "b")),),
    "min": (("Min", ("a", "b")),),
    "fma": (("Mul", ("a", "b")), ("Add", ("0", "c"))),
    "neg": (("Neg", ("a",)),),
    "abs": (("Abs", ("a",)),),
    "sqrt": (("Sqrt", ("a",)),),
    "exp": (("Exp", ("a",)),),
    "log": (("Log", ("a",)),),
    "sin": (("Sin", ("a",)),),
    "cos": (("Cos", ("a",)),),
    "tan": (("Tan", ("a",)),),
    "tanh": (("Tanh", ("a",)),),
    "atan": (("Atan", ("a",)),),
    "sinh": (("Sinh", ("a",)),),
    "cosh": (("Cosh", ("a",)),),
    "pdiv": (
        ("Abs", ("b",)),
        ("LessOrEqual", ("0", _LIMIT)),
        ("Where", ("1", "=1", "b")),
        ("Div", ("a", "2")),
        ("Where", ("1", "=1", "3")),
    ),
    "plog": (
        ("Abs", ("a",)),
        ("LessOrEqual", ("0", _LIMIT)),
        ("Where", ("1", "=1", "0")),
        ("Log", ("2",)),
        ("Where", ("1", "=0", "3")),
    ),
    "psqrt": (("Abs", ("a",)), ("Sqrt", ("0",))),
    "sigmoid": (("Sigmoid", ("a",)),),
    "sinc": (
        ("Equal", ("a", "=0")),
        ("Where", ("0", "=1", "a")),
        ("Sin", ("a",)),
        ("Div", ("2", "1")),
        ("Where", ("0", "=1", "3")),
    ),
    "erf": (("Erf", ("a",)),),
    "asinh": (("Asinh", ("a",)),),
    "pow": (("Pow", ("a", "b")),),
}


class OnnxExporter:
    """A binary file: ``X`` of any shape in float32 to ``Y``, parameters as initialisers.

    The function is the model's own, of opset 17, and takes float64 as well.
    """

    name = "onnx"
    suffix = "onnx"
    needs: ClassVar[tuple[str, ...]] = ("onnx",)

    def write(self, document: ProgramDocument) -> str:
        """The model as text, as the ONNX project prints it."""
        import onnx.printer

        return str(onnx.printer.to_text(self._model(document)))

    def write_bytes(self, document: ProgramDocument) -> bytes:
        """The model as the file that runtimes read.

        Raises:
            ExportError: ONNX has not all operations of the program, or is not installed.
        """
        return bytes(self._model(document).SerializeToString(deterministic=True))

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Run it in ONNX's reference evaluator, and in onnxruntime where that is installed."""
        x = sample_points(document)
        job = process.job(path, function_name(document), x)
        job["parameters"] = list(Source.of(document).parameters)
        (values,) = process.rerun("onnx", [job])
        simple = lowered(document, more=MORE)
        results = []
        for kind, texts in values.items():
            found = _floats(texts)
            if kind == "runtime" or any(node.op == "erf" for node in simple.nodes):
                results.append(_compare_roughly(simple, x, found, kind))
            else:
                results.append(compare(simple, x.astype(kind), found.astype(kind), exact=True))
        return together(results)

    def _model(self, document: ProgramDocument) -> Any:
        require_function(document)
        if importlib.util.find_spec("onnx") is None:
            raise ExportError(
                "writing ONNX models needs the extra onnx: pip install 'evosearch[onnx]'"
            )
        from onnx import TensorProto, helper

        source = Source.of(document, more=MORE)
        source.statements(dict.fromkeys(_NODES, ""))  # refuses what there is no operator for
        opsets = [helper.make_opsetid("", _OPSET)]
        names = list(source.parameters)
        function = helper.make_function(
            _DOMAIN, source.name, ["X", *names], ["Y"], _body(source, helper), opsets
        )
        graph = helper.make_graph(
            [helper.make_node(source.name, ["X", *names], ["Y"], domain=_DOMAIN)],
            source.name,
            [helper.make_tensor_value_info("X", TensorProto.FLOAT, None)],
            [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)],
            [
                helper.make_tensor(name, TensorProto.FLOAT, [], [value])
                for name, value in source.parameters.items()
            ],
        )
        return helper.make_model(
            graph,
            functions=[function],
            opset_imports=[*opsets, helper.make_opsetid(_DOMAIN, 1)],
            ir_version=_IR_VERSION,
            producer_name="evosearch",
            doc_string="\n".join(source.comments),
        )


def _body(source: Source, helper: Any) -> list[Any]:
    """Nodes of the function; every number takes the type of X."""
    nodes: list[Any] = []
    known: dict[str, str] = {}

    def node(op: str, args: list[str], name: str = "") -> str:
        name = name or f"t{len(nodes)}"
        nodes.append(helper.make_node(op, args, [name]))
        return name

    def constant(text: str) -> str:
        if text not in known:
            value = number.to_float(text)
            tensor = helper.make_tensor("value", 11, [], [value])  # 11 is DOUBLE
            name = f"t{len(nodes)}"
            nodes.append(helper.make_node("Constant", [], [name], value=tensor))
            known[text] = node("CastLike", [name, "X"])
        return known[text]

    places = {source.inputs[0]: "X"}
    places |= {name: node("CastLike", [name, "X"]) for name in source.parameters}
    places |= {f"c{j}": constant(text) for j, text in enumerate(source.constants)}
    for k, step in enumerate(source.nodes):
        meant = dict(zip("abc", (places[arg] for arg in step.args), strict=False))
        for position, (op, symbols) in enumerate(_NODES[step.op]):
            for symbol in symbols:
                if symbol.startswith("="):
                    meant[symbol] = constant(symbol[1:])
            meant[str(position)] = node(op, [meant[symbol] for symbol in symbols])
        places[f"n{k}"] = meant[str(len(_NODES[step.op]) - 1)]
    # of the shape of X, whatever the value depends on
    node("Expand", [places[source.output], node("Shape", ["X"])], "Y")
    return nodes


def _floats(texts: list[str]) -> npt.NDArray[np.float64]:
    return np.array([float.fromhex(text) for text in texts])


def _compare_roughly(
    document: ProgramDocument, x: npt.NDArray[np.float64], found: npt.NDArray[np.float64], by: str
) -> CheckResult:
    """By magnitude: runtimes approximate functions, the reference evaluator does erf."""
    inside = regular(document, x.astype(np.float32)) & (abs(x) < 10).all(axis=0)
    wanted = evaluate(document, x.astype(np.float32).astype(np.float64))
    with np.errstate(all="ignore"):
        wrong = inside & ~(abs(found - wanted) <= _ROUGHLY * (1 + abs(wanted)))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        message = f"{by} at {x[:, at].tolist()}: {found[at]}, the document gives {wanted[at]}"
        return CheckResult("failed", message=message)
    return CheckResult("ok", int(inside.sum()), 0.0, f"{inside.sum()} points by {by}")
