"""Environments: built whole or not at all, rebuilt with the lock, sources found anywhere."""

import shutil
import subprocess

import pytest

from secondtake.core.environ import environment_lock_hash
from secondtake.core.errors import ModelError, UserError
from secondtake.core.files import sha256_of
from secondtake.core.lock_names import LOCKS
from secondtake.runner import environments
from secondtake.runner.wholeness import site_packages


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


def test_the_other_lock_of_an_environment_is_built_beside_and_the_first_is_there_again(
    hum, monkeypatch
):
    monkeypatch.setitem(LOCKS, "hum", ("hum", "hum_new"))
    hum.lock_file("hum_new").write_text("# for newer machines\n")
    build(hum)
    usual = hum.environment("hum").resolve()
    monkeypatch.setenv("SECONDTAKE_HUM_LOCK", "hum_new")
    assert not environments.is_built(hum, "hum")
    python = build(hum)
    assert environment_lock_hash(str(python.parents[1])) == sha256_of(hum.lock_file("hum_new"))
    assert environments.leftovers(hum) == [usual]
    monkeypatch.delenv("SECONDTAKE_HUM_LOCK")
    log = (hum.root / "build.log").read_bytes()
    build(hum)
    assert hum.environment("hum").resolve() == usual
    assert (hum.root / "build.log").read_bytes() == log


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


def test_a_lock_that_changes_while_it_is_installed_names_no_environment(hum):
    def change(step, *amounts):
        if step.startswith("installing"):
            hum.lock("hum").write_text("# changed\n")

    with pytest.raises(ModelError, match="was changed while"):
        environments.ensure(hum, "hum", hum.root / "build.log", change)
    assert not hum.environment("hum").exists()
    build(hum)
    assert environments.is_built(hum, "hum")


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


def test_a_moved_project_still_imports_its_own_sources(hum, tmp_path, monkeypatch):
    build(hum)
    moved = type(hum)(tmp_path / "moved")
    hum.root.rename(moved.root)
    monkeypatch.chdir(moved.root)
    environments.ensure(moved, "hum", moved.root / "build.log")
    command = [moved.python("hum"), "-c", "import secondtake; print(secondtake.__file__)"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout
    assert output.startswith(str(moved.root / "src"))


def test_what_a_killed_build_left_is_not_offered_for_removal(hum):
    (hum.root / environments.FOLDER / f"{environments.BUILDING}hum-x").mkdir(parents=True)
    assert environments.leftovers(hum) == []
    build(hum)
    assert [path.name[:4] for path in (hum.root / environments.FOLDER).iterdir()] == ["hum-"]


def test_the_line_to_the_sources_is_ascii_and_goes_with_the_folder(hum, tmp_path):
    build(hum)
    line = (
        folder_of(hum) / "lib/python3.11/site-packages" / environments.SOURCES_FILE
    ).read_bytes()
    assert line.isascii() and line.startswith(b"import ") and line.count(b"\n") == 1
    copy = tmp_path / "söng's $HOME 音\n-x"
    shutil.copytree(hum.root, copy, symlinks=True)
    program = "import secondtake; print(ascii(secondtake.__file__))"
    for folder in (copy / "venv-hum", copy / ".venvs" / folder_of(hum).name):
        command = [folder / "bin" / "python", "-c", program]
        output = subprocess.run(command, capture_output=True, text=True, check=True, env={})
        assert output.stdout.startswith(ascii(f"{copy}/src")[:-1])


def test_a_line_to_the_sources_that_is_wrong_is_written_again_and_nothing_is_built(hum):
    build(hum)
    line = sources_file(hum)
    right, log = line.read_bytes(), (hum.root / "build.log").read_bytes()
    for spoil in (line.unlink, lambda: line.write_text("/elsewhere\n")):
        spoil()
        assert not environments.is_built(hum, "hum")
        build(hum)
        assert environments.is_built(hum, "hum") and line.read_bytes() == right
    assert (hum.root / "build.log").read_bytes() == log


def test_environments_may_lie_on_another_disk(hum, tmp_path):
    (tmp_path / "disk").mkdir()
    (hum.root / environments.FOLDER).symlink_to(tmp_path / "disk")
    build(hum)
    python = hum.environment("hum").resolve() / "bin" / "python"
    command = [python, "-c", "import secondtake; print(secondtake.__file__)"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout
    assert python.is_relative_to(tmp_path / "disk") and output.startswith(str(hum.root / "src"))


def folder_of(project):
    return project.environment("hum").resolve()


def sources_file(project):
    return site_packages(folder_of(project), environments.PYTHON) / environments.SOURCES_FILE
