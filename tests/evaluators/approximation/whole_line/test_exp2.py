"""2^x for every float32: the model against mpmath, the exports against the model, and repairs."""

import dataclasses
import shutil
import subprocess

import mpmath
import numpy as np
import pytest

from evaluators.approximation.float32 import ulp
from evaluators.approximation.whole_line import judge
from evaluators.approximation.whole_line.c import compiled
from evaluators.approximation.whole_line.exp2 import EXP2
from evaluators.approximation.whole_line.exporters import c_exp2, jax_exp2
from evaluators.approximation.whole_line.kernel import source
from evosearch.errors import ExportError
from evosearch.export import file, registry
from evosearch.export.document import Node, ProgramDocument

TAYLOR = [mpmath.log(2) ** k / mpmath.factorial(k) for k in range(10)]
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler called cc")


def horner(coefficients):
    """A kernel of fused multiply-adds, highest power first: the plain Taylor series."""
    texts = [mpmath.nstr(c, 20) for c in reversed(coefficients)]
    nodes = [Node("fma", ("c0", "x", "c1"))]
    nodes += [Node("fma", (f"n{k}", "x", f"c{k + 2}")) for k in range(len(texts) - 2)]
    metadata = {"campaign": "Taylor exp2", "id": 9}
    return ProgramDocument(("x",), tuple(texts), tuple(nodes), (f"n{len(nodes) - 1}",), metadata)


KERNEL = horner(TAYLOR)


def test_model_against_mpmath():
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(-150, 128, 300), rng.uniform(-1, 1, 300), rng.uniform(-149, -126, 300)]
    ).astype(np.float32)
    with mpmath.workdps(30):
        exact = np.array([float(mpmath.mpf(2) ** mpmath.mpf(float(v))) for v in x])
    values = judge.expected(EXP2, KERNEL, x)
    errors = ulp.errors(values, exact, ulp.ulp(exact))
    assert errors.max() < 1.5
    assert errors[x < -126].max() < 1.0  # subnormal results are rounded, not cut off
    assert errors[(x > -149) & (x < -127)].mean() < 0.3


@pytest.mark.parametrize(
    ("x", "value"),
    [
        (np.nan, np.nan),
        (np.inf, np.inf),
        (-np.inf, 0.0),
        (128.0, np.inf),
        (3e38, np.inf),
        (-149.0, 2.0**-149),
        (-150.5, 0.0),
        (-3e38, 0.0),
        (0.0, 1.0),
        (-0.0, 1.0),
        (2.0**-149, 1.0),
        (-(2.0**-149), 1.0),
        (-126.0, 2.0**-126),
        (-127.0, 2.0**-127),
        (127.0, 2.0**127),
        (10.0, 1024.0),
    ],
)
def test_special_values_of_the_model(x, value):
    found = judge.expected(EXP2, KERNEL, np.array([x], np.float32))[0]
    assert found == value or (np.isnan(found) and np.isnan(value))
    assert not np.signbit(found)


def test_judged_inputs_have_everything():
    x = judge.every_kind()
    assert np.isnan(x).any()
    assert {np.inf, -np.inf, 0.0} <= set(x.tolist())
    assert ((x != 0) & (np.abs(x) < 2.0**-126)).any()  # subnormal numbers
    assert ((x < -126) & (x > -150)).sum() > 50  # subnormal results


@needs_cc
def test_c_export_is_checked_bit_for_bit(tmp_path):
    result = file.export(KERNEL, c_exp2(), tmp_path / "exp2.c")
    assert (result.status, result.points) == ("ok", len(judge.every_kind()))
    assert "error up to 1." in result.message or "error up to 0." in result.message


def test_jax_export_is_checked_bit_for_bit(tmp_path):
    result = file.export(KERNEL, jax_exp2(), tmp_path / "exp2.py")
    assert (result.status, result.points) == ("ok", len(judge.every_kind()))


@needs_cc
def test_own_check_of_the_c_export_tries_a_sample_of_all_inputs(tmp_path):
    path = tmp_path / "exp2.c"
    path.write_text(c_exp2().write(KERNEL), "ascii")
    check = compiled(path, source(KERNEL).name, tmp_path)
    done = subprocess.run([check, "all", "65537"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("65536 inputs, largest error")
    assert done.stdout.endswith(" 0 wrong\n")


@needs_cc
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("n < -126.0f ?", "n < -150.0f ?"),  # subnormal results
        ("x < 128.0f ? value : x + HUGE_VALF", "x < 128.0f ? value : HUGE_VALF"),  # NaN
        ("x > -152.0f ?", "x > -140.0f ?"),  # underflow
        ("scale << 23", "scale << 22"),
        ("fmaf(n7, x, c9)", "n7 * x + c9"),  # one rounding more
    ],
)
def test_a_broken_c_export_is_not_given_its_name(tmp_path, right, wrong):
    exporter = c_exp2()
    text = exporter.write(KERNEL)
    assert right in text
    path = tmp_path / "exp2.c"
    path.write_text(text.replace(right, wrong), "ascii")
    result = exporter.check(path, KERNEL)
    assert result.status == "failed"
    assert "exact arithmetic gives" in result.message


def test_a_kernel_that_rounds_otherwise_than_it_says_fails_its_check(tmp_path):
    """An unfused product and sum, which XLA fuses: the export would compute something else."""
    nodes = list(KERNEL.nodes)
    last = nodes.pop()
    nodes += [Node("mul", last.args[:2]), Node("add", (f"n{len(nodes)}", last.args[2]))]
    document = dataclasses.replace(KERNEL, nodes=tuple(nodes), outputs=(f"n{len(nodes) - 1}",))
    with pytest.raises(ExportError, match="exact arithmetic gives"):
        file.export(document, jax_exp2(), tmp_path / "exp2.py")


def test_exporters_are_found_by_name():
    for name in ("c-exp2", "jax-exp2", "c-float32", "jax-float32"):
        if name in registry.names():
            assert registry.find(name).name == name


def test_labels_of_strangers_stay_comments():
    hostile = dataclasses.replace(
        KERNEL, metadata={"campaign": "*/ int main", "id": 1, "claims": {"*/": '"""\n'}}
    )
    text = c_exp2().write(hostile)
    assert "*/ int" not in text
    assert compile(jax_exp2().write(hostile), "export", "exec")
