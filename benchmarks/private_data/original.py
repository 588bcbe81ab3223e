"""The update of Private-GSD, re-created: 50 children of the best table, the best child kept.

After Liu, Tang, Vietri and Wu, "Generating Private Synthetic Data with Genetic Algorithms" (ICML
2023, arXiv:2306.03257) in the form of its 2025 release, from a description; no code of it is
copied. The release cannot be installed beside this JAX: it imports `jax.lib.xla_bridge`, which JAX
removed, and asks for JAX 0.4.6 and NumPy below 2.

A query is a cell of a pair of columns: the product of two tests lower <= x < upper. Counts S of
the best table are kept in float32; a child that loses rows R and gains rows A has

    S' = S + |A| q(A) - |R| q(R),    F' = ||a - S' / N||^2,

with q the mean of the queries over rows. Children are vmapped and a generation is one jitted
call; the operator of a generation is drawn by an adversarial bandit whose weights change after
each block of max(100, N) generations.

    python -m benchmarks.private_data.original FILE.npz GENERATIONS [fused]

reads a line for each repeat and answers it with a line of JSON, in a process of its own so that
JAX keeps its own options. ``fused`` is not in the release: mutations alone, and all generations in
one compiled loop, which is what one would try first to make it faster.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

CHILDREN = 50
ROWS = 2000  # of its tables, N
OPERATORS = ("mutate", "swap", "cross1", "cross2")
EXPLORE, RATE = 0.05, 0.1  # of the bandit
_SHIFT = 0.1  # below a code, so that float codes are inside


class Queries(NamedTuple):
    """All cells of all pairs, row-major, one pair after the other."""

    columns: Any  # int32 [cells, 2]
    lower: Any  # float32 [cells, 2]
    upper: Any  # float32 [cells, 2]


class State(NamedTuple):
    """The best table so far."""

    table: Any  # float32 [rows, columns]
    counts: Any  # float32 [cells]
    loss: Any  # float32


def queries(sizes: list[int]) -> Queries:
    """Of the pairs of columns with these numbers of codes."""
    parts = []
    for a, b in combinations(range(len(sizes)), 2):
        i, j = np.indices((sizes[a], sizes[b])).reshape(2, -1)
        parts.append((np.tile([a, b], (len(i), 1)), np.stack([i, j], axis=1)))
    columns, codes = (np.concatenate(part) for part in zip(*parts, strict=True))
    lower = jnp.asarray(codes - _SHIFT, jnp.float32)
    return Queries(jnp.asarray(columns, jnp.int32), lower, lower + 1)


def answers(asked: Queries, row: Any) -> Any:
    """1 for the cells that a row [columns] is in, else 0."""
    x = row[asked.columns]
    inside = (asked.lower <= x) & (x < asked.upper)
    return jnp.prod(inside.astype(jnp.float32), axis=1)


def counted(asked: Queries, table: Any) -> Any:
    """Counts of a table, a scan over its rows."""
    start = jnp.zeros(len(asked.columns), jnp.float32)
    return jax.lax.scan(lambda s, row: (s + answers(asked, row), None), start, table)[0]


def loss(target: Any, counts: Any, rows: int) -> Any:
    """F, for targets as fractions."""
    return jnp.sum((target - counts / rows) ** 2)


def child(operator: str, sizes: Any, table: Any, key: Any) -> tuple[Any, Any]:
    """Places of the rows that change [changed] and what they become [changed, columns].

    ``mutate`` draws one cell anew, evenly; ``swap`` lets two rows exchange a value; ``cross1`` and
    ``cross2`` copy one or two columns of another row.
    """
    rows, columns = table.shape
    row_key, column_key, value_key = jax.random.split(key, 3)
    places = jax.random.randint(row_key, (2,), 0, rows)
    if operator == "mutate":
        column = jax.random.randint(column_key, (), 0, columns)
        value = jnp.floor(jax.random.uniform(value_key, dtype=jnp.float32) * sizes[column])
        return places[:1], table[places[:1]].at[0, column].set(value)
    if operator == "swap":
        column = jax.random.randint(column_key, (), 0, columns)
        both = table[places]
        return places, both.at[:, column].set(both[::-1, column])
    some = jax.random.choice(column_key, columns, (int(operator[-1]),), replace=False)
    return places[:1], table[places[:1]].at[0, some].set(table[places[1], some])


def generation(
    operator: str, asked: Queries, sizes: Any, target: Any, state: State, key: Any
) -> tuple[State, Any]:
    """The best table after 50 children of one operator, and whether it is a new one."""
    rows = len(state.table)
    make = partial(child, operator, sizes, state.table)
    places, changed = jax.vmap(make)(jax.random.split(key, CHILDREN))

    def judged(places: Any, changed: Any) -> tuple[Any, Any]:
        each = jax.vmap(partial(answers, asked))
        gained, lost = each(changed), each(state.table[places])
        number = len(places)
        mean = partial(jnp.mean, axis=0)
        counts = state.counts + number * mean(gained) - number * mean(lost)
        return counts, loss(target, counts, rows)

    counts, losses = jax.vmap(judged)(places, changed)
    best = jnp.argmin(losses)
    better = losses[best] < state.loss
    table = state.table.at[places[best]].set(changed[best])
    # two places of a swap that are one: nothing is exchanged
    same = (places.shape[1] == 2) & (places[best, 0] == places[best, -1])
    keep = better & ~same
    fresh = State(table, counts[best], losses[best])
    return jax.tree.map(lambda new, old: jnp.where(keep, new, old), fresh, state), keep


def initial(asked: Queries, sizes: npt.NDArray[Any], target: Any, rows: int, seed: int) -> State:
    """Rows drawn evenly from the domain."""
    drawn = np.random.default_rng(seed).random((rows, len(sizes)))
    table = jnp.asarray(np.floor(drawn * sizes), jnp.float32)
    counts = jax.jit(counted)(asked, table)
    return State(table, counts, loss(target, counts, rows))


class Search:
    """The loop over generations; the bandit lives on the host, as in the release."""

    def __init__(
        self, sizes: npt.NDArray[Any], target: npt.NDArray[Any], rows: int = ROWS, seed: int = 0
    ) -> None:
        self.asked = queries(sizes.tolist())
        self.target = jnp.asarray(np.clip(target, 0, 1), jnp.float32)
        sized = jnp.asarray(sizes, jnp.float32)
        self.state = initial(self.asked, sizes, self.target, rows, seed)
        self._steps: list[Callable[..., Any]] = [
            jax.jit(partial(generation, name)) for name in OPERATORS
        ]
        self._more = (self.asked, sized, self.target)
        self._weights = np.full(len(OPERATORS), 1 / len(OPERATORS))
        self._rng = np.random.default_rng(seed)
        self._key = jax.random.PRNGKey(seed)
        self._fused = jax.jit(self._many)
        self._block: list[tuple[int, float, Any]] = []

    def compile(self) -> None:
        """Every operator's generation, run once; its result is not kept."""
        for step in self._steps:
            jax.block_until_ready(step(*self._more, self.state, self._key))

    def compile_fused(self, generations: int) -> None:
        """All generations in one loop, run once; its result is not kept."""
        keys = jax.random.split(self._key, generations)
        jax.block_until_ready(self._fused(*self._more, self.state, keys))

    def run(self, generations: int) -> None:
        """So many generations more."""
        for key in np.asarray(self._keys(generations)):
            chances = (1 - EXPLORE) * self._weights + EXPLORE / len(OPERATORS)
            arm = int(self._rng.choice(len(OPERATORS), p=chances / chances.sum()))
            self.state, improved = self._steps[arm](*self._more, self.state, key)
            self._block.append((arm, chances[arm], improved))
            if len(self._block) >= max(100, len(self.state.table)):
                self._learn()
        jax.block_until_ready(self.state)

    def run_fused(self, generations: int) -> None:
        """So many generations of mutations more, in one call."""
        self.state = self._fused(*self._more, self.state, self._keys(generations))
        jax.block_until_ready(self.state)

    def _keys(self, generations: int) -> Any:
        keys = jax.random.split(self._key, generations + 1)
        self._key = keys[0]
        return keys[1:]

    @staticmethod
    def _many(asked: Queries, sizes: Any, target: Any, state: State, keys: Any) -> State:
        def step(state: State, key: Any) -> tuple[State, None]:
            return generation("mutate", asked, sizes, target, state, key)[0], None

        return jax.lax.scan(step, state, keys)[0]

    def _learn(self) -> None:
        """Exp3: an arm's weight grows with its improvements, over the chance to be drawn.

        They are averaged over the block, so that no weight overflows.
        """
        improved = np.asarray(jnp.stack([each for *_, each in self._block]))
        for (arm, chance, _), gain in zip(self._block, improved, strict=True):
            self._weights[arm] *= np.exp(RATE * gain / chance / len(self._block))
        self._weights /= self._weights.sum()
        self._block = []


def main() -> None:
    file, generations = np.load(sys.argv[1], allow_pickle=False), int(sys.argv[2])
    fused = "fused" in sys.argv[3:]
    started = time.perf_counter()
    search = Search(file["sizes"], file["target"])
    search.compile_fused(generations) if fused else search.compile()
    run = search.run_fused if fused else search.run
    _answer(compile_seconds=time.perf_counter() - started)
    for _ in sys.stdin:
        started = time.perf_counter()
        run(generations)
        seconds = time.perf_counter() - started
        _answer(seconds=seconds, children=CHILDREN * generations, loss=float(search.state.loss))


def _answer(**facts: float) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
