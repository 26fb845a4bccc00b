"""What killed runs leave, removed by the next one as soon as it has the project's lock.

Files that were being written aside, environments that were being built, links that were being
moved: of whatever date, since nothing that still lives has them. A download that was cut short
stays: the next fetch goes on from there.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from secondtake.core.files import remove_tree
from secondtake.core.project import Project

ENVIRONMENTS = ".venvs"  # the folder that holds them
# Folders of the project in which files are written aside, and those of its cache.
WRITTEN = ("results", "songs", "data/baseline", "requirements")
CACHED = ("analysis", "converted", "weights", "huggingface")
BLOBS = "blobs"  # whose .part files are downloads to go on with
LINK = ".venv-*.part"  # to an environment
PACKAGES = "*/lib/python*/site-packages"
SCRATCH = ".cache/reproduce"  # of the project: where `invoke reproduce` makes a take again
BUILDING = (".building-*", ".link-*")  # in the folder of the environments


def remove_leftovers(project: Project) -> list[Path]:
    """Remove the rests of killed runs; what was removed. Whoever calls has the project's lock."""
    removed = [path for path in _parts(project) if _remove_part(path)]
    for pattern in BUILDING:
        for folder in (project.root / ENVIRONMENTS).glob(pattern):
            remove_tree(folder)
            removed.append(folder)
    if (scratch := project.root / SCRATCH).is_dir():
        remove_tree(scratch)
        removed.append(scratch)
    return removed


def _parts(project: Project) -> Iterator[Path]:
    """Files that were being written aside, by their names."""
    folders = [project.root / name for name in WRITTEN] + [project.cache / name for name in CACHED]
    with suppress(OSError):  # results of single songs may be links to other disks
        folders += [path for path in project.results.iterdir() if path.is_symlink()]
    for start in folders:
        for folder, folders_inside, files in os.walk(start):
            folders_inside[:] = [name for name in folders_inside if name != BLOBS]
            yield from (Path(folder, name) for name in files if _is_part(name))
    yield from project.root.glob(LINK)
    for packages in (project.root / ENVIRONMENTS).glob(PACKAGES):
        yield from packages.glob(".*.part")


def _is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(".part")


def _remove_part(path: Path) -> bool:
    """Remove a file unless its writer lives, who holds its lock: a cache has writers that do not
    have this project's lock. True if it was removed."""
    try:
        if path.is_symlink():
            path.unlink()
            return True
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
