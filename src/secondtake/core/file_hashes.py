"""The sha256 of files, each read once: remembered while its fingerprint stays the same."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.serialization import JsonFileError, read_json, write_checked

FORMAT = 1
MEMORY = ".hashes.json"  # of a song's files, in its results
SETTLED_NS = 2_000_000_000  # a younger file may change again within one tick of its times

Known = tuple[tuple[int, ...], str]  # a file's fingerprint when it was read, its sha256


class FileHashes:
    """The hashes of files, kept in a JSON file of their own.

    A file is read again when its size, times or inode differ from those it had when it was read,
    and while it is younger than two seconds. A memory that is damaged is begun anew: it saves
    time, and decides nothing.
    """

    def __init__(self, memory: Path, known: dict[str, Known]) -> None:
        self.memory = memory
        self._known = known
        self._new: dict[str, Known] = {}
        self._prefix = f"{memory.parent}{os.sep}"  # pathlib's relative_to takes longer than a stat

    @classmethod
    def load(cls, memory: Path) -> "FileHashes":
        """The hashes that a memory holds; none if it is absent, damaged or cannot be read."""
        return cls(memory, _read(memory))

    def sha256(self, path: Path) -> str:
        """The sha256 of a file in hexadecimal. OSError if it cannot be read."""
        key = self._key(path)
        before = file_fingerprint(path)
        fingerprint, digest = self._known.get(key, ((), ""))
        if fingerprint == before:
            return digest
        digest, read_at = sha256_of(path), time.time_ns()
        _, modified, changed, _ = before
        if file_fingerprint(path) == before and read_at - max(modified, changed) >= SETTLED_NS:
            self._known[key] = self._new[key] = (before, digest)
        return digest

    def of(self, paths: Iterable[Path]) -> dict[Path, str]:
        """The sha256 of every path that is a file."""
        return {path: self.sha256(path) for path in dict.fromkeys(paths) if path.is_file()}

    def save(self) -> None:
        """Write what is new to the memory, beside what others wrote meanwhile. May OSError."""
        if not self._new:
            return
        known = {**_read(self.memory), **self._new}
        files = {key: entry for key, entry in known.items() if self._path(key).exists()}
        write_checked(self.memory, {"format": FORMAT, "files": files}, compact=True)
        self._new = {}

    def _key(self, path: Path) -> str:
        name = str(path)
        if name.startswith(self._prefix):
            return name[len(self._prefix) :]
        return str(path.absolute())

    def _path(self, key: str) -> Path:
        return self.memory.parent / key


def _read(memory: Path) -> dict[str, Known]:
    def parse(value: Any) -> dict[str, Known]:
        if value["format"] != FORMAT:
            raise ValueError(f"format {value['format']}, expected {FORMAT}")
        return {key: _entry(*entry) for key, entry in value["files"].items()}

    try:
        return read_json(memory, parse)
    except JsonFileError:
        return {}


def _entry(fingerprint: list[int], digest: str) -> Known:
    if len(fingerprint) != 4 or len(bytes.fromhex(digest)) != 32:
        raise ValueError("no fingerprint and sha256")
    return tuple(map(int, fingerprint)), digest
