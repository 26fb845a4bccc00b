"""One lock a project, for everything that makes, builds, fetches or removes; readers need none.

The system's lock on the folder itself (flock), which frees it when the last process that holds it
ends, however that is: no file that could be lost, copied or left behind is the lock. In it,
.secondtake.lock says who holds it, for those who wait. Children that work under our lock inherit
its descriptor, and the system frees it when the last of them is gone.
"""

import fcntl
import hashlib
import json
import os
import platform
import shlex
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from secondtake.core.environ import switched_on
from secondtake.core.errors import LockedError
from secondtake.core.leftovers import ENVIRONMENTS, remove_leftovers
from secondtake.core.project import Project
from secondtake.core.redaction import redact
from secondtake.core.song import Song, load_song

LOCK_NAME = ".secondtake.lock"
DESCRIPTOR_VARIABLE = "SECONDTAKE_LOCK_FD"  # the lock's descriptor, in a child that inherited it
NO_WAIT_VARIABLE = "SECONDTAKE_NO_WAIT"  # what --no-wait sets
POLL_SECONDS = 0.2
REPEAT_SECONDS = 180.0  # between two lines that say what is waited for
MAX_NAME = 120  # characters of a command in such a line
READERS = "a check, a comparison or another program that reads"
SHARERS = "a run of another project that has the same cache"
WEIGHTS = "weights"  # the folder of a cache that a fetch locks

_held: set[Path] = set()  # folders that this process has locked
_until_the_end = ExitStack()


@dataclass(frozen=True)
class _Lock:
    """A folder to lock, and how (fcntl.LOCK_EX, fcntl.LOCK_SH)."""

    folder: Path
    how: int = fcntl.LOCK_EX
    holder: str = ""  # who may have it, if they leave no note


@contextmanager
def run_lock(project: Project, *, wait: bool | None = None) -> Iterator[None]:
    """Hold the project's lock; inside it, or below a process that holds it, nothing happens.

    What killed runs left is removed first. wait: until the lock is free, with a line on stderr;
    None: unless SECONDTAKE_NO_WAIT is on. LockedError, which says who holds it, where that is not
    to be waited for.
    """
    root, cache = _Lock(project.root), _Lock(project.cache, fcntl.LOCK_SH, SHARERS)
    is_shared = cache.folder.is_dir() and not cache.folder.is_relative_to(root.folder.resolve())
    locks = [root, *_results_elsewhere(project), *([cache] if is_shared else [])]
    with _project_locked(project, locks, wait):
        yield


@contextmanager
def locked_song(project: Project, typed: str, *, writes: bool = True) -> Iterator[Song]:
    """The song as it is once we have the project's lock, which only who `writes` takes.

    What is wrong with the song is said before anything is waited for.
    """
    song = load_song(project.song(typed), project)
    if not writes:
        yield song
        return
    with run_lock(project):
        yield load_song(song.path, project)


@contextmanager
def cache_lock(project: Project, *, wait: bool | None = None) -> Iterator[None]:
    """Hold the lock of the weights, whose folder several projects may share. See `run_lock`."""
    with _locked([_Lock(project.cache / WEIGHTS)], wait):
        yield


@contextmanager
def removal_lock(project: Project, *, wait: bool | None = None) -> Iterator[None]:
    """Hold the locks of project, cache and environments, all or none. See `run_lock`."""
    locks = [
        _Lock(project.root),
        *_results_elsewhere(project),
        _Lock(project.cache, holder=SHARERS),
        _Lock(project.cache / WEIGHTS),
        _Lock(project.root / ENVIRONMENTS, holder=READERS),
    ]
    with _project_locked(project, [lock for lock in locks if lock.folder.is_dir()], wait):
        yield


@contextmanager
def environments_in_use(project: Project, *, wait: bool | None = None) -> Iterator[None]:
    """Keep the environments from being removed; any number of programs may. See `run_lock`."""
    shared = _Lock(project.root / ENVIRONMENTS, fcntl.LOCK_SH, "a run that removes environments")
    with _locked([shared] if shared.folder.is_dir() else [], wait):
        yield


def use_environments_until_the_end(project: Project) -> None:
    """Keep the environments, as `environments_in_use`, until this process ends."""
    _until_the_end.enter_context(environments_in_use(project))


def set_no_wait() -> None:
    """Do as --no-wait says, in this process and in those that it starts."""
    os.environ[NO_WAIT_VARIABLE] = "1"


def _results_elsewhere(project: Project) -> list[_Lock]:
    """The folder to which a link `results` leads: another project may have the same."""
    link = project.results
    return [_Lock(link)] if link.is_symlink() and link.is_dir() else []


@contextmanager
def _project_locked(project: Project, wanted: list[_Lock], wait: bool | None) -> Iterator[None]:
    """Hold these locks, of which the first is the project's, unless we or our parent hold it."""
    root = project.root.resolve()
    if root in _held or _is_inherited(root):
        yield
        return
    with _locked(wanted, wait) as descriptors:
        os.environ[DESCRIPTOR_VARIABLE] = str(descriptors[0])  # for the children that we start
        try:
            remove_leftovers(project)
            yield
        finally:
            os.environ.pop(DESCRIPTOR_VARIABLE, None)


@contextmanager
def _locked(wanted: list[_Lock], wait: bool | None) -> Iterator[list[int]]:
    """Hold these locks, all or none, but for those that this process holds; their descriptors."""
    by_folder = {lock.folder.resolve(): lock for lock in wanted}  # a cache may be the project
    new = [
        replace(lock, folder=folder) for folder, lock in by_folder.items() if folder not in _held
    ]
    descriptors = _wait_for(new, wait)
    notes = [lock.folder / LOCK_NAME for lock in new if not lock.holder]
    _held.update(lock.folder for lock in new)
    try:
        for note in notes:
            _write_holder(note)
        yield descriptors
    finally:
        _held.difference_update(lock.folder for lock in new)
        for note in notes:
            with suppress(OSError):
                note.unlink()
        for descriptor in descriptors:  # closed, never unlocked: children may work under it
            os.close(descriptor)


def _wait_for(wanted: list[_Lock], wait: bool | None) -> list[int]:
    """The descriptors of the locks, once all are free. Nobody is kept waiting meanwhile."""
    if wait is None:
        wait = not switched_on(NO_WAIT_VARIABLE)
    tell_at = time.monotonic()
    while True:
        descriptors: list[int] = []
        for lock in wanted:
            descriptor = _try_lock(lock)
            if descriptor is None:
                break
            descriptors.append(descriptor)
        else:
            return descriptors
        for descriptor in descriptors:
            os.close(descriptor)
        name = lock.holder or _holder(lock.folder / LOCK_NAME)
        if not wait:
            raise LockedError(f"{lock.folder} is in use by {name}; wait for it, or stop it")
        if time.monotonic() >= tell_at:
            print(f"waiting for {name}; Ctrl-C gives up", file=sys.stderr, flush=True)
            tell_at = time.monotonic() + REPEAT_SECONDS
        time.sleep(POLL_SECONDS)


def _try_lock(lock: _Lock) -> int | None:
    """The descriptor of a lock that was free. OSError if nothing at all can be locked here."""
    fault = OSError()
    for place, flags in _places(lock.folder):
        try:
            descriptor = os.open(place, flags | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:  # a cache is made when it is first used, and may be removed
            lock.folder.mkdir(parents=True, exist_ok=True)
            return _try_lock(lock)
        except OSError as error:
            fault = error
            continue
        try:
            fcntl.flock(descriptor, lock.how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            fault = error
            continue
        if _is_open_on(descriptor, place):
            return descriptor
        os.close(descriptor)  # it was removed while we waited: whoever comes now locks a new one
        return None
    raise fault


def _places(folder: Path) -> Iterator[tuple[Path, int]]:
    """What can be locked: the folder; on NFS only a file; without flock, a file of this machine."""
    yield folder, os.O_RDONLY | os.O_DIRECTORY
    new = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    yield folder / LOCK_NAME, new
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    yield Path(tempfile.gettempdir()) / f"secondtake-{os.getuid()}-{digest}.lock", new


def _is_inherited(root: Path) -> bool:
    """True if our parent's lock left us its descriptor: one of this lock, on which it is held."""
    try:
        descriptor = int(os.environ.get(DESCRIPTOR_VARIABLE, ""))
        if not any(_is_open_on(descriptor, place) for place, _ in _places(root)):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nothing new where it holds it
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _is_open_on(descriptor: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(place))
    except OSError:
        return False


def _write_holder(note: Path) -> None:
    """Say who holds the lock. Where that cannot be written, the lock holds as well."""
    script = Path(sys.argv[0] if sys.argv else "")
    program = ["python", str(script)] if script.suffix == ".py" else [script.name]
    holder = {
        "pid": os.getpid(),
        "host": platform.node(),
        "command": redact(shlex.join([*program, *sys.argv[1:]])),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(note, flags, 0o666), "w", encoding="utf-8") as file:
            json.dump(holder, file)


def _holder(note: Path) -> str:
    """Who holds the lock, in words. The note may be another's, old, damaged or not there."""
    holder = _read_holder(note)
    try:
        command, process, host = str(holder["command"]), int(holder["pid"]), str(holder["host"])
        since = datetime.fromisoformat(holder["since"]).astimezone().strftime("%Y-%m-%d %H:%M")
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return "another run on this project"
    where = "" if host == platform.node() else f" on {_one_line(host)}"
    name = f"{_one_line(command)} (process {process}{where}, since {since})"
    if not where and not _is_alive(process):
        return f"what is still ending of {name}, which was killed"
    return name


def _read_holder(note: Path) -> dict[str, Any]:
    try:
        if not stat.S_ISREG(os.lstat(note).st_mode):
            return {}
        value = json.loads(note.read_bytes()[: 1 << 16])
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _one_line(text: str) -> str:
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean if len(clean) <= MAX_NAME else f"{clean[: MAX_NAME - 1]}…"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # another user's
    return True
