"""Transcripts read from files: whole, missing, stale, damaged."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.analysis.lyrics.hearing import hear
from tests.sounds import Sounds

from secondtake.analysis.lyrics.transcribe import stored_transcript, transcribe_song, transcripts_of
from secondtake.analysis.lyrics.transcripts import (
    Transcript,
    TranscriptPair,
    transcript_path,
)
from secondtake.core.files import sha256_of
from secondtake.core.judge_jobs import baseline_name
from secondtake.core.judgments import TranscribedSpan
from secondtake.core.project import Project
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Take

COMMAND = "invoke judge --judges lyrics --song songs/known.toml"
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
def song(project: Project, sounds: type[Sounds]) -> Song:
    path = project.root / "songs" / "known.toml"
    path.write_text(SONG, encoding="utf-8")
    loaded = load_song(path, project)
    baseline = loaded.segments[0].baseline
    assert baseline is not None
    file = baseline.file
    file.parent.mkdir(parents=True)
    soundfile.write(file, sounds.sine(220, 1.0), 22_050)
    return loaded


@pytest.fixture
def take(make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]) -> Take:
    return make_take("sketch", sounds.sine(220, 1.0, rate=44_100))


def listen(song: Song, project: Project, text: str = "Amor y codito") -> None:
    hear(song, project, [TranscribedSpan(0.0, 1.0, "es", text)])
    list(transcribe_song(song, "base"))


def words(song: Song, take: Take, **more: Any) -> TranscriptPair:
    segment = song.segments[0]
    assert segment.baseline is not None
    sha = sha256_of(segment.baseline.file)
    pair = transcripts_of(song, segment, take, COMMAND, **{"baseline_sha256": sha, **more})
    assert pair is not None
    return pair


def test_the_words_of_a_take_and_of_its_baseline(song: Song, project: Project, take: Take) -> None:
    listen(song, project)
    pair = words(song, take, sketch=take)
    assert pair.reference == pair.estimate == pair.control
    assert pair.estimate.hypothesis == ("amor", "y", "codito")
    assert json.loads(pair.estimate.recogniser)["name"] == "whisper-base"


def test_before_anyone_listened_it_says_what_to_type(song: Song, take: Take) -> None:
    pair = words(song, take)
    assert pair.estimate == (
        f"nobody listened for its words; type: invoke setup --judges lyrics (once), then: {COMMAND}"
    )
    assert str(pair.reference).startswith("nobody listened for the baseline's words; type: ")


def test_without_an_original_the_take_still_has_its_words(
    song: Song, project: Project, take: Take
) -> None:
    listen(song, project)
    pair = words(song, take, baseline_sha256=None)
    assert isinstance(pair.estimate, Transcript)
    assert pair.reference == "no ceiling: the baseline is not here"


def test_another_original_than_was_heard(song: Song, project: Project, take: Take) -> None:
    listen(song, project)
    pair = words(song, take, baseline_sha256="0" * 64)
    assert str(pair.reference).startswith(
        "lyrics/baseline_segment1.json is about an earlier file; ty"
    )


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"format": 1}', "[" * 5000])
def test_a_damaged_file_is_named(song: Song, project: Project, take: Take, damage: str) -> None:
    listen(song, project)
    transcript_path(song.results, baseline_name(1)).write_text(damage, encoding="utf-8")
    pair = words(song, take)
    assert str(pair.reference).startswith("lyrics/baseline_segment1.json cannot be read; type: ")
    assert isinstance(pair.estimate, Transcript)


def test_a_file_from_before_baselines_were_heard_is_still_good(
    song: Song, project: Project, take: Take
) -> None:
    listen(song, project)
    path = transcript_path(song.results, NAME)
    old = json.loads(path.read_text(encoding="utf-8"))
    del old["start"], old["end"], old["floor"]["wer"]
    path.write_text(json.dumps(old), encoding="utf-8")
    transcript = stored_transcript(song, take)
    assert transcript is not None and transcript.hypothesis == ("amor", "y", "codito")


def test_who_plays_no_words_is_asked_for_none(
    song: Song, make_take: Callable[[str, np.ndarray], Take], sounds: type[Sounds]
) -> None:
    take = make_take("stable_audio", sounds.pink(1, 44_100))
    assert transcripts_of(song, song.segments[0], take, COMMAND) is None
