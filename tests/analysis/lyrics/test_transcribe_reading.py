"""Transcripts read from files: whole, missing, stale, damaged."""

import json

import pytest
import soundfile

from secondtake.analysis.lyrics.asr import TranscribedSpan
from secondtake.analysis.lyrics.transcribe import transcribe_song, transcripts_of
from secondtake.analysis.lyrics.transcripts import Transcript, baseline_name, transcript_path
from secondtake.core.files import sha256_of
from secondtake.core.song import load_song

COMMAND = "invoke understand --song songs/known.toml"
SONG = """
title = "Words"
results = "results"
[[segment]]
number = 1
kind = "verse"
title = "One"
seconds = 6
lyrics = "Amor y código"
languages = ["es"]
models = ["sketch", "stable_audio"]
baseline = "data/baseline/one.wav"
"""
NAME = "sketch_segment1_verse"


@pytest.fixture
def song(project, sounds):
    path = project.root / "songs" / "known.toml"
    path.write_text(SONG, encoding="utf-8")
    loaded = load_song(path, project)
    file = loaded.segments[0].baseline.file
    file.parent.mkdir(parents=True)
    soundfile.write(file, sounds.sine(220, 1.0), 22_050)
    return loaded


@pytest.fixture
def take(make_take, sounds):
    return make_take("sketch", sounds.sine(220, 1.0, rate=44_100))


def listen(song, text="Amor y codito", version="1"):
    def hear(samples, languages):
        return [TranscribedSpan(0.0, 1.0, "es", text)]

    list(transcribe_song(song, {"name": "ear", "version": version}, lambda: hear))


def words(song, take, **more):
    segment = song.segments[0]
    sha = sha256_of(segment.baseline.file)
    return transcripts_of(song, segment, take, COMMAND, **{"baseline_sha256": sha, **more})


def test_the_words_of_a_take_and_of_its_baseline(song, take):
    listen(song)
    pair = words(song, take, sketch=take)
    assert pair.reference == pair.estimate == pair.control
    assert pair.estimate.hypothesis == ("amor", "y", "codito")
    assert json.loads(pair.estimate.recogniser) == {"name": "ear", "version": "1"}


def test_before_anyone_listened_it_says_what_to_type(song, take):
    pair = words(song, take)
    assert pair.estimate == (
        f"nobody listened for its words; type: invoke setup --models lyrics (once), then: {COMMAND}"
    )
    assert pair.reference.startswith("nobody listened for the baseline's words; type: ")


def test_without_an_original_the_take_still_has_its_words(song, take):
    listen(song)
    pair = words(song, take, baseline_sha256=None)
    assert isinstance(pair.estimate, Transcript)
    assert pair.reference == "no ceiling: the baseline is not here"


def test_another_original_than_was_heard(song, take):
    listen(song)
    pair = words(song, take, baseline_sha256="0" * 64)
    assert pair.reference.startswith("lyrics/baseline_segment1.json is about an earlier file; ty")


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"format": 1}', "[" * 5000])
def test_a_damaged_file_is_named(song, take, damage):
    listen(song)
    transcript_path(song.results, baseline_name(1)).write_text(damage, encoding="utf-8")
    pair = words(song, take)
    assert pair.reference.startswith("lyrics/baseline_segment1.json cannot be read; type: ")
    assert isinstance(pair.estimate, Transcript)


def test_who_plays_no_words_is_asked_for_none(song, make_take, sounds):
    take = make_take("stable_audio", sounds.pink(1, 44_100))
    assert words(song, take) is None
