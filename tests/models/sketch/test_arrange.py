"""Whole segments: length, level, tempo, key, words, ending, and the same again."""

import hashlib
import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from tests.analysis.conftest import NoNetworks

from secondtake.analysis.audio_io import as_audio
from secondtake.analysis.features.extract import extract_features
from secondtake.analysis.metrics.harmony import key
from secondtake.analysis.metrics.rhythm import tempo
from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.core.keys import parse_key
from secondtake.models.sketch.arrange import arrange
from secondtake.models.sketch.compose import Score, compose
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.mix import mix
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.singing import sing
from secondtake.models.sketch.vocals import PlacedPhrase

SOLO = SketchInput("instrumental", 8, 120, "A minor", style="bandoneón, tango-trap", seed=7)
WORDS = "We whisper, susurra conmigo, Whisper del futuro."
CHORUS = SketchInput("chorus", 10, 120, "A minor", WORDS, ("en", "es"), seed=10)
VERSE = SketchInput("verse", 8, 122, "F# major", style="Latin trap reggaeton", seed=18)
WALTZ = SketchInput("outro", 18, 132, "D major", style="valse, accordéon", seed=3)
COMPOUND = SketchInput("intro", 9, 66, "C minor", style="rock", meter="6/8", seed=4)
SEGMENTS = {
    "solo": SOLO, "chorus": CHORUS, "verse": VERSE, "waltz": WALTZ, "compound": COMPOUND,
}  # fmt: skip


@lru_cache
def chorus() -> tuple[Score, np.ndarray, np.ndarray]:
    """The chorus's score, its voice alone, and where it sings."""
    score = compose(CHORUS)
    return score, *sing(CHORUS, score.form, list(score.lyrics), random.Random(1))


@lru_cache
def sound(name: str) -> np.ndarray:
    return arrange(SEGMENTS[name])


def spectra(signal: np.ndarray, size: int, hop: int) -> np.ndarray:
    """Magnitudes (frames, bins) of the mono mix."""
    mono = np.pad(signal.mean(axis=1), size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(mono, size)[::hop]
    return np.abs(np.fft.rfft(windows * np.hanning(size), axis=1))


@pytest.mark.parametrize("name", SEGMENTS)
def test_length_level_and_peak(name: str) -> None:
    samples = sound(name)
    assert samples.shape == (round(SEGMENTS[name].seconds * SAMPLE_RATE), 2)
    assert samples.dtype == np.float32
    assert integrated(samples, SAMPLE_RATE) == pytest.approx(-16, abs=0.5)
    assert true_peak(samples) < -1
    assert np.abs(samples.mean(axis=0)).max() < 1e-3


@pytest.mark.parametrize("name", SEGMENTS)
def test_tempo_and_key_are_the_ones_asked_for(name: str) -> None:
    """By the project's own analysis, as a take is measured."""
    segment = SEGMENTS[name]
    features = extract_features(as_audio(sound(name), SAMPLE_RATE), NoNetworks())
    pulse, tonality, wanted = tempo(features), key(features), parse_key(segment.key)
    octaves = (0.5, 1, 1.5, 2, 3) if segment.meter == "6/8" else (0.5, 1, 2)  # eighths, too
    assert min(abs(pulse.bpm / octave - segment.bpm) for octave in octaves) < 0.2
    assert (tonality.tonic, tonality.mode) == (wanted.tonic, "minor" if wanted.minor else "major")


@pytest.mark.parametrize("name", SEGMENTS)
def test_it_begins_without_a_click_and_plays_to_the_end(name: str) -> None:
    samples = np.abs(sound(name)).max(axis=1)
    assert samples[:20].max() < 0.02 and samples[-3:].max() < 0.002
    tenths = samples[: len(samples) // 4410 * 4410].reshape(-1, 4410).max(axis=1)
    if SEGMENTS[name].kind == "outro":  # it only gets quieter, and was there
        assert list(tenths[-8:]) == sorted(tenths[-8:], reverse=True) and tenths[-10] > 0.03
    else:
        assert tenths[-1] > 0.1 * tenths.max()


def test_the_same_segment_makes_the_same_samples_in_another_process() -> None:
    segment = SketchInput("chorus", 2, 120, lyrics="Whisper", style="trap", seed=10)
    program = f"""
import hashlib
from secondtake.models.sketch.arrange import arrange
from secondtake.models.sketch.score import SketchInput
print(hashlib.sha256(arrange({segment!r}).tobytes()).hexdigest())
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(p).resolve()) for p in sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(arrange(segment).tobytes()).hexdigest()
    assert done.stdout.strip() == here


def test_the_words_are_above_the_music_where_they_are_sung() -> None:
    score, voice, active = chorus()
    whole = mix(CHORUS, score, voice, active)
    music = mix(CHORUS, score, np.zeros_like(voice), active)
    beat = 60 / CHORUS.bpm * SAMPLE_RATE

    def level(samples: np.ndarray, phrase: PlacedPhrase) -> float:
        """dB between 700 and 4000 Hz, where words are told apart."""
        piece = samples[int(phrase.beats[0] * beat) : int(phrase.end * beat)]
        power = (spectra(piece, 2048, 512) ** 2).mean(axis=0)
        return float(10 * np.log10(power[33:186].sum()))

    for phrase in score.lyrics:
        assert level(whole - music, phrase) > level(music, phrase) + 6


def test_the_words_keep_the_beat() -> None:
    """The voice alone: its level rises at the placed vowels."""
    score, voice, active = chorus()
    level = np.abs(voice[:, 0])
    for phrase in score.lyrics:
        for beat in phrase.beats:
            at = int(beat * 60 / CHORUS.bpm * SAMPLE_RATE)
            assert active[at]
            assert level[at : at + 5000].max() > 0.1  # a vowel sounds from here
    assert level[~active].max() < 0.01


def test_a_tango_ends_on_the_tonic_after_a_dominant() -> None:
    score = compose(replace(SOLO, kind="outro", style="tango"))
    last = [n for n in score.notes if n.start == score.form.end]
    assert {note.pitch % 12 for note in last} == {9, 0, 4}
    assert {note.pitch % 12 for note in last if note.part == "lead"} == {9}
    before = [n for n in score.notes if n.part == "lead" and n.start == score.form.end - 1]
    assert 8 in {note.pitch % 12 for note in before}  # G#, the leading tone


def test_no_bar_is_the_copy_of_another() -> None:
    score = compose(replace(SOLO, seconds=40))

    def content(start: float) -> frozenset[tuple[object, ...]]:
        return frozenset(
            (n.start - start, n.part, n.pitch, n.length)
            for n in score.notes
            if start <= n.start < start + 4
        )

    bars = [content(bar.start) for bar in score.form.bars]
    assert len(set(bars)) == len(bars)


@pytest.mark.parametrize(
    ("kind", "seconds", "bpm"),
    [("intro", 1, 120), ("outro", 2.5, 240), ("bridge", 3, 40), ("reprise", 1.3, 97)],
)
def test_any_kind_and_any_size_is_arranged(kind: str, seconds: float, bpm: float) -> None:
    samples = arrange(SketchInput(kind, seconds, bpm, "Bb major"))
    assert samples.shape == (round(seconds * SAMPLE_RATE), 2)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() > 0.05
