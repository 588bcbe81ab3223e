"""Every example of the documentation is run, each page from top to bottom in its own folder.

The conventions (what runs, what is written to a file, how sizes are cut) stand in
CONTRIBUTING.md under "Documentation is run".
"""

import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EVOSEARCH = Path(sys.executable).with_name("evosearch")

BLOCK = re.compile(
    r"(?:^<!-- *(?P<mark>file|not run): *(?P<value>.+?) *-->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
FAST = {"README.md", "docs/walk-of-an-individual.md", "docs/write-a-search-space.md"}
SMALL = {"population": 32, "generations": 2, "evaluations": 64, "max_operations": 5}
MORE = {"generations": 4, "evaluations": 128}  # for a command that raises a budget


@dataclass(frozen=True)
class Block:
    """One fenced block; ``mark`` is "file" or "not run", else None."""

    language: str
    text: str
    line: int
    mark: str | None
    value: str | None


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    return [
        Block(
            match["language"],
            match["text"],
            source.count("\n", 0, match.start()) + 1,
            match["mark"],
            match["value"],
        )
        for match in BLOCK.finditer(source)
    ]


def shortened(text: str, sizes: dict[str, int]) -> str:
    """A campaign file or a command line with these sizes in place of its own."""
    for key, size in sizes.items():
        text = re.sub(rf"\b{key} ?= ?\d+", f"{key}={size}", text)
    return text


def pages() -> list[object]:
    """Every page; those whose campaigns take their time are slow."""
    return [
        pytest.param(path, id=name, marks=[] if name in FAST else pytest.mark.slow)
        for path in PAGES
        for name in [str(path.relative_to(ROOT))]
    ]


class Page:
    """Runs the blocks of one page in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.namespace: dict[str, object] = {}
        self.environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}

    def run(self, block: Block) -> None:
        if block.mark == "not run":
            return
        if block.language == "toml":
            tomllib.loads(block.text)
        if block.mark == "file":
            text = shortened(block.text, SMALL) if block.language == "toml" else block.text
            (self.folder / str(block.value)).write_text(text, encoding="utf-8")
        elif block.language == "python":
            source = self.folder / f"line_{block.line}.py"
            source.write_text(block.text, encoding="utf-8")
            self.namespace = runpy.run_path(str(source), init_globals=self.namespace)
        elif block.language == "console":
            for line in block.text.splitlines():
                if line.startswith("$ "):
                    self.command(line.removeprefix("$ "))

    def command(self, line: str) -> None:
        arguments = shlex.split(shortened(line, SMALL | MORE), comments=True)
        assert arguments[0] == "evosearch", f"mark a block that is not to be run: {line}"
        result = subprocess.run(
            [EVOSEARCH, *arguments[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, f"$ {line}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize("path", pages())
def test_examples_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    page = Page(tmp_path)
    for block in blocks(path):
        page.run(block)


def test_campaign_files_stand_in_the_readme_as_they_are():
    [text] = [block.text for block in blocks(ROOT / "README.md") if block.value == "exp2.toml"]
    shipped = (ROOT / "runs" / "exp2.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == tomllib.loads(shipped)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target
