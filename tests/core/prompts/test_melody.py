"""A melody as a job names it: the segment's own stretch of the baseline, with its hash."""

import pytest

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.prompts.melody import MelodySource, parse_melody
from secondtake.core.song import load_song

SONG = """
title = "T"
baseline = "data/a@b.wav"
[[segment]]
number = 1
kind = "instrumental"
title = "One"
seconds = 5
start = 61.5
end = 75
models = ["musicgen"]
[segment.musicgen]
checkpoint = "melody"
melody = "baseline"
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "noxfile.py").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "songs").mkdir()
    (tmp_path / "data" / "a@b.wav").write_bytes(b"sound")
    return Project(tmp_path)


def melody(project: Project, text: str = SONG, **wish: object) -> str:
    path = project.root / "songs" / "t.toml"
    path.write_text(text)
    (job,) = plan(load_song(path, project), Request(**wish))
    return job.settings["melody"]


def test_a_job_names_file_stretch_and_hash(project):
    setting = melody(project)
    sha256 = sha256_of(project.root / "data" / "a@b.wav")
    assert setting == f"data/a@b.wav@61.5-75@sha256:{sha256}"
    assert parse_melody(setting) == MelodySource("data/a@b.wav", 61.5, 75.0, sha256)


@pytest.mark.parametrize("start, end", [(1234.567, 1234.568), (1e-5, 0.5), (0, 100000)])
def test_a_stretch_is_told_from_every_other(project, start, end):
    text = SONG.replace("start = 61.5\nend = 75", f"start = {start:.6f}\nend = {end:.6f}")
    source = parse_melody(melody(project, text))
    assert (source.start, source.end) == (start, end)


def test_another_recording_is_another_melody(project):
    before = melody(project)
    (project.root / "data" / "a@b.wav").write_bytes(b"other")
    assert melody(project) != before


def test_a_recording_that_is_not_there_yet_has_no_hash(project):
    (project.root / "data" / "a@b.wav").unlink()
    assert parse_melody(melody(project)).sha256 == ""


def test_a_whole_recording_has_no_end(project):
    text = SONG.replace('baseline = "data/a@b.wav"\n', "").replace(
        "start = 61.5\nend = 75\n", 'baseline = "data/a@b.wav"\n'
    )
    assert parse_melody(melody(project, text)).end is None


def test_without_a_baseline_there_is_nothing_to_follow(project):
    text = SONG.replace('baseline = "data/a@b.wav"\n', "").replace("start = 61.5\nend = 75\n", "")
    with pytest.raises(UserError, match="segment 1 has no baseline to follow"):
        melody(project, text)


def test_the_other_checkpoints_follow_no_melody(project):
    with pytest.raises(UserError, match="--checkpoint musicgen=melody"):
        melody(project, checkpoints={"musicgen": "small"})
    assert melody(project, SONG.replace('melody = "baseline"', "")) == ""


def test_what_no_job_says_is_refused():
    with pytest.raises(ValueError, match="names no melody"):
        parse_melody("baseline")
