import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from evosearch.errors import DocumentFormatError, ExportError
from evosearch.export.document import ProgramDocument
from evosearch.export.file import default_path, export, export_vector
from evosearch.export.targets.json import JsonExporter
from evosearch.export.targets.python import PythonExporter
from tests.export.programs import exponential


def test_an_export_is_written_checked_and_named(tmp_path):
    path = default_path(tmp_path, "exp2", 17, "py")
    assert path == tmp_path / "exp2" / "exp2-17.py"
    result = export(exponential(), PythonExporter(), path)
    assert result.status == "ok"
    assert result.points > 100
    assert [entry.name for entry in path.parent.iterdir()] == ["exp2-17.py"]


def test_nothing_appears_when_the_check_fails(tmp_path, monkeypatch):
    path = tmp_path / "program.json"
    path.write_text("before")
    monkeypatch.setattr(JsonExporter, "write", lambda *_: "{}")
    with pytest.raises(ExportError, match=r"program\.json was not written: .*format"):
        export(exponential(), JsonExporter(), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_appears_when_writing_is_interrupted(tmp_path, monkeypatch):
    def interrupted(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(exponential(), JsonExporter(), tmp_path / "program.json")
    assert list(tmp_path.iterdir()) == []


def test_nothing_appears_where_files_may_not_grow(tmp_path):
    script = """
import resource, signal, sys
from pathlib import Path
from evosearch.errors import ExportError
from evosearch.export.file import export
from evosearch.export.targets.json import JsonExporter
from tests.export.programs import exponential

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    export(exponential(), JsonExporter(), Path(sys.argv[1]))
except ExportError as error:
    print(error)
"""
    path = tmp_path / "program.json"
    path.write_text("before")
    command = [sys.executable, "-c", script, path]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert "cannot write" in done.stdout
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "program.json"
    path.symlink_to(victim)
    export(exponential(), JsonExporter(), path)
    assert victim.read_text() == "precious"
    assert stat.S_ISREG(path.lstat().st_mode)
    assert ProgramDocument.read(path) == exponential()


def test_a_place_that_cannot_be_written_is_an_export_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot write"):
        export(exponential(), JsonExporter(), tmp_path / "file" / "program.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ExportError, match="cannot write"):
        export(exponential(), JsonExporter(), tmp_path / "folder.json")


@pytest.mark.parametrize(
    ("campaign", "name"),
    [
        ("../../etc", "_.._etc"),
        ("/etc/passwd", "_etc_passwd"),
        ("a\0b\n", "a_b_"),
        ("..", "campaign"),
        ("", "campaign"),
        ("Exp2.fast-1", "Exp2.fast-1"),
        ("x" * 300, "x" * 64),
    ],
)
def test_campaign_names_stay_under_the_root(campaign, name, tmp_path):
    path = default_path(tmp_path, campaign, 3, "c")
    assert path == tmp_path / name / f"{name}-3.c"


def test_a_folder_that_is_a_link_out_of_the_root_is_refused(tmp_path):
    root, outside = tmp_path / "runs", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "exp2").symlink_to(outside)
    with pytest.raises(ExportError, match="leads out"):
        default_path(root, "exp2", 1, "json")


def test_vectors_are_exported_as_json(tmp_path):
    genes = {"rate": 0.1, "layers": 3, "optimizer": "adam", "bias": True}
    path = tmp_path / "vector.json"
    result = export_vector(genes, {"campaign": "tune", "id": 4}, path)
    assert result.status == "ok"
    assert json.loads(path.read_text()) == {
        "format": "evosearch-vector",
        "version": 1,
        "genes": genes,
        "metadata": {"campaign": "tune", "id": 4},
    }
    with pytest.raises(DocumentFormatError, match="not finite"):
        export_vector({"rate": float("nan")}, {}, path)
