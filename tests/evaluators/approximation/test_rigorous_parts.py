"""The parts of a proof: enclosures contain what they enclose."""

import numpy as np
import pytest
from mpmath import mp, mpf
from programs import program, random_programs

flint = pytest.importorskip("flint")

from flint import arb, arb_series, fmpq  # noqa: E402

from evaluators.approximation.measure import Measure  # noqa: E402
from evaluators.approximation.precise import evaluate, run  # noqa: E402
from evaluators.approximation.rigorous import functions, projective, series, subdivision  # noqa: E402
from evaluators.approximation.rigorous.as_run import RoundedError  # noqa: E402
from evaluators.approximation.rigorous.enclosure import Bounds, Error  # noqa: E402
from evaluators.approximation.rigorous.rounding import Format, Run  # noqa: E402
from evaluators.approximation.rigorous.series import UndefinedError, arithmetic  # noqa: E402
from evaluators.approximation.rigorous.steps import Steps  # noqa: E402
from evaluators.approximation.rigorous.subdivision import (  # noqa: E402
    UndecidedError,
    largest_error,
)
from evaluators.approximation.rigorous.taylor import Piece, TaylorForm  # noqa: E402
from evaluators.approximation.targets import NAMES, named  # noqa: E402
from evosearch.genomes.primitives import CORE, PrimitiveSet  # noqa: E402

# where each target is tried, both sides of its awkward places; elsewhere -3 to 3
DOMAINS = {
    **{name: [(0.05, 4.0)] for name in ("log2", "log", "log10", "sqrt", "rsqrt", "besseli_half")},
    **{name: [(-0.9, 3.0)] for name in ("log1p", "log1p2")},
    "tan": [(-1.4, 1.4), (2.0, 4.0)],
    "asin": [(-0.95, 0.95)],
    "cbrt": [(0.05, 3.0), (-3.0, -0.05)],
    "gamma": [(0.1, 4.0), (-0.9, -0.1)],
    "lambertw": [(-0.3, 3.0)],
}


@pytest.fixture(autouse=True)
def balls():
    """Enough bits, series of eight terms."""
    with arithmetic(256, 8):
        yield


def exactly(x: float) -> fmpq:
    return fmpq(*float(x).as_integer_ratio())


def contains(ball: arb, value: mpf) -> bool:
    """Whether the ball, grown by what 60 digits can tell, contains a number of mpmath."""
    text = mp.nstr(value, 65)
    return bool(ball.overlaps(arb(text, abs(arb(text)) * arb("1e-58") + arb("1e-58"))))


def written(lines: list[str], constants: list[float]):
    """One program from lines such as ``"div c0 n1"``."""
    return program([tuple(line.split()) for line in lines], constants)


def error_of(batch, row=0, target="exp2", kind="absolute") -> Error:
    constants = [arb(c) for c in batch.constants[row, : batch.n_constants[row]].tolist()]
    function = functions.function_of(named(target))
    return Error(Steps.of(batch, row), constants, function, Measure(kind))


def test_every_named_target_has_a_ball_version() -> None:
    assert set(functions.NAMES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_targets_and_their_taylor_coefficients_agree_with_mpmath(name: str) -> None:
    rng = np.random.default_rng(len(name))
    function, target = functions.function_of(named(name)), named(name)
    with mp.workdps(65):
        for low, high in DOMAINS.get(name, [(-3.0, 3.0)]):
            for x in rng.uniform(low, high, 4).tolist():
                at = function(series.variable(arb(x)))
                assert contains(at[0], target.exact(mpf(x)))
                slope = mp.diff(target.exact, mpf(x), h=mpf(10) ** -25)
                assert abs(float(at[1]) - float(slope)) <= 1e-12 * (1 + abs(float(slope)))
                ball = arb(x, 2.0**-10)
                wide = function(series.variable(ball))
                for inside in rng.uniform(x - 2.0**-10, x + 2.0**-10, 4).tolist():
                    assert contains(wide[0], target.exact(mpf(inside)))
                    assert wide[7].overlaps(function(series.variable(arb(inside)))[7])


@pytest.mark.parametrize("n", range(-3, 4))
def test_powers_of_two_are_exact(n: int) -> None:
    value = functions.function_of(named("exp2"))(series.variable(arb(n)))[0]
    assert value.is_exact()
    assert value == arb(2) ** n


@pytest.mark.parametrize("primitive", CORE.members, ids=lambda p: p.name)
def test_primitives_agree_with_mpmath_over_balls(primitive) -> None:
    arguments = ["n0", "n1", "c2"][: primitive.arity]
    lines = ["mul x c0", "add x c1", " ".join([primitive.name, *arguments])]
    batch = written(lines, [1.1, 0.4, 0.3])
    steps, constants = Steps.of(batch, 0), [series.constant(arb(c)) for c in (1.1, 0.4, 0.3)]
    rng = np.random.default_rng(3)
    with mp.workdps(65):
        for x, radius in ((0.7, 2.0**-9), (0.2, 2.0**-60), (0.9, 2.0**-3)):
            wide = steps.run(series.variable(arb(x, radius)), constants, series.COMPUTE)[2]
            for inside in (x + radius * rng.uniform(-1, 1, 5)).tolist():
                [value] = evaluate(batch, 0, [mpf(inside)])
                assert contains(wide[0], value)


@pytest.mark.parametrize(
    ("line", "around", "radius"),
    [
        ("abs n0", 0.5, 2.0**-9),
        ("max x c0", 0.5, 2.0**-9),
        ("min x c0", 0.5, 2.0**-9),
        ("psqrt n0", 0.5, 2.0**-9),
        ("plog n0", 0.5 + 2.0**-10, 2.0**-12),
        ("pdiv c0 n0", 0.5 + 2.0**-10, 2.0**-12),
    ],
)
def test_values_around_a_kink_or_jump_are_enclosed(line, around, radius) -> None:
    batch = written(["sub x c0", line], [0.5])
    steps, constants = Steps.of(batch, 0), [series.constant(arb(0.5))]
    wide = steps.run(series.variable(arb(around, radius)), constants, series.COMPUTE)[1]
    assert wide.prec <= 2
    with mp.workdps(65):
        for inside in np.linspace(around - radius, around + radius, 21).tolist():
            assert contains(wide[0], evaluate(batch, 0, [mpf(inside)])[0])
    if wide.prec == 2:  # slopes of both sides
        assert wide[1].contains(0 if line[0] == "m" else -1)
        assert wide[1].contains(1)


def test_quotients_pass_poles_and_keep_what_has_no_value() -> None:
    zero, one = (projective.whole(series.constant(arb(c))) for c in (0, 1))
    infinite = projective.COMPUTE["div"](one, zero)
    with pytest.raises(UndefinedError):
        infinite.value()
    assert projective.COMPUTE["div"](one, infinite).value()[0] == 0
    for name in ("add", "sub", "div"):
        nothing = projective.COMPUTE[name](infinite, infinite)
        for ending in (nothing, projective.COMPUTE["div"](one, nothing)):
            with pytest.raises(UndefinedError):
                ending.value()


def test_taylor_forms_contain_the_values() -> None:
    rng = np.random.default_rng(8)
    for _ in range(200):
        terms = int(rng.integers(0, 7))
        center = rng.normal(size=terms).tolist()
        last, (low, high) = float(rng.normal()), np.sort(rng.uniform(-1.5, 1.5, 2)).tolist()
        t = np.linspace(low, high, 400)
        values = abs(np.polynomial.polynomial.polyval(t, [*center, last])).max()
        form = TaylorForm([arb(c) for c in center], arb(last), arb(low), arb(high))
        least, most = (float(bound) for bound in form.bounds())
        assert least <= values * (1 + 1e-4)
        assert values <= most * (1 + 1e-12)
        if terms == 3 and last * (high - low) == 0:
            assert least == pytest.approx(most)


def test_pieces_of_an_error_are_enclosed() -> None:
    rng = np.random.default_rng(5)
    batch = random_programs(rng, 40, 6, PrimitiveSet.named(["add", "mul", "div", "abs", "exp"]))
    checked = 0
    for row in range(len(batch)):
        error = error_of(batch, row)
        low = float(rng.uniform(0.1, 0.9))
        try:
            bounds = error.bounds(Piece(exactly(low), exactly(low + 2.0**-7)))
        except UndefinedError:
            continue
        with mp.workdps(40):
            x = [mpf(v) for v in np.linspace(low, low + 2.0**-7, 9).tolist()]
            found = [abs(v - 2**p) for v, p in zip(evaluate(batch, row, x), x, strict=True)]
        assert float(max(found)) <= float(bounds.high) * (1 + 1e-12)
        assert float(bounds.low) <= float(bounds.high)
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("name", ["float64", "float32"])
def test_rounding_stays_within_its_bound(name: str) -> None:
    """Random programs run in the format against exact arithmetic with the same constants."""
    rng = np.random.default_rng(11)
    primitives = PrimitiveSet.named(
        ["add", "sub", "mul", "div", "fma", "neg", "abs", "sqrt", "max", "min"]
    )
    batch = random_programs(rng, 60, 9, primitives)
    batch = batch.with_constants(batch.constants.astype(name).astype(np.float64))
    closest = []
    for row in range(len(batch)):
        low = float(np.dtype(name).type(rng.uniform(0.1, 0.9)))
        constants = [arb(c) for c in batch.constants[row].tolist()]
        ball = Piece(exactly(low), exactly(low) + fmpq(1, 2**12)).ball
        try:
            _, most = Run(Format.named(name)).spread(Steps.of(batch, row), ball, constants)
        except UndefinedError:
            continue
        x = np.unique(rng.uniform(low, low + 2.0**-12, 60).astype(name).astype(np.float64))
        got = run(batch, row, x, name)
        with mp.workdps(50):
            exact = evaluate(batch, row, [mpf(v) for v in x.tolist()])
            off = max(abs(mpf(a) - b) for a, b in zip(got.tolist(), exact, strict=True))
        assert off <= mpf(float(most)) * (1 + mpf(10) ** -12)
        if most > 0:
            closest.append(float(off) / float(most))
    assert len(closest) > 20
    assert np.median(closest) > 0.15  # a bound, not an excuse


@pytest.mark.parametrize("name", ["float64", "float32"])
def test_rounding_is_bounded_across_a_harmless_pole(name: str) -> None:
    """c3 + c2 / (t + c1 / t) with t = x - 1/2: infinite inside at 1/2, 1/inf = 0."""
    lines = ["sub x c0", "div c1 n0", "add n0 n1", "div c2 n2", "add n3 c3"]
    batch = written(lines, [0.5, 1.5, 0.75, 1.25])
    constants = [arb(c) for c in (0.5, 1.5, 0.75, 1.25)]
    ball = arb(0.5, 2.0**-8)
    _, most = Run(Format.named(name)).spread(Steps.of(batch, 0), ball, constants)
    step = np.finfo(name).eps
    x = 0.5 + np.concatenate([np.arange(-40, 41) * step, np.linspace(-1, 1, 99) * 2.0**-8])
    x = np.unique(x.astype(name).astype(np.float64))
    got = run(batch, 0, x, name)
    with mp.workdps(60):
        exact = evaluate(batch, 0, [mpf(v) for v in x.tolist()])
        off = max(abs(mpf(a) - b) for a, b in zip(got.tolist(), exact, strict=True))
    assert off <= mpf(float(most)) < 4 * np.finfo(name).eps


def test_a_possible_overflow_is_no_harmless_pole() -> None:
    """c / x may overflow for a tiny x without being infinite, so nothing is said around zero."""
    batch = written(["div c0 x", "div c0 n0"], [1.0])
    with pytest.raises(UndefinedError, match="zero or subnormal"):
        Run(Format.named("float64")).spread(Steps.of(batch, 0), arb(0, 0.1), [arb(1)])


@pytest.mark.parametrize("kind", ["absolute", "relative", "ulp"])
def test_the_error_as_run_is_within_its_bound(kind: str) -> None:
    batch = written(["mul x c0", "add n0 c1", "mul n1 n1"], [0.39, 0.98])
    error = error_of(batch, kind=kind)
    rounded = RoundedError.of(error, ["0.39", "0.98"], "float64")
    x = np.random.default_rng(2).uniform(0.3, 0.3 + 2.0**-7, 300)
    bounds = rounded.bounds(Piece(exactly(0.3), exactly(0.3 + 2.0**-7)))
    y = named("exp2").values(x)
    weights = Measure(kind).weights(x, y)
    off = abs(weights * (run(batch, 0, x, "float64") - y)).max()
    assert off <= float(bounds.high)
    assert float(bounds.low) <= float(bounds.high)


def test_subdivision_finds_the_largest_of_all_pieces() -> None:
    def bounds(piece: Piece) -> Bounds:
        """Of exp(-(64 (x - 1/3))^2) by crude balls."""
        z = 64 * (piece.ball - arb(1) / 3)
        at = 64 * (arb(piece.middle) - arb(1) / 3)
        return Bounds((-at * at).exp().lower(), (-(abs(z).lower().max(arb(0)) ** 2)).exp().upper())

    found = largest_error(bounds, Piece(fmpq(0), fmpq(1)), 1e-6)
    assert found.low <= 1 <= found.high <= found.low * (1 + 1e-6)


def test_subdivision_names_the_place_that_it_cannot_decide(monkeypatch) -> None:
    def bounds(piece: Piece) -> Bounds:
        if piece.ball.contains(arb(1) / 3):
            raise UndefinedError("a hole")
        return Bounds(arb(1), arb(1))

    with pytest.raises(UndecidedError, match=r"a hole near x = 0\.33333333"):
        largest_error(bounds, Piece(fmpq(0), fmpq(1)), 1e-6)

    monkeypatch.setattr(subdivision, "MAX_PIECES", 300)
    with pytest.raises(UndecidedError, match="do not come together"):
        largest_error(lambda _: Bounds(arb(1), arb(2)), Piece(fmpq(0), fmpq(1)), 1e-6)


def test_a_jump_is_bounded_by_the_side_that_is_higher() -> None:
    """The pieces left of 1/2 have the larger upper bound, only those right of it the lower one."""
    half = arb(1) / 2

    def bounds(piece: Piece) -> Bounds:
        above = arb(piece.middle) > half
        reached = arb(2) - piece.ball.upper() if above else arb(1)
        return Bounds(reached, arb(1.5) if piece.ball.overlaps(half) else reached + 2**-9)

    found = largest_error(bounds, Piece(fmpq(0), fmpq(1)), 0.01)
    assert found.low <= 1.5 <= found.high <= found.low * 1.01


def test_the_precision_is_put_back() -> None:
    with arithmetic(64, 3):
        assert arb_series([1, 1]).exp().prec == 3
    assert arb_series([1, 1]).exp().prec == 8
