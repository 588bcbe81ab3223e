"""The wheel holds the three packages and nothing else, and works away from the checkout."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"evosearch", "evaluators", "search_spaces"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A new environment with the wheel installed; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    borrowed = Path(subprocess.check_output([sys.executable, "-c", where], text=True).strip())
    # a line of a .pth file is a folder; those of the borrowed packages themselves are not read,
    # so the checkout that is installed there in editable form stays out of sight
    (own / "dependencies.pth").write_text(f"{borrowed}\n")
    return folder


def run(environment, *arguments):
    result = subprocess.run(
        [environment / "bin" / "evosearch", *arguments],
        cwd=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_top_level_names_are_the_three_packages(wheel):
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == PACKAGES


def test_every_source_file_is_inside(wheel):
    packed = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", *sorted(PACKAGES)], cwd=ROOT, capture_output=True, text=True
    )
    expected = tracked.stdout.split() if tracked.returncode == 0 else []
    assert {f"{package}/py.typed" for package in PACKAGES} <= packed
    assert [name for name in expected if name not in packed and (ROOT / name).exists()] == []


def test_commands_work_from_the_installed_wheel(environment):
    assert "evosearch" in run(environment, "--help")
    plugins = run(environment, "plugins")
    assert "expressions" in plugins
    assert "approximation" in plugins
    assert "[]" in run(environment, "list", "--json")


def test_the_installed_packages_are_the_wheel_s(environment):
    script = "import evosearch, evaluators, search_spaces as s; print(evosearch.__file__)"
    python = environment / "bin" / "python"
    found = subprocess.check_output([python, "-c", script], cwd=environment, text=True)
    assert Path(found.strip()).is_relative_to(environment)
