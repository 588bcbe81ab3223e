from importlib import metadata

import pytest

from evosearch.errors import PluginError
from evosearch.export import registry
from evosearch.export.exporter import Exporter

BUILT_IN = {
    "c": "evosearch.export.targets.c:CExporter",
    "jax": "evosearch.export.targets.jax:JaxExporter",
    "json": "evosearch.export.targets.json:JsonExporter",
    "latex": "evosearch.export.targets.latex:LatexExporter",
    "numpy": "evosearch.export.targets.numpy:NumpyExporter",
    "python": "evosearch.export.targets.python:PythonExporter",
    "sympy": "evosearch.export.targets.sympy:SympyExporter",
}


@pytest.fixture
def installed(monkeypatch):
    """The built-in exporters as entry points, whatever is installed."""
    group = "evosearch.exporters"
    points = [metadata.EntryPoint(name, value, group) for name, value in BUILT_IN.items()]
    points.append(metadata.EntryPoint("bad", "collections:Counter", group))
    monkeypatch.setattr(metadata, "entry_points", lambda **_: metadata.EntryPoints(points))


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_exporters_are_found_by_name(name, installed):
    exporter = registry.find(name)
    assert isinstance(exporter, Exporter)
    assert exporter.name == name


def test_an_unknown_name_gets_the_nearest_one(installed):
    assert registry.names() == sorted([*BUILT_IN, "bad"])
    with pytest.raises(PluginError, match="did you mean 'python'"):
        registry.find("pyton")
    with pytest.raises(PluginError, match="no exporter: expected name, suffix"):
        registry.find("bad")


def test_suffixes_differ(installed):
    suffixes = [registry.find(name).suffix for name in BUILT_IN]
    assert len(set(suffixes)) == len(BUILT_IN)
