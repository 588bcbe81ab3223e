"""Plug-ins: found by every kind of name, and told from what they are not."""

from pathlib import Path

import numpy as np
import pytest

from evosearch import plugins, seeding
from evosearch.contracts import Operator, Status
from evosearch.errors import PluginError
from evosearch.genomes.program import ProgramBatch
from tests.resume.toy import Pairs, PairsOptions

TOY = Path(__file__).parent / "resume" / "toy.py"
GENES = {
    "x": {"kind": "real", "low": -1.0, "high": 1.0},
    "n": {"kind": "integer", "low": 1, "high": 3},
}


def resolve(use, base=Path(), kind="evaluator"):
    return plugins.resolve(kind, use, base)


def hyperparameters():
    plugin = resolve("hyperparameters", kind="search space")
    return plugins.make_space(plugin, {"genes": GENES}, Path())


def function(folder, text, space=None):
    (folder / "mine.py").write_text(text)
    plugin = resolve("./mine.py:evaluate", folder)
    return plugins.make_evaluator(plugin, {}, folder, space or hyperparameters())


def test_an_installed_name():
    plugin = resolve("hyperparameters", kind="search space")
    assert plugin.target.__name__ == "Hyperparameters"
    assert plugin.version
    assert "hyperparameters" in plugins.installed("search space")


def test_a_module_and_a_file_give_the_same_class_and_hash():
    by_module = resolve("tests.resume.toy:Pairs", kind="search space")
    by_file = resolve("resume/toy.py:Pairs", Path(__file__).parent, kind="search space")
    assert by_module.target is Pairs
    assert by_file.target.__name__ == "Pairs"
    assert resolve(f"{TOY}:Pairs").target is by_file.target  # a file is run once


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("aproximation", r"did you mean 'approximation'\? .*module:Class, or ./file.py:Class"),
        ("nowhere.at.all:Thing", "importing 'nowhere.at.all' failed: ModuleNotFoundError"),
        ("./nowhere.py:Thing", "cannot read nowhere.py"),
        (
            "tests.resume.toy:Pair",
            "there is no 'Pair' in 'tests.resume.toy'; did you mean 'Pairs'",
        ),
        ("tests.resume.toy:MAGIC", "expected a class or a function"),
    ],
)
def test_what_cannot_be_found_is_explained(use, message):
    with pytest.raises(PluginError, match=message):
        resolve(use)


def test_a_file_that_fails_is_named(tmp_path):
    (tmp_path / "bad.py").write_text("1 / 0\n")
    with pytest.raises(PluginError, match=r"running .*bad.py failed: ZeroDivisionError"):
        resolve("./bad.py:Thing", tmp_path)


def test_the_code_hash_is_that_of_the_content(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("class A: pass\n")
    first = resolve("./mine.py:A", tmp_path)
    file.write_text("class A: x = 1\n")
    second = resolve("./mine.py:A", tmp_path)
    file.write_text("class A: pass\n")
    third = resolve("./mine.py:A", tmp_path)
    assert first.code_hash == third.code_hash != second.code_hash
    assert second.target.x == 1


def test_the_code_hash_of_a_package_covers_its_modules(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text("from some_package.part import A\n")
    (package / "part.py").write_text("class A: pass\n")
    before = resolve("some_package:A").code_hash
    (package / "other.py").write_text("x = 1\n")
    assert resolve("some_package:A").code_hash != before


def test_a_class_may_ask_for_the_folder_or_for_nothing(tmp_path):
    body = "    genome_type = operators = describe = None\n"
    (tmp_path / "mine.py").write_text(
        f"class Bare:\n{body}"
        f"class Placed:\n{body}    def __init__(self, options, base): self.base = base\n"
    )
    bare = resolve("./mine.py:Bare", tmp_path, "search space")
    placed = resolve("./mine.py:Placed", tmp_path, "search space")
    assert plugins.make_space(bare, {}, tmp_path)
    assert plugins.make_space(placed, {}, tmp_path).base == tmp_path
    assert list(bare.options_model.model_fields) == []


def test_what_is_no_search_space_is_told_what_it_lacks(tmp_path):
    (tmp_path / "mine.py").write_text("class Bare: genome_type = None\n")
    plugin = resolve("./mine.py:Bare", tmp_path, "search space")
    with pytest.raises(PluginError, match="no search space: it lacks operators, describe"):
        plugins.make_space(plugin, {}, tmp_path)


def test_space_and_evaluator_must_share_the_genome_type():
    plugin = resolve("tests.resume.toy:Distance")
    with pytest.raises(PluginError, match="scores PairBatch, but the search space makes VectorB"):
        plugins.make_evaluator(plugin, {}, Path(), hyperparameters())


# --- Plain functions --------------------------------------------------------------------------


def score(evaluator, genomes):
    return evaluator.score(genomes, {}, fidelity="full", key=seeding.key(0, "score"))


def sample(space, n=5):
    return space.operators["random"].apply(seeding.stream(1, "birth"), (), n)


def test_a_function_sees_genes_by_name(tmp_path):
    text = (
        'objectives = {"gain": "maximize"}\n'
        "def evaluate(v): return {'cost': v['x'] ** 2, 'gain': v['n'] * len(v)}\n"
    )
    space = hyperparameters()
    evaluator = function(tmp_path, text, space)
    names = [(objective.name, objective.direction) for objective in evaluator.objectives]
    assert names == [("cost", "minimize"), ("gain", "maximize")]
    genomes = sample(space)
    expected = np.stack([genomes.values[:, 0] ** 2, 2 * genomes.values[:, 1]], axis=1)
    assert np.array_equal(score(evaluator, genomes).objectives, expected)


def test_what_a_function_raises_belongs_to_one_individual(tmp_path):
    text = "def evaluate(v): return {'cost': 1 / (v['n'] - 2)}\n"
    space = hyperparameters()
    genomes = sample(space, 30)
    scores = score(function(tmp_path, text, space), genomes)
    failed = genomes.values[:, 1] == 2
    assert failed.any()
    assert np.array_equal(scores.status == Status.ERROR, failed)
    assert "ZeroDivisionError" in scores.messages[int(np.flatnonzero(failed)[0])]


def test_a_function_that_always_fails_is_refused(tmp_path):
    with pytest.raises(PluginError, match=r"failed for each of 64 .* KeyError: 'nope'"):
        function(tmp_path, "def evaluate(v): return {'cost': v['nope']}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def evaluate(v): return 3.0\n", "expected a dict of objective names"),
        (
            "objectives = {'c': 'minimize'}\ndef evaluate(v): return {'cost': 1.0}\n",
            "`objectives`",
        ),
        ("objectives = {'cost': 'up'}\ndef evaluate(v): return {'cost': 1.0}\n", "'maximize'"),
    ],
)
def test_what_a_function_returns_is_checked(text, message, tmp_path):
    with pytest.raises(PluginError, match=message):
        function(tmp_path, text)


def test_the_slow_path_says_so(tmp_path, caplog):
    function(tmp_path, "def evaluate(v): return {'cost': v['x']}\n")
    assert "slow path" in caplog.text


def test_a_function_sees_programs(tmp_path):
    class Identities:
        genome_type = ProgramBatch

        def __init__(self):
            self.operators = {
                "random": Operator(0, lambda *given: ProgramBatch.identity(given[2]))
            }

        def describe(self, genomes):
            return ["x"] * len(genomes)

    text = (
        "import numpy as np\n"
        "def evaluate(p):\n"
        "    x = np.linspace(0, 1, 6).reshape(2, 3)\n"
        "    assert p(x).shape == (2, 3) and p.text == 'x' and len(p.constants) == 0\n"
        "    return {'error': abs(p(x) - x - 1).max(), 'size': p.size}\n"
    )
    evaluator = function(tmp_path, text, Identities())
    scores = score(evaluator, ProgramBatch.identity(3))
    assert np.array_equal(scores.objectives, [[1.0, 0.0]] * 3)


def test_no_options_model_means_no_options():
    assert PairsOptions().shapes == 40
    assert resolve("tests.resume.toy:Pairs").options_model is PairsOptions
