"""A recording that a take is made of, as a job names it: file, stretch and hash."""

import wave
from pathlib import Path

import pytest

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, list_jobs, plan
from secondtake.core.project import Project
from secondtake.core.prompts.source_audio import SourceAudio, parse_source_audio
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
    write_wav(tmp_path / "data" / "a@b.wav", 80)
    return Project(tmp_path)


def write_wav(path: Path, seconds: float, rate: int = 100) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, rate, 0, "NONE", ""))
        file.writeframes(b"\x80" * round(seconds * rate))


def melody(project: Project, text: str = SONG, **wish: object) -> str:
    path = project.root / "songs" / "t.toml"
    path.write_text(text)
    (job,) = plan(load_song(path, project), Request(**wish))
    return job.settings["melody"]


def test_a_job_names_file_stretch_and_hash(project):
    setting = melody(project)
    sha256 = sha256_of(project.root / "data" / "a@b.wav")
    assert setting == f"data/a@b.wav@61.5-75@sha256:{sha256}"
    assert parse_source_audio(setting) == SourceAudio("data/a@b.wav", 61.5, 75.0, sha256)


@pytest.mark.parametrize("start, end", [(79.567, 79.568), (1e-5, 0.5), (0, 100000)])
def test_a_stretch_is_told_from_every_other(project, start, end):
    text = SONG.replace("start = 61.5\nend = 75", f"start = {start:.6f}\nend = {end:.6f}")
    source = parse_source_audio(melody(project, text))
    assert (source.start, source.end) == (start, end)


def test_another_recording_is_another_melody(project):
    before = melody(project)
    write_wav(project.root / "data" / "a@b.wav", 81)
    assert melody(project) != before


def test_a_recording_that_is_not_there_yet_has_no_hash(project):
    (project.root / "data" / "a@b.wav").unlink()
    with pytest.raises(UserError, match=r"segment 1: musicgen: melody: the baseline data/a@b.wav"):
        melody(project)
    (job,) = list_jobs(load_song(project.root / "songs" / "t.toml", project), Request())
    assert (
        parse_source_audio(job.settings["melody"]).sha256 == ""
    )  # pages can be written all the same


def test_a_recording_that_nothing_could_read_is_refused(project):
    path = project.root / "data" / "a@b.wav"
    for data in (b"", b"text of no kind", path.read_bytes()[:30]):
        path.write_bytes(data)
        with pytest.raises(UserError, match=r"melody: the baseline data/a@b.wav cannot be read: "):
            melody(project)


def test_a_recording_that_ends_before_its_stretch_is_refused(project):
    write_wav(project.root / "data" / "a@b.wav", 61.5)
    with pytest.raises(UserError, match=r"has 61.50 s, the melody begins at 61.5 s; correct the"):
        melody(project)
    write_wav(project.root / "data" / "a@b.wav", 61.6)  # its end may lie beyond, as a loop's does
    assert melody(project)


def test_a_whole_recording_has_no_end(project):
    text = SONG.replace('baseline = "data/a@b.wav"\n', "").replace(
        "start = 61.5\nend = 75\n", 'baseline = "data/a@b.wav"\n'
    )
    assert parse_source_audio(melody(project, text)).end is None


def test_without_a_baseline_there_is_nothing_to_follow(project):
    text = SONG.replace('baseline = "data/a@b.wav"\n', "").replace("start = 61.5\nend = 75\n", "")
    with pytest.raises(UserError, match="segment 1 has no baseline to follow"):
        melody(project, text)


def test_the_other_checkpoints_follow_no_melody(project):
    with pytest.raises(UserError, match="--checkpoint musicgen=melody"):
        melody(project, checkpoints={"musicgen": "small"})
    assert melody(project, SONG.replace('melody = "baseline"', "")) == ""


def test_what_no_job_says_is_refused():
    with pytest.raises(ValueError, match="names no recording"):
        parse_source_audio("baseline")
