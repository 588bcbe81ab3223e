"""Reading data never runs code of them: an audit hook watches the interpreter."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evosearch.campaign import Campaign
from evosearch.config import load
from evosearch.export.document import ProgramDocument

TOY = Path(__file__).parents[1] / "resume" / "toy.py"
CONFIG = """
[campaign]
name = "pairs"
[space]
use = "./plugin.py:Pairs"
[evaluator]
use = "./plugin.py:Distance"
[algorithm]
population = 12
[execution]
use = "inline"
[budget]
generations = 3
"""
WATCHED = """
import sys
from pathlib import Path

FORBIDDEN = {
    "exec", "compile", "import", "marshal.loads", "pickle.find_class", "os.system", "os.exec",
    "subprocess.Popen", "ctypes.dlopen", "code.__new__",
}
seen = []

def hook(event, arguments):
    if event in FORBIDDEN:
        seen.append((event, str(arguments)[:200]))

def read(url, document, genomes):
    from evosearch.errors import EvosearchError
    from evosearch.export.document import ProgramDocument
    from evosearch.genomes.program import ProgramBatch
    from evosearch.genomes.table import TableBatch
    from evosearch.genomes.vector import VectorBatch
    from evosearch.store import queries
    from evosearch.store.store import Store

    with Store.open(url) as store:
        for campaign in queries.campaigns(store):
            name = campaign["campaign"]
            queries.status(store, name), queries.events(store, name), queries.history(store, name)
            for member in queries.front(store, name):
                queries.lineage(store, name, member.id), queries.genome(store, name, member.id)
        store.check()
    simple = ProgramDocument.from_json(document).simplified()
    batch = simple.to_program()
    ProgramBatch.from_bytes(batch.to_bytes())
    for kind in (ProgramBatch, VectorBatch, TableBatch):
        for row in genomes:
            try:
                kind.from_bytes([row])
            except EvosearchError:
                pass

document = Path(sys.argv[3]).read_text()
hostile = [b"", b"cos\\nsystem\\n(S'true'\\ntR.", b"\\x80\\x04\\x95", b"EvP\\x01" + bytes(40)]
read(sys.argv[1], document, hostile)  # what is loaded late is loaded now
sys.addaudithook(hook)
read(sys.argv[2], document, hostile)
if len(sys.argv) > 4:
    eval("1 + 1")
print(len(seen), seen[:3])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two databases, of which the second's names and texts look like code, and a document."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "plugin.py").write_text(TOY.read_text())
    (folder / "pairs.toml").write_text(CONFIG)
    for name in ("first", "second"):
        config = load(
            folder / "pairs.toml", ["campaign.notes=\"__import__('os').system('true')\""]
        )
        with Campaign.create(config, f"sqlite:///{folder / name}.db") as campaign:
            campaign.run()
    (folder / "plugin.py").write_text("raise SystemExit('a database has run me')\n")
    (folder / "watched.py").write_text(WATCHED)
    document = {
        "format": "evosearch-program",
        "version": 1,
        "inputs": ["x"],
        "constants": ["1.5"],
        "nodes": [{"op": "mul", "args": ["x", "c0"]}],
        "outputs": ["n0"],
        "metadata": {"note": "__import__('os').system('true')"},
    }
    ProgramDocument.from_json(json.dumps(document))
    (folder / "document.json").write_text(json.dumps(document))
    return folder


def watched(folder, *more):
    urls = [f"sqlite:///{folder / name}.db" for name in ("first", "second")]
    command = [sys.executable, folder / "watched.py", *urls, folder / "document.json", *more]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_is_imported_compiled_or_unpickled(folder):
    assert watched(folder) == "0 []"


def test_the_hook_would_see_it(folder):
    assert watched(folder, "eval").startswith("2 [('compile'")
