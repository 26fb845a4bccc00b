"""What a judge is to hear: takes, their baselines and the control, under the styles asked for."""

import wave
from dataclasses import replace

import pytest

from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.plan import Request, plan
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.audiobox import AUDIOBOX
from secondtake.core.registry.clap import CLAP
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.takes import wav_path
from tests.core.takes_of_hum import hum_song, make

SONG = """\
title = "Hum"
bpm = 100
style = "slow tango,  violin"

[[segment]]
number = 1
kind = "instrumental"
title = "First"
seconds = 1
models = ["hum", "mark"]
baseline = "first.wav"

[[segment]]
number = 2
kind = "verse"
title = "Second"
seconds = 0.5
lyrics = "La la"
languages = ["es"]
models = ["hum"]
"""


@pytest.fixture
def song(hum, monkeypatch):
    """A song of two segments with the takes of a model and of a control."""
    mark = replace(MODELS["hum"], name="mark", title="Mark", is_control=True)
    monkeypatch.setitem(MODELS, "mark", mark)
    (hum.root / "songs" / "hum.toml").write_text(SONG)
    with wave.open(str(hum.root / "first.wav"), "wb") as wav:
        wav.setparams((1, 2, 8000, 0, "NONE", ""))
        wav.writeframes(bytes(16000))
    loaded = hum_song(hum)
    for job in plan(loaded, Request()):
        make(hum, job)
    return loaded


def names(song, judge):
    return [job.recording for job in judge_jobs(song, judge, judge.checkpoints[0].name)]


def test_every_take_is_heard_and_every_baseline_that_is_here(song):
    takes = ["hum_segment1_instrumental", "mark_segment1_instrumental"]
    assert names(song, AUDIOBOX) == [*takes, "baseline_segment1", "hum_segment2_verse"]
    *others, baseline, _ = judge_jobs(song, AUDIOBOX, "all-axes")
    assert baseline.damage and not any(job.damage for job in others)
    assert baseline.file.endswith("first.wav") and baseline.style == ""


def test_a_judge_of_words_hears_what_is_sung(song):
    (job,) = judge_jobs(song, WHISPER, "base")
    assert (job.recording, job.languages) == ("hum_segment2_verse", ("es",))


def test_the_style_that_was_asked_for_is_told_in_one_line(song):
    jobs = judge_jobs(song, CLAP, "general")
    assert {job.style for job in jobs} == {"slow tango, violin"}
    assert [job.recording for job in jobs] == names(song, AUDIOBOX)


def test_the_control_and_the_baseline_are_held_to_every_style(hum, song):
    (job, *_) = plan(song, Request(models=("hum",)))
    make(hum, replace(job, style="polka", take=2))
    jobs = judge_jobs(song, CLAP, "general")
    styles = {
        name: sorted(job.style for job in jobs if job.recording == name)
        for name in ("hum_segment1_instrumental", "mark_segment1_instrumental", "baseline_segment1")
    }
    both = ["polka", "slow tango, violin"]
    assert styles["hum_segment1_instrumental"] == both[1:]
    assert styles["mark_segment1_instrumental"] == styles["baseline_segment1"] == both
    assert len({job.name for job in jobs}) == len(jobs)


def test_a_take_without_a_style_is_not_held_to_one(hum, song):
    path = hum.root / "songs" / "hum.toml"
    path.write_text(SONG.replace('style = "slow tango,  violin"\n', ""))
    bare = hum_song(hum)
    for job in plan(bare, Request()):
        make(hum, job)
    assert names(bare, CLAP) == [] and len(names(bare, AUDIOBOX)) == 4


def test_a_take_that_was_changed_is_not_heard(song):
    wav_path(song.results, "hum_segment2_verse").write_bytes(b"RIFX")
    assert "hum_segment2_verse" not in names(song, AUDIOBOX)
