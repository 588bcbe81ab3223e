"""Adaptation: operators whose children join the front are used more often.

The adversarial bandit Exp3 (Auer, Cesa-Bianchi, Freund and Schapire, SIAM J. Comput. 2002), which
the release of Private-GSD chooses its operators with (Liu, Tang, Vietri and Wu, ICML 2023,
arXiv:2306.03257). All of it follows from who joined the front, which the store always keeps: so a
campaign that is resumed goes on to the same digest.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Self

from evosearch.contracts import Operator

_RATE = 0.1
_FLOOR = 0.05  # share of the children that all operators have alike


@dataclass(frozen=True)
class Adaptation:
    """Which part of the children every operator that needs parents is to have.

    Attributes:
        weights: Of these operators, by success so far; they add up to 1.
    """

    weights: Mapping[str, float]

    @classmethod
    def over(cls, operators: Mapping[str, Operator]) -> Self:
        """Before there was any success."""
        return cls(_normal({name: op.weight for name, op in operators.items() if op.arity > 0}))

    def after(self, newcomers: Sequence[str]) -> Self:
        """A generation later.

        Args:
            newcomers: Operators of the children that joined the front, as births name them; of
                several in a row, the first counts.
        """
        found = Counter(name.split("+")[0] for name in newcomers)
        total = sum(found[name] for name in self.weights)
        if not total:
            return self
        chances = self.chances()
        grown = {
            name: weight * exp(_RATE * found[name] / total / chances[name])
            for name, weight in self.weights.items()
        }
        return type(self)(_normal(grown))

    def replayed(self, newcomers: Iterable[tuple[int, str]]) -> Self:
        """After many generations: each newcomer's one, ascending, and its operator."""
        by_generation: dict[int, list[str]] = {}
        for generation, name in newcomers:
            by_generation.setdefault(generation, []).append(name)
        adapted = self
        for names in by_generation.values():
            adapted = adapted.after(names)
        return adapted

    def chances(self) -> dict[str, float]:
        """Of each operator to make a child."""
        even = _FLOOR / max(len(self.weights), 1)
        return {name: (1 - _FLOOR) * weight + even for name, weight in self.weights.items()}

    def applied(self, operators: Mapping[str, Operator]) -> dict[str, Operator]:
        """The same operators, those that need parents with their chances as weights."""
        chances = self.chances()
        return {
            name: Operator(operator.arity, operator.apply, chances.get(name, operator.weight))
            for name, operator in operators.items()
        }


def _normal(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
