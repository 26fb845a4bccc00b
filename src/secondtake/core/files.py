"""Files that are whole or absent: written aside, synced, moved into place."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from secondtake.core.errors import with_path

BLOCK_BYTES = 1 << 20


def _current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


UMASK = _current_umask()  # read once, while there is one thread: reading it means setting it


@contextmanager
def replacing(path: Path, needed: int = 0) -> Iterator[BinaryIO]:
    """Open a file that takes `path`'s place when the block ends well, and vanishes otherwise.

    The bytes are on the disk before the name points at them, so that a kill or a power cut at
    any moment leaves the old file or the new one. OSError if the folder cannot be written, or has
    no room for the `needed` bytes.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, no file", str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = _open_aside(path)
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
    except OSError as error:
        if type(error) is OSError and error.errno and error.filename is None:  # of the bytes
            raise with_path(error, path, needed) from None
        raise


def _open_aside(path: Path) -> tuple[int, Path]:
    """A new file beside `path`. It is locked until it has its name, so that whoever removes what
    killed runs left (secondtake.core.leftovers) leaves it alone."""
    while True:
        descriptor, name = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix=".part", dir=path.parent
        )
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)  # it was removed before it was locked


def open_file(path: Path) -> BinaryIO:
    """Open a file to read it. OSError for what is none: a pipe would be waited for without end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return path.open("rb")


def set_aside(path: Path) -> Path:
    """Give whatever has a name another one, under which it can be looked at; its new path."""
    names = (f"{path.stem}.damaged{number or ''}{path.suffix}" for number in count())
    target = next(new for name in names if not os.path.lexists(new := path.with_name(name)))
    return path.rename(target)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all that is in it as far as it can be removed, also what its owner may
    not read or write."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.is_dir() or folder.is_symlink():
        return
    folder.chmod(stat.S_IRWXU)
    for path, names, _ in os.walk(folder):  # from the top: what is below is read after this
        for inside in (Path(path, name) for name in names):
            if not inside.is_symlink():
                inside.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def write_text(path: Path, text: str) -> bool:
    """Write UTF-8 text; True if that changed the file. An equal file is left untouched."""
    return write_bytes(path, text.encode(errors="backslashreplace"))  # no name need be UTF-8


def write_bytes(path: Path, data: bytes) -> bool:
    """Write a file; True if that changed it. An equal file is left untouched."""
    if path.is_file() and path.read_bytes() == data:
        return False
    with replacing(path, len(data)) as file:
        file.write(data)
    return True


def write_json(path: Path, value: Any) -> bool:
    """Write JSON with sorted keys, so that equal values are equal bytes. See `write_text`."""
    return write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """JSON in lines, with sorted keys."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """The file's sha256 in hexadecimal, read in blocks; `on_bytes` hears each block's length.

    OSError if it cannot be read, or is no file.
    """
    digest = hashlib.sha256()
    with open_file(path) as file:
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
