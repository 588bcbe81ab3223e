"""Lines: results as JSON lines, appended as they come, so that a killed run loses nothing."""

import json
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / "runs" / "benchmarks" / "private_data.jsonl"
NOT_DECISIVE = {"findings", "draft"}  # modules that no table depends on

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Lines:
    """A file of results; each line says in ``command`` which table it belongs to."""

    path: Path = DEFAULT

    def add(self, command: str, **facts: Any) -> None:
        """Append one line, and print it."""
        text = json.dumps({"command": command, **facts})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        print(text, flush=True)

    def of(self, command: str) -> list[Line]:
        """Those of one table; a last line that was cut off is left out."""
        if not self.path.exists():
            return []
        found = []
        for text in self.path.read_text("utf-8").splitlines():
            try:
                found.append(json.loads(text))
            except ValueError:
                continue
        return [line for line in found if line["command"] == command]


def grouped(lines: Sequence[Line], *keys: str) -> dict[tuple[Hashable, ...], list[Line]]:
    """Lines with the same values of keys, in the order of the first one.

    Of a group, those are left out that other code made than its last line.
    """
    groups: dict[tuple[Hashable, ...], list[Line]] = defaultdict(list)
    for line in lines:
        groups[tuple(line.get(key) for key in keys)].append(line)
    return {
        key: [line for line in each if line.get("code") == each[-1].get("code")]
        for key, each in groups.items()
    }


@lru_cache
def code() -> str:
    """Changes with the code of the evaluator and of the search space that the tables come from."""
    digest = blake2b(digest_size=4)
    for folder in ("evaluators/private_data", "search_spaces/tables"):
        for path in sorted((ROOT / folder).glob("*.py")):
            if path.stem not in NOT_DECISIVE:
                digest.update(path.read_bytes())
    return digest.hexdigest()
