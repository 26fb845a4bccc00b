"""What a project can do without: what each thing is, how much room it takes, what removes it."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from secondtake.project import Project
from secondtake_runner import environments

ABANDONED_SECONDS = 3600.0  # no write of ours takes so long


@dataclass(frozen=True)
class Removable:
    """A file or folder that a command of ours can make again."""

    path: Path
    what: str
    bytes: int  # that removing it gives back at once
    shared_bytes: int  # that it shares with uv's cache by hard links: back when that goes too


def removable(project: Project, *, everything: bool) -> list[Removable]:
    """Old environments and interrupted work; with `everything`, all environments and caches.

    Never takes: the results of a study, the songs, the baseline.
    """
    paths = [(path, "no longer used") for path in environments.leftovers(project)]
    paths += [(path, "the rest of an interrupted write") for path in _rests(project)]
    if everything:
        used = [project.environment(name) for name in environments.environments()]
        paths += [
            (link.resolve(), f"{link.name}, made again by invoke setup")
            for link in used
            if link.is_symlink() and link.exists()
        ]
        paths += [(link, "a link to an environment") for link in used if link.is_symlink()]
        if project.cache.is_dir():
            paths.append((project.cache, "weights and caches, fetched again when needed"))
    return [Removable(path, what, *_room(path)) for path, what in paths]


def remove(things: list[Removable]) -> None:
    """Remove them. OSError if something cannot be removed."""
    for thing in things:
        if thing.path.is_symlink() or thing.path.is_file():
            thing.path.unlink()
        elif thing.path.exists():
            shutil.rmtree(thing.path)


def _rests(project: Project) -> list[Path]:
    """Files that were being written when their process was killed, a good while ago."""
    parts = [*project.results.rglob(".*.part"), *project.cache.rglob("converted/.*.part")]
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
