"""A disk after a power cut: what was synced is there, of the rest any part."""

import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

WRITE, TRUNCATE, SYNC, UNLINK, SAID = range(1, 6)
_HEAD = struct.Struct("<IIqQ")
_SECTOR = 512


@dataclass(frozen=True)
class Record:
    """Something that a driver did, see recorder.c."""

    kind: int
    path: str
    offset: int
    data: bytes


def read(log: Path) -> list[Record]:
    """All records, in order."""
    data, start, records = log.read_bytes(), 0, []
    while start < len(data):
        kind, path, offset, length = _HEAD.unpack_from(data, start)
        start += _HEAD.size
        name = data[start : start + path].decode()
        start += path
        length = length if kind in (WRITE, SAID) else 0
        records.append(Record(kind, name, offset, data[start : start + length]))
        start += length
    return records


def said(records: list[Record]) -> str:
    """What the driver had printed."""
    return b"".join(record.data for record in records if record.kind == SAID).decode()


@dataclass
class Disk:
    """Contents of files by path, and for each what is not synced yet."""

    files: dict[str, bytearray] = field(default_factory=dict)
    loose: dict[str, list[Record]] = field(default_factory=dict)

    def do(self, record: Record) -> None:
        """Take a record in."""
        if record.kind == SYNC:
            for each in self.loose.pop(record.path, []):
                self._apply(each)
        elif record.kind == UNLINK:
            self.files.pop(record.path, None)
            self.loose.pop(record.path, None)
        elif record.kind != SAID:
            self.loose.setdefault(record.path, []).append(record)

    def cut(self, rng: random.Random) -> None:
        """Lose power: of what is not synced each sector is there or not."""
        for records in self.loose.values():
            for record in records:
                if record.kind == TRUNCATE:
                    if rng.random() < 0.5:
                        self._apply(record)
                    continue
                for at in range(0, len(record.data), _SECTOR):
                    if rng.random() < 0.5:
                        part = record.data[at : at + _SECTOR]
                        self._apply(Record(WRITE, record.path, record.offset + at, part))
        self.loose.clear()

    def save(self, before: Path, folder: Path) -> None:
        """Write the files that were below ``before`` into ``folder``."""
        for path, content in self.files.items():
            if not path.endswith("-shm"):  # an index of the WAL that is made anew
                (folder / Path(path).relative_to(before)).write_bytes(content)

    def _apply(self, record: Record) -> None:
        content = self.files.setdefault(record.path, bytearray())
        end = record.offset + len(record.data)
        if record.kind == TRUNCATE:
            del content[record.offset :]
        content.extend(bytes(max(0, end - len(content))))
        content[record.offset : end] = record.data
