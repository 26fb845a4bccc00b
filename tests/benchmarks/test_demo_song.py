"""The baseline of songs/demo.toml: what is kept in songs/, and the program that makes it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.demo_song.instruments import INSTRUMENTS, RATE
from benchmarks.demo_song.mix import FRAMES, mastered, ogg_written, song
from benchmarks.demo_song.score import (
    BEATS,
    BPM,
    CHORUS,
    END,
    LINES,
    SECONDS,
    VERSE,
    notes,
    second_of,
)
from tests.conftest import ROOT

from secondtake.analysis.audio_io import Audio, read
from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.core.files import sha256_of
from secondtake.core.project import Project
from secondtake.core.song import Song, load_song

KEPT = ROOT / "songs" / "demo.ogg"
PART_NOTES = {note.part: note for note in notes()}


@pytest.fixture(scope="module")
def recording() -> Audio:
    return read(KEPT)


@pytest.fixture(scope="module")
def demo() -> Song:
    return load_song(ROOT / "songs" / "demo.toml", Project(ROOT))


def test_the_kept_file_is_small_and_is_the_one_that_its_page_names() -> None:
    page = (KEPT.parent / "README.md").read_text(encoding="utf-8")
    assert KEPT.stat().st_size <= 600_000
    assert re.findall(r"sha256 ([0-9a-f]{64})", page) == [sha256_of(KEPT)]


def test_the_recording_is_a_stereo_master(recording: Audio) -> None:
    header = recording.header
    assert (header.container, header.subtype) == ("OGG", "VORBIS")
    assert (header.sample_rate, header.channels, header.frames) == (RATE, 2, FRAMES)
    assert header.shortfall == ""
    assert integrated(recording.samples, RATE) == pytest.approx(-15, abs=1)
    assert true_peak(recording.samples) <= -1


def test_segments_follow_each_other_within_the_recording(demo: Song) -> None:
    stretches = [s.baseline for s in demo.segments if s.baseline]
    assert len(stretches) == len(demo.segments)
    assert {stretch.file for stretch in stretches} == {KEPT}
    bounds = [(stretch.start or 0.0, stretch.end or SECONDS) for stretch in stretches]
    bars = [(0, VERSE), (VERSE, CHORUS), (CHORUS, END)]
    assert bounds == [tuple(bar * BEATS * 60 / BPM for bar in pair) for pair in bars]
    assert bounds[-1][1] < SECONDS


def test_the_song_file_has_the_words_and_the_tempo_that_are_performed(demo: Song) -> None:
    sung = [line.text for line in LINES]
    assert [line for s in demo.segments for line in (s.lyrics or "").splitlines() if line] == sung
    assert {segment.bpm for segment in demo.segments} == {BPM}


def test_a_line_has_a_note_for_each_syllable_and_a_bar_to_itself() -> None:
    assert [line.bar for line in LINES] == list(range(VERSE, END))
    assert {len(line.pitches) for line in LINES} == {7}
    assert all(55 <= pitch <= 69 for line in LINES for pitch in line.pitches)


def test_notes_are_the_same_every_time_and_near_their_beats() -> None:
    first = notes()
    assert first == notes()
    for note in first:
        assert 0 <= note.start < SECONDS and 0 < note.velocity <= 1
        sixteenth = 60 / BPM / 4
        off = min(note.start % sixteenth, sixteenth - note.start % sixteenth)
        assert off < 0.06 or note.part == "strum", note


def test_the_tempo_drifts_by_less_than_three_thousandths() -> None:
    beats = np.arange(0, END * BEATS)
    lengths = np.diff([second_of(float(beat)) for beat in beats])
    assert np.abs(lengths * BPM / 60 - 1).max() < 0.003


@pytest.mark.parametrize("part", sorted(INSTRUMENTS))
def test_an_instrument_sounds_alike_twice_and_is_over(part: str) -> None:
    note = replace(PART_NOTES[part], seconds=0.3)
    first, second = (INSTRUMENTS[part](note, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.isfinite(first).all() and 0.05 < np.abs(first).max() < 6
    assert np.abs(first[-20:]).max() < 0.01 * np.abs(first).max()


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    time = np.arange(RATE) / RATE
    tone = 0.4 * np.sin(2 * np.pi * np.outer(time, [220, 330])).astype(np.float32)
    ogg_written(tmp_path / "tone.ogg", tone)
    again = read(tmp_path / "tone.ogg").samples
    assert np.corrcoef(again.ravel(), tone.ravel())[0, 1] > 0.999


def test_mastering_reaches_its_loudness_below_its_ceiling() -> None:
    random = np.random.default_rng(2)
    envelope = np.abs(np.sin(np.arange(FRAMES) / 20_000))[:, None]
    loud = mastered(0.01 * envelope * random.normal(size=(FRAMES, 2)))
    assert integrated(loud, RATE) == pytest.approx(-15, abs=0.5)
    assert true_peak(loud) <= -1.7


@pytest.mark.e2e
def test_the_program_makes_the_recording_that_is_kept(recording: Audio) -> None:
    made = song()
    assert made.shape == recording.samples.shape
    assert np.corrcoef(made.ravel(), recording.samples.ravel())[0, 1] > 0.99
