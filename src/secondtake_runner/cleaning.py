"""What a project can do without: what each thing is, how much room it takes, what removes it."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from secondtake.project import Project
from secondtake_runner import environments

ABANDONED_SECONDS = 3600.0  # no write of ours takes so long
DEFAULT_CACHE = ".cache"
# What the project makes in its cache, wherever that is. `xdg` holds what libraries put there.
CACHES = tuple(
    "analysis converted downloads huggingface logs matplotlib numba torch weights xdg".split()
)


@dataclass(frozen=True)
class Removable:
    """A file or folder that a command of ours can make again."""

    path: Path
    what: str
    bytes: int  # that removing it gives back at once
    shared_bytes: int  # that it shares with uv's cache by hard links: back when that goes too


def removable(project: Project, *, everything: bool) -> list[Removable]:
    """Old environments and interrupted work; with `everything`, all environments and caches.

    Never takes: the results of a study, the songs, the baseline; nor what a link of the user's
    own leads to, nor what lies beside our caches in a folder that SECONDTAKE_CACHE names.
    """
    paths = [(path, "no longer used") for path in environments.leftovers(project)]
    paths += [(path, "the rest of an interrupted write") for path in _rests(project.results)]
    if everything:
        links = map(project.environment, environments.environments())
        ours = [link for link in links if _is_ours(project, link)]
        paths += [
            (link.resolve(), f"{link.name}, made again by invoke setup")
            for link in ours
            if link.exists()
        ]
        paths += [(link, "a link to an environment") for link in ours]
        paths += [(path, "fetched or made again when needed") for path in _caches(project)]
    else:
        rests = _rests(project.cache / "converted")
        paths += [(path, "the rest of an interrupted conversion") for path in rests]
    return [Removable(path, what, *_room(path)) for path, what in paths]


def remove(things: list[Removable]) -> None:
    """Remove them. OSError if something cannot be removed."""
    for thing in things:
        if thing.path.is_symlink() or thing.path.is_file():
            thing.path.unlink()
        elif thing.path.exists():
            shutil.rmtree(thing.path)


def _is_ours(project: Project, link: Path) -> bool:
    """Whether this is a link to an environment that we built."""
    folder = (project.root / environments.FOLDER).resolve()
    return link.is_symlink() and link.resolve().parent == folder


def _caches(project: Project) -> list[Path]:
    """The cache folder if it is the project's own; of a folder elsewhere, what we put there."""
    if project.cache == (project.root / DEFAULT_CACHE):
        return [project.cache] if project.cache.is_dir() else []
    return [path for name in CACHES if (path := project.cache / name).is_dir()]


def _rests(folder: Path) -> list[Path]:
    """Files that were being written when their process was killed, a good while ago."""
    parts = folder.rglob(".*.part")
    return sorted(p for p in parts if time.time() - p.stat().st_mtime > ABANDONED_SECONDS)


def _room(path: Path) -> tuple[int, int]:
    """The bytes of a file or folder: those it alone holds, and those it shares."""
    alone, shared = 0, 0
    for file in [] if path.is_symlink() else [path, *path.rglob("*")]:
        if file.is_file() and not file.is_symlink():
            status = file.stat()
            if status.st_nlink == 1:
                alone += status.st_size
            else:
                shared += status.st_size
    return alone, shared
