"""Whether an environment is as it was built: nothing in it deleted, cut, exchanged or added.

What makes it is held by hash in its marker: the interpreter, its settings, its programs, and of
each package the list of its files (RECORD); by name and kind, whatever lies beside the packages,
where Python would import it. The files themselves are held by the sizes that those lists state:
21 000 of them, the most that an environment has, are looked at in 0.15 s.
"""

import csv
import os
import stat
from collections.abc import Container, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from secondtake.core.environ import MARKER
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.serialization import JsonFileError, read_json

PARTS = "parts"  # in the marker
READABLE = stat.S_IFREG | stat.S_IRUSR  # a file that its owner can read


def site_packages(folder: Path, python: str) -> Path:
    """The folder of an environment's packages. python: its version, such as 3.11."""
    return folder / "lib" / f"python{python}" / "site-packages"


def parts_of(folder: Path, python: str, ours: str) -> dict[str, str]:
    """What makes an environment: each part's hash, or where its link leads.

    ours: the name of the .pth file that is written anew whenever it is wrong. OSError if a part
    cannot be read.
    """
    packages = site_packages(folder, python)
    files = [folder / "pyvenv.cfg", *packages.glob("*.dist-info/RECORD")]
    files += [path for path in packages.glob("*.pth") if path.name != ours]
    files += [path for path in (folder / "bin").iterdir() if not path.is_dir()]
    parts = {str(path.relative_to(folder)): _identity(path) for path in files}
    folders = (folder, folder / "bin", *packages.parents[:2], packages)
    names = {f"{path.relative_to(folder)}/": _entries(path, {MARKER, ours}) for path in folders}
    interpreter = (folder / "bin" / "python").resolve(strict=True)
    status = interpreter.stat()
    facts = f"{interpreter} {status.st_size} {status.st_mtime_ns}"
    text = facts.encode(errors="backslashreplace").decode()
    return {**parts, **names, "interpreter": text}


def is_whole(folder: Path, facts: Mapping[str, Any], ours: str) -> bool:
    """True if an environment is there as it was built, from these facts, which its marker has."""
    marker = folder / MARKER
    try:
        expected = {**facts, PARTS: parts_of(folder, facts["python"], ours)}
        if read_json(marker, lambda value: dict(value)) != expected:
            return False
        packages = site_packages(folder, facts["python"])
        return not _damaged_as_built(packages, file_fingerprint(marker))
    except (JsonFileError, OSError):
        return False


@cache
def _damaged_as_built(packages: Path, marker: tuple[int, ...]) -> list[str]:
    """See `damaged_packages`; asked once in a process of one and the same environment."""
    return damaged_packages(packages)


def damaged_packages(packages: Path) -> list[str]:
    """The names of the packages of which a file is not there, or not of its size.

    OSError if a list of files cannot be read.
    """
    damaged, folder = [], str(packages)
    for record in sorted(packages.glob("*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as lines:
            if not all(_has_size(folder, row) for row in csv.reader(lines)):
                damaged.append(record.parent.name.partition("-")[0])
    return damaged


def _has_size(folder: str, row: list[str]) -> bool:
    """row: a file's path, its hash and its size, which a package may leave out."""
    path, _, size = row
    try:
        status = os.stat(f"{folder}/{path}")  # noqa: PTH116 - 21 000 paths would take twice as long
    except OSError:
        return False
    return status.st_mode & READABLE == READABLE and (not size or status.st_size == int(size))


def _entries(folder: Path, ours: Container[str]) -> str:
    """The names in a folder, a link's with an @, a folder's with a slash. Hidden ones can't be
    imported, caches come and go."""
    with os.scandir(folder) as entries:
        names = [
            f"{entry.name}{'@' if entry.is_symlink() else '/' if entry.is_dir() else ''}"
            for entry in entries
            if not entry.name.startswith(".") and entry.name != "__pycache__"
        ]
    text = " ".join(sorted(name for name in names if name not in ours))
    return text.encode(errors="backslashreplace").decode()


def _identity(path: Path) -> str:
    return f"-> {path.readlink()}" if path.is_symlink() else sha256_of(path)
