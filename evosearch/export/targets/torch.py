"""PyTorch: a module of one activation function with learnable parameters, and the function."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from evosearch.export import number, process
from evosearch.export.check import CheckResult, compare, sample_points, together
from evosearch.export.document import ProgramDocument
from evosearch.export.gradient import compare_gradients, gradient_points
from evosearch.export.properties import gain, require_function
from evosearch.export.source import Source, comment, function_name
from evosearch.genomes.primitives import PROTECTED
from evosearch.genomes.text import expressions

# torch computes these itself, with the slope 0 at the kink of relu. Not hardsigmoid: its slope is
# 1/6 in float32 even of float64 tensors.
_NATIVE = frozenset(["square", "recip", "softsign", "relu", "elu", "selu", "swish"])
_FORMATS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "max": "torch.maximum({0}, {1})",
    "min": "torch.minimum({0}, {1})",
    "fma": "{0} * {1} + {2}",
    "neg": "-{0}",
    "abs": "torch.abs({0})",
    "sqrt": "torch.sqrt({0})",
    "exp": "torch.exp({0})",
    "log": "torch.log({0})",
    "sin": "torch.sin({0})",
    "cos": "torch.cos({0})",
    "tan": "torch.tan({0})",
    "tanh": "torch.tanh({0})",
    "atan": "torch.atan({0})",
    "sinh": "torch.sinh({0})",
    "cosh": "torch.cosh({0})",
    # where twice, so that no gradient of a branch not taken is NaN
    "pdiv": f"torch.where(abs({{1}}) <= {PROTECTED}, 1.0, "
    f"{{0}} / torch.where(abs({{1}}) <= {PROTECTED}, 1.0, {{1}}))",
    "plog": f"torch.where(abs({{0}}) <= {PROTECTED}, 0.0, "
    f"torch.log(torch.where(abs({{0}}) <= {PROTECTED}, 1.0, abs({{0}}))))",
    "psqrt": "torch.where({0} == 0, 0.0, torch.sqrt(torch.where({0} == 0, 1.0, abs({0}))))",
    "sinc": "torch.where({0} == 0, 1.0, torch.sin({0}) / torch.where({0} == 0, 1.0, {0}))",
    "square": "torch.square({0})",
    "recip": "torch.reciprocal({0})",
    "sigmoid": "torch.sigmoid({0})",
    "softplus": "-functional.logsigmoid(-{0})",
    "softsign": "functional.softsign({0})",
    "relu": "torch.relu({0})",
    "elu": "functional.elu({0})",
    "selu": "functional.selu({0})",
    "swish": "functional.silu({0})",
    "erf": "torch.erf({0})",
    "erfc": "torch.special.erfc({0})",
    "expm1": "torch.expm1({0})",
    "asinh": "torch.asinh({0})",
    "i0e": "torch.special.i0e({0})",
    "i1e": "torch.special.i1e({0})",
    "pow": "torch.pow({0}, {1})",
}
_MODULE = '''

class {module}(nn.Module):
    """{formula}

    Args:
        channels: None for one value of each parameter; else one for each channel.
        axis: Of the channels in the input; 1 as convolutions have it, -1 behind linear layers.
    """

    formula = {formula!r}
    gain = {gain}  # 1 / sqrt(E f(z)^2), z standard normal: for the scale of initial weights

    def __init__(self, channels=None, axis=1):
        super().__init__()
        self.channels, self.axis = channels, axis
        shape = () if channels is None else (channels,)
{parameters}
    def forward(self, x):
        """Values of a tensor of any shape, in its type."""
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        return {name}(wide{arguments}).to(x.dtype)

    def _along(self, parameter, x):
        """One parameter, ready to be broadcast against x."""
        if self.channels is not None:
            shape = [1] * x.dim()
            shape[self.axis] = self.channels
            parameter = parameter.reshape(shape)
        return parameter.to(x.dtype)

    def extra_repr(self):
        """Shown in the text of a model."""
        return self.formula if self.channels is None else (
            f"{{self.formula}}, channels={{self.channels}}, axis={{self.axis}}"
        )


def parameter_groups(model, lr, weight_decay=0.0):
    """Groups for an optimiser: parameters of activations at 0.1 lr and without weight decay."""
    own = [p for m in model.modules() if isinstance(m, {module}) for p in m.parameters()]
    known = {{id(p) for p in own}}
    others = [p for p in model.parameters() if id(p) not in known]
    return [
        {{"params": others, "lr": lr, "weight_decay": weight_decay}},
        {{"params": own, "lr": 0.1 * lr, "weight_decay": 0.0}},
    ]
'''


class TorchExporter:
    """A module with a function of tensors and an ``nn.Module`` of it."""

    name = "torch"
    suffix = "torch.py"
    needs: ClassVar[tuple[str, ...]] = ("torch",)

    def write(self, document: ProgramDocument) -> str:
        """A Python file that needs PyTorch alone.

        Raises:
            ExportError: The program is no function of one variable and learnable parameters.
        """
        require_function(document)
        source = Source.of(document, _NATIVE)
        header = ["An activation function found by evosearch.", "", *source.comments]
        statements = source.statements(_FORMATS)
        uses = "functional." in "".join(text for _, text in statements)
        names = list(source.parameters)
        return (
            "".join(f"# {line}".rstrip() + "\n" for line in header)
            + "\nimport torch\nfrom torch import nn\n"
            + ("from torch.nn import functional\n\n" if uses else "\n")
            + _function(source, statements)
            + _MODULE.format(
                module=class_name(document),
                name=source.name,
                formula=one_line(document, source),
                gain=gain(document),
                parameters="".join(
                    f"        self.{p} = nn.Parameter(torch.full(shape, {value!r}))\n"
                    for p, value in source.parameters.items()
                ),
                arguments="".join(f", self._along(self.{p}, wide)" for p in names),
            )
        )

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Compare values in both precisions, gradients with 40 digits, and try the module."""
        x, at = sample_points(document), gradient_points(document)
        jobs = [process.job(path, function_name(document), points) for points in (x, at)]
        jobs[1]["module"] = class_name(document)
        values, gradients = process.rerun("torch", jobs)
        results = [
            # not exact, but roots are not rounded correctly either
            compare(document, x.astype(dtype), _floats(values[dtype]).astype(dtype), exact=True)
            for dtype in ("float64", "float32")
        ]
        shape = (len(document.inputs), at.shape[1])
        found = _floats(gradients["gradient"]).reshape(shape)
        return together([*results, compare_gradients(document, at, found)])


def class_name(document: ProgramDocument) -> str:
    """The function's name in the style of classes."""
    return "".join(word.capitalize() for word in function_name(document).split("_"))


def _floats(texts: list[str]) -> npt.NDArray[np.float64]:
    return np.array([float.fromhex(text) for text in texts])


def one_line(document: ProgramDocument, source: Source) -> str:
    """In one line, of harmless characters."""
    program = document.simplified().to_program()
    return comment(expressions(program, source.inputs)[0]).replace("'", "").replace('"', "")


def _function(source: Source, statements: list[tuple[str, str]]) -> str:
    constants = [
        f"c{j} = float.fromhex('{number.to_float(text).hex()}')  # {number.to_decimal(text)}\n"
        for j, text in enumerate(source.constants)
    ]
    body = []
    for (name, text), node in zip(statements, source.nodes, strict=True):
        constant = [arg for arg in node.args if arg.startswith("c")]
        if node.op in ("max", "min") and constant:  # these take tensors alone
            (other,) = (arg for arg in node.args if arg not in constant)
            bound = "min" if node.op == "max" else "max"
            text = f"torch.clamp({other}, {bound}={constant[0]})"
        body.append(f"    {name} = {text}\n")
    value = source.output if _is_full(source) else f"{source.output} + 0 * {source.inputs[0]}"
    return (
        "".join(constants)
        + f"\n\ndef {source.name}({source.arguments}):\n"
        + '    """Values of a tensor of floats."""\n'
        + "".join(body)
        + f"    return {value}\n"
    )


def _is_full(source: Source) -> bool:
    """Whether the value has the shape of x without further ado."""
    full = {source.inputs[0]}
    for k, node in enumerate(source.nodes):
        if full & set(node.args):
            full.add(f"n{k}")
    return source.output in full
