"""What killed runs leave is removed, and nothing else."""

import fcntl
import os

from secondtake.core.leftovers import remove_leftovers
from secondtake.core.project import Project

PART = ".a.json.abcdefgh.part"


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        os.utime(path, (4e9, 4e9))  # far in the future
        os.utime(path.parent, (4e9, 4e9))


def test_it_removes_what_was_being_written_of_whatever_date(tmp_path):
    rests = (
        "results/hum/local_models/.hum.wav.abcdefgh.part",
        "results/hum/local_models/.hum_segment1_vocal.new.part",
        "results/hum/discarded/.hum.wav.4711.part",
        f"results/hum/outcomes/{PART}",
        f"songs/{PART}",
        f"data/baseline/{PART}",
        f"requirements/{PART}",
        f".cache/converted/bark/{PART}",
        f".cache/analysis/{PART}",
        f".cache/weights/{PART}",
        f".cache/huggingface/hub/models--a--b/refs/{PART}",
        ".venvs/.building-hum-x/environment/bin/python",
        ".venvs/.link-x/venv-hum",
        ".venvs/hum-1/lib/python3.11/site-packages/.secondtake.pth.abcdefgh.part",
    )
    make(tmp_path, *rests)
    best = tmp_path / "results" / "hum" / "best"
    best.mkdir()
    (best / ".hum.wav.part").symlink_to("../local_models/hum.wav")
    (tmp_path / ".venv-hum.part").symlink_to(".venvs/hum-1")
    assert len(remove_leftovers(Project(tmp_path))) == len(rests) + 2
    assert not files_of(tmp_path)
    assert not list((tmp_path / ".venvs").glob(".*"))
    assert remove_leftovers(Project(tmp_path)) == []


def test_it_leaves_all_else_alone(tmp_path):
    stays = {
        "results/hum/local_models/hum.wav",
        "results/hum/local_models/mine.part",
        "results/hum/.hidden",
        ".part",
        ".cache/downloads/large.bin.part",
        ".cache/downloads/.hidden.bin.part",
        ".cache/huggingface/hub/models--a--b/blobs/0123.part",
        ".cache/huggingface/hub/models--a--b/blobs/.0123.part",
        ".cache/torch/.theirs.part",
        ".nox/tests/.theirs.part",
        ".venvs/hum-1/bin/python",
        ".venvs/hum-1/.theirs.part",
    }
    make(tmp_path, *stays)
    (tmp_path / "results" / ".folder.part").mkdir()
    assert remove_leftovers(Project(tmp_path)) == []
    assert files_of(tmp_path) == stays


def test_it_leaves_what_a_living_program_is_writing(tmp_path):
    make(tmp_path, f".cache/analysis/{PART}")
    path = tmp_path / ".cache" / "analysis" / PART
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert remove_leftovers(Project(tmp_path)) == []
    assert remove_leftovers(Project(tmp_path)) == [path]


def test_it_looks_behind_links_to_other_disks(tmp_path):
    disk, root = tmp_path / "disk", tmp_path / "project"
    make(disk, f"all/{PART}", f"one/local_models/{PART}")
    root.mkdir()
    (root / "results").symlink_to(disk / "all")
    (disk / "all" / "one").symlink_to(disk / "one")
    (disk / "all" / "gone").symlink_to(disk / "gone")
    assert len(remove_leftovers(Project(root))) == 2
    assert not files_of(disk / "one")
