"""Files that are whole or absent: written aside, synced, moved into place."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

BLOCK_BYTES = 1 << 20


def _current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


UMASK = _current_umask()  # read once, while there is one thread: reading it means setting it


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes `path`'s place when the block ends well, and vanishes otherwise.

    The bytes are on the disk before the name points at them, so that a kill or a power cut at
    any moment leaves the old file or the new one. OSError if the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o666 & ~UMASK)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_text(path: Path, text: str) -> bool:
    """Write UTF-8 text; True if that changed the file. An equal file is left untouched."""
    data = text.encode(errors="backslashreplace")  # a name of a file need not be UTF-8
    if path.is_file() and path.read_bytes() == data:
        return False
    with replacing(path) as file:
        file.write(data)
    return True


def write_json(path: Path, value: Any) -> bool:
    """Write JSON with sorted keys, so that equal values are equal bytes. See `write_text`."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return write_text(path, text + "\n")


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """The file's sha256 in hexadecimal, read in blocks; `on_bytes` hears each block's length."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            if on_bytes:
                on_bytes(len(block))
    return digest.hexdigest()


def file_fingerprint(path: Path) -> tuple[int, ...]:
    """Size, times and inode: they change when someone writes to, cuts or replaces a file."""
    status = path.stat()
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def hashes(paths: Iterable[Path]) -> dict[Path, str]:
    """The sha256 of every path that is a file; each is read once."""
    return {path: sha256_of(path) for path in dict.fromkeys(paths) if path.is_file()}


def canonical(value: Any) -> str:
    """JSON in one agreed form (sorted keys, no spaces), for hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network and FUSE file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
