"""Benchmarks of private data: the re-created update, trials at tiny sizes, lines and tables."""

import json
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("benchmarks")

import jax
import jax.numpy as jnp

from benchmarks import __main__ as all_of_them
from benchmarks.private_data import downstream, dpmm, original, ours, page, plot
from benchmarks.private_data.__main__ import main
from benchmarks.private_data.lines import Lines, grouped
from benchmarks.private_data.trial import Trial, errors
from evaluators.private_data import constraints
from evaluators.private_data.domain import Domain
from evosearch import config

SIZES = [2, 3, 5, 4]
CAMPAIGN = """
[campaign]
name = "small"
[space]
use = "search_spaces.tables:Tables"
domain = "small.json"
rows = 200
[evaluator]
use = "evaluators.private_data.evaluator:PrivateData"
data = "small.csv"
domain = "small.json"
epsilon = 50.0
constraints = ["b != 2 if a == 1"]
[algorithm]
use = "nsga2"
population = 2
[budget]
generations = 1
"""


def recounted(table: np.ndarray) -> np.ndarray:
    codes = np.asarray(table).astype(int)
    parts = []
    for a, b in combinations(range(len(SIZES)), 2):
        grid = np.zeros((SIZES[a], SIZES[b]))
        np.add.at(grid, (codes[:, a], codes[:, b]), 1)
        parts.append(grid.ravel())
    return np.concatenate(parts)


@pytest.fixture
def table():
    return np.random.default_rng(1).integers(0, SIZES, (40, len(SIZES)))


@pytest.fixture
def search():
    goal = recounted(np.random.default_rng(2).integers(0, SIZES, (500, len(SIZES))) // 2)
    return original.Search(np.array(SIZES), goal / 500, rows=40)


def test_queries_count_the_cells_of_all_pairs(table):
    counts = original.counted(original.queries(SIZES), jnp.asarray(table, jnp.float32))
    assert np.array_equal(counts, recounted(table))


@pytest.mark.parametrize("operator", original.OPERATORS)
def test_kept_counts_are_those_of_the_best_table(search, operator):
    asked, sizes, target = search._more
    step = jax.jit(original.generation, static_argnums=0)
    state, losses, changes = search.state, [], 0
    for key in jax.random.split(jax.random.PRNGKey(3), 60):
        state, improved = step(operator, asked, sizes, target, state, key)
        losses.append(float(state.loss))
        changes += int(improved)
    counts = recounted(state.table)
    assert changes > 5
    assert losses == sorted(losses, reverse=True)
    assert np.allclose(state.counts, counts, atol=1e-3)
    assert losses[-1] == pytest.approx(np.sum((np.asarray(target) - counts / 40) ** 2), rel=1e-4)


@pytest.mark.parametrize("run", ["run", "run_fused"])
def test_searches_go_down_and_keep_count(search, run):
    before = float(search.state.loss)
    getattr(search, run)(120)  # more than a block of the bandit
    assert float(search.state.loss) < before / 2
    assert np.allclose(search.state.counts, recounted(search.state.table), atol=1e-3)
    assert np.asarray(search.state.table).max(axis=0).tolist() <= [size - 1 for size in SIZES]


@pytest.mark.parametrize(("operator", "cells"), [("mutate", 1), ("cross1", 1), ("cross2", 2)])
def test_children_change_so_many_cells_of_one_row(table, operator, cells):
    most = 0
    for key in jax.random.split(jax.random.PRNGKey(4), 40):
        sizes = jnp.asarray(SIZES, jnp.float32)
        places, rows = original.child(operator, sizes, jnp.asarray(table, jnp.float32), key)
        assert rows.shape == (1, len(SIZES))
        most = max(most, int((np.asarray(rows) != table[np.asarray(places)]).sum()))
    assert most == cells


def test_swap_leaves_single_columns_as_they_are(table):
    for key in jax.random.split(jax.random.PRNGKey(5), 20):
        sizes = jnp.asarray(SIZES, jnp.float32)
        places, rows = original.child("swap", sizes, jnp.asarray(table, jnp.float32), key)
        before, after = table[np.asarray(places)], np.asarray(rows)
        assert np.array_equal(np.sort(before, axis=0), np.sort(after, axis=0))


@pytest.fixture
def small(tmp_path) -> Path:
    pytest.importorskip("opendp")
    rng = np.random.default_rng(6)
    a = rng.integers(0, 2, 200)
    rows = np.stack([a, rng.integers(0, 3 - a), (a + (rng.random(200) < 0.1)) % 2], axis=1)
    lines = [",".join(map(str, row)) for row in rows.tolist()]
    (tmp_path / "small.csv").write_text("\n".join(["a,b,c", *lines]) + "\n")
    (tmp_path / "small.json").write_text(json.dumps({"a": 2, "b": 3, "c": 2}))
    (tmp_path / "small.toml").write_text(CAMPAIGN)
    return tmp_path / "small.toml"


def test_variants_share_answers_where_the_same_is_measured(small):
    plain = Trial(config.load(small))
    for name, overrides in ours.VARIANTS.items():
        same = name in ("file", "strict", "unconstrained")
        assert plain.same_answers(Trial(config.load(small, overrides))) == same


def test_target_follows_from_the_answers(small):
    plain = Trial(config.load(small))
    strict = Trial(config.load(small, ours.STRICT))
    codes = np.array([[0, 2, 0], [1, 1, 1]] * 100, np.uint16)
    prepared = plain.measured(codes)
    again = plain.retargeted(prepared, len(codes))
    assert prepared.keys() == again.keys()
    assert all(np.array_equal(prepared[name], again[name]) for name in prepared)
    other = strict.retargeted(prepared, len(codes))
    assert np.array_equal(other["answers"], prepared["answers"])
    assert not np.array_equal(other["target"], prepared["target"])


def test_lines_of_every_draw_and_variant(small, tmp_path):
    lines = Lines(tmp_path / "deep" / "lines.jsonl")
    variants = {name: ours.VARIANTS[name] for name in ("file", "unconstrained")}
    variants |= {"again": ("evaluator.epsilon=50",)}  # changes nothing
    ours.run(lines, [small], variants, [1, 2])
    found = lines.of("ours")
    assert [(line["variant"], line["draw"]) for line in found] == [
        ("file", 1),
        ("unconstrained", 1),
        ("file", 2),
        ("unconstrained", 2),
    ]
    assert all(line["avg_tvd_2"] < 0.1 for line in found)  # columns on their own: 0.2
    assert found[0]["broken"] == 0
    assert "as the file says" in page.ours(found)


def test_errors_of_the_table_itself():
    domain = Domain.from_json({"a": 2, "b": 3})
    rules = constraints.parse(["b != 2 if a == 1"], domain)
    codes = np.array([[0, 0], [1, 2], [1, 2]], np.uint16)
    found = errors(codes, codes, domain, rules)
    assert found.pop("broken") == 2
    assert set(found.values()) == {0.0}


def peer(folder: Path, script: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_peer_reads_codes_and_writes_a_table(tmp_path):
    python = peer(tmp_path, """cat > "$0.json"; cp "$3" "$4"; echo '{"seconds": 2.5}'""")
    codes = np.arange(6, dtype=np.uint16).reshape(3, 2)
    method = dpmm.methods(10, ["reduced"])[0]
    made = dpmm.synthesise(python, method, codes, [5, 6], 1.0, 1e-5, 60)
    assert made is not None
    assert np.array_equal(made[0], codes)
    assert made[1] == {"seconds": 2.5}
    told = json.loads((tmp_path / "python.json").read_text())
    assert told["sizes"] == [5, 6]
    assert (told["epsilon"], told["delta"], told["rows"]) == (1.0, 1e-5, 3)
    assert told["options"] == {"rounds": 20, "n_iters": 300}


def test_peer_that_takes_too_long_has_no_table(tmp_path):
    python = peer(tmp_path, "sleep 60")
    codes = np.zeros((2, 2), np.uint16)
    assert dpmm.synthesise(python, dpmm.Method("mst"), codes, [1, 1], 1.0, 1e-5, 0.2) is None


def test_peer_that_is_not_there_is_told():
    with pytest.raises(dpmm.PeerError, match="expected a Python"):
        dpmm.interpreter(Path(sys.executable))


def test_lines_survive_a_write_that_was_cut_off(tmp_path):
    lines = Lines(tmp_path / "lines.jsonl")
    lines.add("speed", table="x", code="1")
    with lines.path.open("a") as file:
        file.write('{"command": "spe')
    assert [line["table"] for line in lines.of("speed")] == ["x"]
    assert lines.of("peers") == []


def test_lines_of_other_code_are_left_out():
    lines = [{"k": 1, "code": "old"}, {"k": 2, "code": "old"}, {"k": 1, "code": "new"}]
    assert grouped(lines, "k") == {(1,): lines[2:], (2,): lines[1:2]}


def test_tables_go_into_the_pages_that_name_them(tmp_path):
    lines = Lines(tmp_path / "lines.jsonl")
    figures = dict.fromkeys(page.ERRORS, 0.25)
    base = {"table": "acs10", "epsilon": 1.0, "neighbours": "add-remove"}
    lines.add("peers", **base, variant="AIM", seconds=2.0, broken=3.0, **figures)
    lines.add("peers", **base, variant="slow", stopped_after=1800)
    text = "<!-- made by python -m benchmarks private_data {} -->\n\nold\n\n<!-- end -->\n"
    path = tmp_path / "results" / "page.md"
    path.parent.mkdir()
    path.write_text(text.format("peers") + text.format("speed"))
    assert page.write(lines, tmp_path) == [path]
    written = path.read_text()
    assert "AIM, add-remove" in written
    assert "0.2500" in written
    assert "over 1,800" in written
    assert written.count("old") == 1
    assert page.write(lines, tmp_path) == []


def test_rates_are_compared_within_rounds():
    lines = [
        {"table": "t", "contestant": name, "children": 1e6, "seconds": s, "compile_seconds": 1}
        for s in (1.0, 2.0)
        for name, s in (("original", 100 * s), ("ours", s))
    ]
    rows = {line.split("|")[1].strip(): line for line in page.speed(lines).splitlines()[2:]}
    assert rows["original"].split("|")[4].strip() == "100"


def test_means_stand_with_their_deviation():
    lines = [{"x": 0.1}, {"x": 0.3}]
    assert page.spread(lines, "x") == "0.2000 ± 0.1414"
    assert page.spread(lines[:1], "x") == "0.1000"


def test_plot_is_a_file_of_its_own(tmp_path):
    path = tmp_path / "plot.svg"
    plot.write(
        [{"table": "t", "epsilon": e, "avg_tvd_2": 0.1 / e} for e in (0.07, 1.0, 10.0)], path
    )
    text = path.read_text()
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text
    assert "inherit" not in text


def test_halves_are_all_rows():
    codes = np.arange(100, dtype=np.uint16).reshape(50, 2)
    private, test = downstream.halves(codes, 1)
    assert (len(private), len(test)) == (40, 10)
    both = np.concatenate([private, test])
    assert np.array_equal(both[np.argsort(both[:, 0])], codes)
    assert not np.array_equal(private, downstream.halves(codes, 2)[0])


def test_columns_on_their_own_keep_their_counts(table):
    permuted = downstream.permuted(table.astype(np.uint16), 1)
    assert np.array_equal(np.sort(permuted, axis=0), np.sort(table, axis=0))
    assert not np.array_equal(permuted, table)


def test_question_hides_what_would_tell():
    task = downstream.Task("q", "b", yes=(2,), out=(0,), hidden=("c",))
    codes = np.array([[5, 0, 7], [6, 1, 8], [7, 2, 9]], np.uint16)
    features, answers = task.split(codes, ["a", "b", "c"])
    assert features.tolist() == [[6], [7]]
    assert answers.tolist() == [False, True]


def test_questions_name_columns_that_are_there():
    for name, tasks in downstream.TASKS.items():
        known = downstream.Source.named(name).domain
        for task in tasks:
            assert {task.column, *task.hidden} <= set(known.names)
            assert max(task.yes) < known.sizes[known.names.index(task.column)]


def test_classifiers_tell_what_can_be_told():
    pytest.importorskip("sklearn")
    codes = np.random.default_rng(7).integers(0, 3, (300, 2)).astype(np.uint16)
    answers = codes[:, 0] > 0
    for model in downstream.models([3, 3], 1).values():
        assert downstream.judged(model, (codes, answers), (codes, answers))["auc"] == 1
    constant = downstream.judged(
        next(iter(downstream.models([3, 3], 1).values())),
        (codes, np.ones(300, bool)),
        (codes, answers),
    )
    assert constant["auc"] == 0.5
    assert constant["accuracy"] == pytest.approx(answers.mean())


def test_command_takes_arguments_of_its_own():
    assert "private_data" not in all_of_them.names()
    with pytest.raises(SystemExit):
        main(["nothing"])
