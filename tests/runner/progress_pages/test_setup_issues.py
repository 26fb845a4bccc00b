"""Setup issues are told where a file or a record shows them, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch

from secondtake.core.weights import read_manifest
from secondtake.runner.progress_pages import setup_issues
from secondtake.runner.progress_pages.survey import survey

TITLE = "Setup issues on this machine"


def issues(scratch: Scratch) -> list[str]:
    """The lines of the page's section; none without the section."""
    _, _, part = render(scratch.page(3)).text.partition(f"{TITLE}\n")
    lines = part.strip().splitlines()
    return [line for line in lines if line.startswith("Problem: ")]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / ".cache"
    folder.mkdir(parents=True)
    return folder


def test_without_files_there_is_nothing_to_tell(scratch: Scratch) -> None:
    scratch.weights("bark")
    assert issues(scratch) == [] and TITLE not in scratch.page(3)


def test_converted_weights_were_pickles(scratch: Scratch) -> None:
    scratch.weights("bark")
    manifest = read_manifest(scratch.project, "bark", "large")
    assert manifest is not None
    digest = manifest.files["text"].sha256
    folder = scratch.project.cache / "converted"
    folder.mkdir(parents=True)
    (folder / f"{digest}.safetensors").write_bytes(bytes(3 << 20))
    assert issues(scratch) == []  # cut short: its note is written last
    (folder / f"{digest}.json").write_text("{}")
    (line,) = issues(scratch)
    assert line.startswith("Problem: Bark comes with 1 weight file in torch's own format. Cause: ")
    assert "torch.load refuses" in line
    assert line.endswith("Remedy: read by a table of allowed names, never run, and written once as "
                         "safetensors: 3.0 MiB in .cache/converted/")  # fmt: skip


@pytest.mark.parametrize("closed", [False, True])
def test_a_cache_folder_that_libraries_were_kept_out_of(
    scratch: Scratch, home: Path, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    monkeypatch.setattr(
        setup_issues.os, "access", lambda path, mode: not (closed and Path(path) == home)
    )
    folder = scratch.project.cache / "xdg"
    folder.mkdir(parents=True)
    assert issues(scratch) == []  # nothing was kept there
    (folder / "suno").mkdir()
    lines = issues(scratch)
    assert len(lines) == closed  # an open one is no issue that was met
    assert all("~/.cache cannot be written by this user" in line for line in lines)
    assert all(line.endswith("Remedy: they were given .cache/xdg/ in its place") for line in lines)


def test_models_with_unlike_versions_of_torch(scratch: Scratch) -> None:
    (bark,), (audio,) = scratch.jobs("bark"), scratch.jobs("stable_audio")
    scratch.make(bark)
    take = scratch.make(audio)
    assert issues(scratch) == []
    scratch.make(audio, made={"versions": {**take.made.versions, "torch": "2.7.1"}})
    (line,) = issues(scratch)
    assert "different versions of torch: Bark 2.5.1, Stable Audio 2.7.1." in line
    assert line.endswith("venv-bark, venv-stable-audio")


def test_only_the_songs_own_checkpoints_count(scratch: Scratch) -> None:
    status = survey(scratch.song, scratch.project)
    assert setup_issues.setup_issues(replace(status, jobs=())) == []
