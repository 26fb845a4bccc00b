"""One lock a project: who may have it, and what those are told who may not.

Another open file of this process stands in for another process: the system tells them apart.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from secondtake.core import run_lock as module
from secondtake.core.errors import LockedError
from secondtake.core.project import Project
from secondtake.core.run_lock import (
    DESCRIPTOR_VARIABLE,
    LOCK_NAME,
    cache_lock,
    environments_in_use,
    removal_lock,
    run_lock,
    set_no_wait,
)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a fresh shell."""
    for name in (DESCRIPTOR_VARIABLE, module.NO_WAIT_VARIABLE):
        monkeypatch.setenv(name, "")


@contextmanager
def held_by_another(place: Path, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


def is_free(place: Path) -> bool:
    try:
        with held_by_another(place, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return True
    except BlockingIOError:
        return False


def refused(lock: AbstractContextManager[None]) -> str:
    """What is said when a lock is not to be waited for."""
    with pytest.raises(LockedError) as caught, lock:
        pass
    return str(caught.value)


def note(folder: Path, **changes: object) -> None:
    holder = {"pid": os.getpid(), "host": module.platform.node(), "command": "invoke generate"}
    since = "2026-01-02T03:04:05+00:00"
    (folder / LOCK_NAME).write_text(json.dumps({**holder, "since": since, **changes}))


def test_it_is_held_inside_and_free_afterwards_also_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), run_lock(Project(tmp_path)):
        assert not is_free(tmp_path)
        with run_lock(Project(tmp_path)):  # which is nothing new
            assert os.environ[DESCRIPTOR_VARIABLE]
        assert not is_free(tmp_path)
        raise ZeroDivisionError
    assert is_free(tmp_path)
    assert DESCRIPTOR_VARIABLE not in os.environ
    assert not list(tmp_path.iterdir())


def test_who_may_not_wait_is_told_who_holds_it(tmp_path):
    note(tmp_path, command="invoke gen\x1b[2Jerate")
    with held_by_another(tmp_path):
        message = refused(run_lock(Project(tmp_path), wait=False))
    assert message.startswith(f"{tmp_path} is in use by invoke gen [2Jerate (process {os.getpid()}")
    assert "since 2026-01-0" in message and "wait for it, or stop it" in message


def test_no_wait_is_read_from_the_variable(tmp_path):
    set_no_wait()
    with held_by_another(tmp_path):
        refused(run_lock(Project(tmp_path)))


def test_waiting_is_told_once_and_again_after_a_while(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 5:
            monkeypatch.setattr(module, "REPEAT_SECONDS", 0.0)
            monkeypatch.setattr(module.time, "monotonic", lambda: 1e12)
        if len(naps) == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", sleep)
    with held_by_another(tmp_path), pytest.raises(KeyboardInterrupt), run_lock(Project(tmp_path)):
        pass
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["waiting for another run on this project; Ctrl-C gives up"] * 2


def test_a_dead_holder_and_another_hosts_are_told_apart(tmp_path):
    for changes, words in (
        ({"pid": 2**22 + 1}, "what is still ending of invoke generate"),
        ({"host": "elsewhere", "pid": 2**22 + 1}, "invoke generate (process 4194305 on elsewhere"),
        ({"pid": "x"}, "another run on this project"),
        ({"since": "soon"}, "another run on this project"),
        ({"pid": 10**400}, "invoke generate (process 1"),
    ):
        note(tmp_path, **changes)
        with held_by_another(tmp_path):
            assert words in refused(run_lock(Project(tmp_path), wait=False))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\x00", b'{"pid": 1}', b"[" * 5000])
def test_no_content_of_the_note_is_in_the_way(tmp_path, content):
    (tmp_path / LOCK_NAME).write_bytes(content)
    with held_by_another(tmp_path):
        assert "another run on this" in refused(run_lock(Project(tmp_path), wait=False))
    with run_lock(Project(tmp_path), wait=False):
        assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()


def test_a_note_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / LOCK_NAME).mkdir()
    with run_lock(Project(tmp_path), wait=False):
        assert not is_free(tmp_path)


def test_a_removed_note_frees_nothing(tmp_path):
    with run_lock(Project(tmp_path)):
        (tmp_path / LOCK_NAME).unlink()
        assert not is_free(tmp_path)


def test_a_child_believes_only_a_descriptor_of_the_lock(tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    with held_by_another(tmp_path) as descriptor, held_by_another(other) as wrong:
        monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(descriptor))
        with run_lock(Project(tmp_path), wait=False):
            assert not (tmp_path / LOCK_NAME).exists()  # the parent's note stays as it is
        assert not is_free(tmp_path)  # it stays the parent's
        assert os.environ[DESCRIPTOR_VARIABLE] == str(descriptor)
        second = os.open(tmp_path, os.O_RDONLY)  # on the lock, without holding it
        for lie in (wrong, second, 9999, -1, "x", 10**30):
            monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(lie))
            refused(run_lock(Project(tmp_path), wait=False))
        os.close(second)


def test_where_folders_cannot_be_locked_a_file_in_them_is(tmp_path, monkeypatch):
    """As on NFS; and where there is no locking at all, a file of this machine."""
    project, elsewhere = Project(tmp_path / "p"), tmp_path / "tmp"
    for folder in (project.root, elsewhere):
        folder.mkdir()
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(elsewhere))
    flock, unlockable = fcntl.flock, [project.root]

    def on_a_network(descriptor: int, how: int) -> None:
        if any(module._is_open_on(descriptor, place) for place in unlockable):
            raise OSError(9, "Bad file descriptor")
        flock(descriptor, how)

    monkeypatch.setattr(module.fcntl, "flock", on_a_network)
    with run_lock(project):
        assert not is_free(project.root / LOCK_NAME)
    assert not list(project.root.iterdir())
    unlockable.append(project.root / LOCK_NAME)
    with run_lock(project):
        (lock,) = elsewhere.iterdir()
        assert not is_free(lock)


def test_projects_that_share_a_cache_fetch_one_after_another_and_keep_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SECONDTAKE_CACHE", str(tmp_path / "cache"))
    one, other = Project(tmp_path / "one"), Project(tmp_path / "other")
    for folder in (one.root, other.root):
        folder.mkdir()
    with run_lock(one), run_lock(other), cache_lock(one):  # whose folders are made
        assert not is_free(one.cache / "weights") and is_free(one.cache)
    with run_lock(one), run_lock(other):
        assert not is_free(one.cache)
    assert is_free(one.cache) and not list((one.cache / "weights").iterdir())
    for folder, how in ((one.cache, fcntl.LOCK_SH), (one.cache / "weights", fcntl.LOCK_EX)):
        with held_by_another(folder, how):  # as a run, or a fetch, of the other project does
            assert f"{folder} is in use" in refused(removal_lock(one, wait=False))
            assert is_free(one.root)  # all of the locks, or none: nobody waits for who waits
            with run_lock(one, wait=False):
                pass


def test_a_cache_that_is_removed_meanwhile_is_locked_anew(tmp_path, monkeypatch):
    project, waits = Project(tmp_path), []

    def sleep(seconds: float) -> None:
        if not waits:
            (project.cache / "weights" / LOCK_NAME).unlink(missing_ok=True)
            (project.cache / "weights").rmdir()
            held.close()
        waits.append(seconds)

    monkeypatch.setattr(module.time, "sleep", sleep)
    held = ExitStack()
    (project.cache / "weights").mkdir(parents=True)
    held.enter_context(held_by_another(project.cache / "weights"))
    with cache_lock(project):
        assert not is_free(project.cache / "weights") and len(waits) == 1


def test_environments_are_used_by_many_or_removed_by_one(tmp_path):
    project, folder = Project(tmp_path), tmp_path / ".venvs"
    with environments_in_use(project):  # where there are none
        assert not folder.exists()
    folder.mkdir()
    with held_by_another(folder, fcntl.LOCK_SH):
        with environments_in_use(project, wait=False):
            pass
        assert "by a check" in refused(removal_lock(project, wait=False))
        with run_lock(project, wait=False):
            pass
    with removal_lock(project, wait=False):
        assert not is_free(folder)
        assert not list(folder.iterdir())


def test_a_cache_that_is_the_project_is_locked_once(tmp_path, monkeypatch):
    monkeypatch.setenv("SECONDTAKE_CACHE", str(tmp_path))
    with run_lock(Project(tmp_path)), cache_lock(Project(tmp_path)):
        assert not is_free(tmp_path)


def test_whoever_has_the_lock_removes_first_what_a_killed_run_left(tmp_path, monkeypatch):
    left = tmp_path / "results" / ".take.wav.abcdefgh.part"
    left.parent.mkdir()
    left.touch()
    with held_by_another(tmp_path) as descriptor:
        refused(run_lock(Project(tmp_path), wait=False))
        monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(descriptor))
        with run_lock(Project(tmp_path)):
            assert left.exists()  # below a run that may be writing it
    with run_lock(Project(tmp_path)):
        assert not left.exists()
