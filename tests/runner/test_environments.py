"""Environments: built whole or not at all, rebuilt when the lock changes, harmless in pairs."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from secondtake.core.environ import environment_lock_hash
from secondtake.core.errors import ModelError, UserError
from secondtake.core.files import sha256_of
from secondtake.runner import environments

BUILD = """
import sys
sys.path.insert(0, "tests-stub")
from pathlib import Path
from secondtake.core.project import find_project
from secondtake.runner import environments
environments.environments = lambda: {"hum": ()}
environments.ensure(
    find_project(), "hum", Path("build.log"), lambda step, *_: print(step, flush=True))
"""


def build(project):
    return environments.ensure(project, "hum", project.root / "build.log")


def test_a_built_environment_imports_our_sources_and_knows_its_lock(hum):
    python = build(hum)
    output = subprocess.run(
        [python, "-c", "import secondtake, sys; print(secondtake.__file__, sys.prefix)"],
        capture_output=True, text=True, check=True, env={}, cwd="/",
    ).stdout.split()  # fmt: skip
    assert output[0].startswith(str(hum.root / "src"))
    assert environment_lock_hash(output[1]) == sha256_of(hum.lock("hum"))


def test_an_unchanged_lock_is_not_built_again(hum):
    build(hum)
    before = hum.environment("hum").resolve()
    log = (hum.root / "build.log").read_bytes()
    build(hum)
    assert hum.environment("hum").resolve() == before
    assert (hum.root / "build.log").read_bytes() == log


def test_a_changed_lock_is_built_again_and_the_old_one_is_left_over(hum):
    build(hum)
    old = hum.environment("hum").resolve()
    hum.lock("hum").write_text("# changed\n")
    assert not environments.is_built(hum, "hum")
    build(hum)
    assert environments.is_built(hum, "hum")
    assert hum.environment("hum").resolve() != old
    assert environments.leftovers(hum) == [old]


def test_a_failed_build_leaves_the_old_environment_and_says_where_to_look(hum):
    build(hum)
    old = hum.environment("hum").resolve()
    hum.lock("hum").write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(ModelError) as caught:
        build(hum)
    assert caught.value.code == "environment"
    assert "build.log" in caught.value.hint and "invoke setup --models hum" in caught.value.hint
    assert hum.environment("hum").resolve() == old
    assert environments.leftovers(hum) == []


def test_an_environment_whose_imports_fail_is_not_swapped_in(hum, monkeypatch):
    monkeypatch.setattr(environments, "environments", lambda: {"hum": ("nowhere_to_be_found",)})
    with pytest.raises(ModelError, match="nowhere_to_be_found"):
        build(hum)
    assert not hum.environment("hum").exists()


def test_a_folder_of_the_users_is_left_alone(hum):
    hum.environment("hum").mkdir()
    with pytest.raises(UserError, match="move it away"):
        build(hum)
    assert hum.environment("hum").is_dir()


def test_two_builds_at_once_both_end_well(hum):
    with ThreadPoolExecutor(4) as pool:
        pythons = set(pool.map(lambda _: build(hum), range(4)))
    assert pythons == {hum.python("hum")}
    assert environments.leftovers(hum) == []


@pytest.mark.parametrize("moment", ["creating", "installing", "trying"])
def test_a_kill_at_any_step_is_mended_by_the_next_run(hum, moment):
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    for line in process.stdout:
        if line.startswith(moment):
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    rests = list((hum.root / environments.FOLDER).glob(f"{environments.BUILDING}*"))
    while any(environments.is_locked(rest) for rest in rests):
        time.sleep(0.01)  # a child of the killed process may be a moment longer about it
    assert not hum.environment("hum").exists()
    assert build(hum).exists()
    assert environments.leftovers(hum) == []


def test_a_moved_project_still_imports_its_own_sources(hum, tmp_path, monkeypatch):
    build(hum)
    moved = type(hum)(tmp_path / "moved")
    hum.root.rename(moved.root)
    monkeypatch.chdir(moved.root)
    environments.ensure(moved, "hum", moved.root / "build.log")
    command = [moved.python("hum"), "-c", "import secondtake; print(secondtake.__file__)"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout
    assert output.startswith(str(moved.root / "src"))


def test_the_abandoned_folder_of_a_builder_that_just_started_is_not_taken(hum):
    folder = hum.root / environments.FOLDER / f"{environments.BUILDING}hum-x"
    folder.mkdir(parents=True)
    build(hum)
    assert folder.exists()
    long_ago = time.time() - 2 * environments.YOUNG_SECONDS
    os.utime(folder, (long_ago, long_ago))
    assert environments.leftovers(hum) == [folder]
