"""Float32 arithmetic against exact rational numbers, and against C's fmaf."""

import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from programs import program

from evaluators.approximation.float32 import arithmetic
from evosearch.errors import ConfigError

SMALLEST = 2.0**-149


def nearest(exact: Fraction) -> np.float32:
    """The float32 nearest a rational number, ties to even, from the definition alone."""
    with np.errstate(over="ignore"):
        guess = np.float32(float(exact))
    around = [np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.inf)]
    finite = [np.float32(value) for value in around if np.isfinite(value)]
    return min(finite, key=lambda v: (abs(Fraction(float(v)) - exact), int(v.view(np.uint32)) & 1))


def adversarial(n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums that miss the middle between two float32 by less than a float64 tells; and others."""
    rng = np.random.default_rng(0)
    step, scale = rng.integers(1, 9, n) * 2.0**-23, 2.0 ** rng.integers(-40, 40, n)
    c = (1 + rng.integers(0, 2**23, n) * 2.0**-23) * scale * rng.choice([-1, 1], n)
    a, b = 1 + step, (1 - step) * scale * 2.0**-24 * rng.choice([-1, 1], n)
    ties = [a, b, c]
    cancelling = [1 + step, rng.uniform(1, 2, n), -rng.uniform(1, 2, n)]
    cancelling[2] = -(cancelling[0].astype("f4") * cancelling[1].astype("f4")).astype("f8")
    tiny = [rng.normal(size=n) * 2.0**-70, rng.normal(size=n) * 2.0**-75, SMALLEST * step * 2**23]
    edges = rng.choice([0.0, SMALLEST, -SMALLEST, 2.0**-126, 1.0, 3.4e38], (3, n))
    halves = [
        np.full(n, 0.5),
        SMALLEST * rng.integers(-9, 9, n),
        SMALLEST * rng.integers(-9, 9, n),
    ]
    sets = [ties, cancelling, tiny, edges, halves, rng.normal(size=(3, n))]
    return tuple(np.concatenate(part).astype(np.float32) for part in zip(*sets, strict=True))


def test_fma_is_rounded_once():
    a, b, c = adversarial()
    exact = [
        Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        for x, y, z in zip(a, b, c, strict=True)
    ]
    with np.errstate(all="ignore"):
        values = arithmetic.fma(a, b, c)
        twice = (a.astype("f8") * b + c).astype("f4")
    small = np.array([abs(value) < 2**127 for value in exact])
    expected = np.array([nearest(e) if ok else 0.0 for e, ok in zip(exact, small, strict=True)])
    np.testing.assert_array_equal(values[small], expected[small])
    assert (twice[small] != expected[small]).sum() > 1000  # rounding twice is another result


def test_fma_of_infinities_and_nan():
    a = np.array([np.inf, np.inf, np.nan, 3e38, 0.0, -0.0], np.float32)
    b = np.array([1, 1, 1, 3e38, np.inf, 1], np.float32)
    c = np.array([-np.inf, 1, 1, 1, 1, -0.0], np.float32)
    with np.errstate(all="ignore"):
        values = arithmetic.fma(a, b, c)
    np.testing.assert_array_equal(values, [np.nan, np.inf, np.nan, np.inf, np.nan, -0.0])
    assert np.signbit(values[-1])


@pytest.mark.parametrize(
    ("op", "exact"),
    [
        ("add", lambda a, b: a + b),
        ("sub", lambda a, b: a - b),
        ("mul", lambda a, b: a * b),
        ("div", lambda a, b: a / b),
    ],
)
def test_other_operations_are_rounded_once_and_keep_subnormals(op, exact):
    a, b, _ = adversarial(500)
    one = program([(op, "x", "c0")], [0.0])
    subnormal = 0
    for constant in [*b[::300].tolist(), SMALLEST, 3.0, 2.0**-130]:
        if op == "div" and constant == 0:
            continue
        values = arithmetic.variants(one, 0, np.array([[constant]], np.float32), a)[0]
        results = [exact(Fraction(float(x)), Fraction(float(np.float32(constant)))) for x in a]
        small = np.array([abs(result) < 2**127 for result in results])
        expected = [nearest(e) for e, ok in zip(results, small, strict=True) if ok]
        np.testing.assert_array_equal(values[small], expected)
        subnormal += int(((values != 0) & (np.abs(values) < 2.0**-126)).sum())
    assert subnormal > 50


def test_a_product_and_a_sum_are_not_contracted():
    apart = program([("mul", "x", "c0"), ("add", "n0", "c1")], [0.1, -0.01])
    fused = program([("fma", "x", "c0", "c1")], [0.1, -0.01])
    x = np.linspace(0.05, 0.15, 1000, dtype=np.float32)
    values = arithmetic.evaluate(apart, x)[0]
    product = (x * np.float32(0.1)).astype(np.float32)
    np.testing.assert_array_equal(values, product + np.float32(-0.01))
    assert (values != arithmetic.evaluate(fused, x)[0]).mean() > 0.2


def test_variants_are_the_program_with_other_constants():
    one = program([("fma", "x", "c0", "c1"), ("div", "n0", "x"), ("mul", "n1", "n0")], [0.7, 1.5])
    x = np.random.default_rng(0).uniform(0.5, 1, 40_000).astype(np.float32)
    constants = np.array([[0.7, 1.5], [0.1, -3.0], [2.0, 1e-30]], np.float32)
    values = arithmetic.variants(one, 0, constants, x)
    for row, pair in zip(values, constants, strict=True):
        other = one.with_constants(pair[None].astype(np.float64))
        np.testing.assert_array_equal(row, arithmetic.evaluate(other, x)[0])
    wide = arithmetic.in_float64(one, 0, constants.astype("f8"), x.astype("f8"))
    np.testing.assert_allclose(values, wide, rtol=1e-6)


def test_an_operation_that_no_hardware_rounds_correctly_is_refused():
    with pytest.raises(ConfigError, match="received 'exp'"):
        arithmetic.evaluate(program([("exp", "x")], []), np.ones(1, np.float32))
    both = program([("exp", "x")], []).concatenate([program([("sqrt", "x")], [])])
    assert arithmetic.supported(both).tolist() == [False, True]


C = """
#include <math.h>
#include <stdio.h>
int main(void) {
    float v[3];
    while (fread(v, sizeof(float), 3, stdin) == 3) {
        float r = fmaf(v[0], v[1], v[2]);
        fwrite(&r, sizeof r, 1, stdout);
    }
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler called cc")
def test_fma_is_that_of_c(tmp_path):
    (tmp_path / "fma.c").write_text(C)
    subprocess.run(["cc", "-O1", "fma.c", "-o", "fma", "-lm"], cwd=tmp_path, check=True)
    a, b, c = adversarial(20_000)
    rows = np.stack([a, b, c], axis=1).tobytes()
    out = subprocess.run([tmp_path / "fma"], input=rows, capture_output=True, check=True).stdout
    with np.errstate(all="ignore"):
        values = arithmetic.fma(a, b, c)
    np.testing.assert_array_equal(values, np.frombuffer(out, np.float32))
