"""Form: a way to write a polynomial or a ratio, and the operations that it costs.

Constants are free, a square is one multiplication:

- Horner polynomial of degree m: 2m, or m with fused multiply-add
- polynomial with adapted coefficients (Motzkin 1955, Eve 1964; Knuth, The Art of Computer
  Programming, volume 2, 4.6.4, theorem E): m + floor(m/2) + 2 for m > 2
- Horner ratio [m/n] with a monic denominator: 2(m + n), or m + n + 1 with fused multiply-add
- continued fraction c(x) + a_1/(x + b_1 + a_2/(x + b_2 + ...)) with a polynomial c(x), or one
  over it: 3 min(m, n) + 2 |m - n|
- symmetric continued fraction in t = x - middle, where the best ratio has all b_i = 0 behind the
  first: 2n + 2 for [n/n]
"""

from typing import NamedTuple

POLYNOMIAL, RATIO = "Horner polynomial", "Horner ratio"
ADAPTED = "polynomial with adapted coefficients"
FRACTION, SYMMETRIC = "continued fraction", "symmetric continued fraction"


class Form(NamedTuple):
    """A way to write a ratio, and what it costs."""

    family: str
    ops: int

    def cheaper(self) -> "Form":
        """The same with one operation less."""
        return Form(self.family, self.ops - 1)


def forms(m: int, n: int, *, symmetric: bool = False, fused: bool = False) -> list[Form]:
    """The ways to write type [m/n], cheapest last.

    Args:
        m: Degree of the numerator.
        n: Degree of the denominator.
        symmetric: Whether errors are symmetric about the middle of the interval.
        fused: Whether a multiplication and the addition behind it are one operation.
    """
    if not n:
        found = [Form(POLYNOMIAL, m if fused else 2 * m)]
        if m > 4 and not fused:  # below it is Horner's count
            found.append(Form(ADAPTED, m + m // 2 + 2))
        return found
    found = [Form(RATIO, m + n + 1 if fused else 2 * (m + n))]
    if m:
        found.append(Form(FRACTION, 3 * min(m, n) + 2 * abs(m - n)))
    if symmetric and m == n > 2:
        found.append(Form(SYMMETRIC, 2 * n + 2))
    return found
