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

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.models.sketch.arrange import Score, arrange, compose
from secondtake.models.sketch.drums import kick_onsets
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.mix import mix
from secondtake.models.sketch.score import SketchInput, parse_key
from secondtake.models.sketch.singing import sing
from secondtake.models.sketch.vocals import PlacedPhrase

SOLO = SketchInput("instrumental", 10, 120, "A minor", style="bandoneón, tango-trap", seed=7)
CHORUS = SketchInput(
    "chorus",
    14,
    120,
    "A minor",
    "We whisper, susurra conmigo, Whisper del futuro, amor y código.",
    ("en", "es"),
    seed=10,
)
VERSE = SketchInput(
    "verse",
    15,
    122,
    "F# major",
    "We laugh at the chaos, we play with the luck, Dreams synthetic but hearts imperfect.",
    style="Latin trap reggaeton",
    seed=18,
)
SEGMENTS = {"solo": SOLO, "chorus": CHORUS, "verse": VERSE}
HOP = 441
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


SHORT = replace(CHORUS, seconds=4, lyrics="We whisper, amor y código")


def sing_score(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """The chorus's voice alone, and where it sings."""
    return sing(CHORUS, score.form, list(score.lyrics), random.Random(1))


@lru_cache
def sound(name: str) -> np.ndarray:
    return arrange(SEGMENTS[name])


def spectra(signal: np.ndarray, size: int, hop: int) -> np.ndarray:
    """Magnitudes (frames, bins) of the mono mix."""
    mono = np.pad(signal.mean(axis=1), size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(mono, size)[::hop]
    return np.abs(np.fft.rfft(windows * np.hanning(size), axis=1))


def tempo(signal: np.ndarray) -> float:
    """BPM, 50 to 220: the comb of beats that gathers most of the onset strength."""
    levels = np.log1p(1000 * spectra(signal, 1024, HOP) / 1024)
    onsets = np.maximum(np.diff(levels, axis=0), 0).sum(axis=1)
    onsets = onsets - np.convolve(onsets, np.ones(100) / 100, mode="same")
    time = np.arange(len(onsets)) * HOP / SAMPLE_RATE

    def pull(bpm: float) -> float:
        phases = np.exp(-2j * np.pi * time * bpm / 60)
        return float(abs(np.dot(onsets, phases)) + abs(np.dot(onsets, phases**2)))

    candidates = np.arange(50, 220, 0.25)
    return float(max(candidates, key=pull))


def key_of(signal: np.ndarray) -> tuple[int, bool]:
    """(tonic, minor) by correlation with Krumhansl's profiles."""
    power = spectra(signal, 16384, 8192).mean(axis=0)
    hertz = np.arange(len(power)) * SAMPLE_RATE / 16384
    audible = (hertz > 100) & (hertz < 2000)
    classes = np.round(69 + 12 * np.log2(hertz[audible] / 440)).astype(int) % 12
    chroma = np.bincount(classes, power[audible], 12)
    scores = {
        (tonic, minor): np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]
        for minor, profile in ((False, MAJOR), (True, MINOR))
        for tonic in range(12)
    }
    return max(scores, key=lambda key: scores[key])


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
    segment, bpm = SEGMENTS[name], tempo(sound(name))
    assert min(abs(bpm / (segment.bpm * octave) - 1) for octave in (0.5, 1, 2)) < 0.02
    key = parse_key(segment.key)
    assert key_of(sound(name)) == (key.tonic, key.minor)


@pytest.mark.parametrize("name", SEGMENTS)
def test_it_begins_without_a_click_and_rings_out(name: str) -> None:
    samples = np.abs(sound(name)).max(axis=1)
    assert samples[:20].max() < 0.01
    assert samples[-400:].max() < 0.001
    parts = samples[-SAMPLE_RATE:].reshape(5, -1).max(axis=1)
    assert list(parts) == sorted(parts, reverse=True)  # it only gets quieter
    assert parts[0] > 0.03  # and was there


def test_the_same_brief_makes_the_same_samples_in_another_process() -> None:
    program = (
        "import hashlib, test_arrange as t; from secondtake.models.sketch.arrange import arrange;"
        "print(hashlib.sha256(arrange(t.SHORT).tobytes()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(p).resolve()) for p in sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(arrange(SHORT).tobytes()).hexdigest()
    assert done.stdout.strip() == here


def test_another_seed_is_another_take() -> None:
    other = replace(SOLO, seed=8)
    assert compose(other).notes != compose(SOLO).notes
    correlation = np.corrcoef(arrange(other)[:, 0], sound("solo")[:, 0])[0, 1]
    assert abs(correlation) < 0.8


def test_the_words_are_above_the_music_where_they_are_sung() -> None:
    score = compose(CHORUS)
    voice, active = sing_score(score)
    kicks = kick_onsets(score.notes)
    whole = mix(CHORUS, score.notes, kicks, voice, active)
    music = mix(CHORUS, score.notes, kicks, np.zeros_like(voice), active)
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
    score = compose(CHORUS)
    voice, active = sing_score(score)
    level = np.abs(voice[:, 0])
    for phrase in score.lyrics:
        for beat in phrase.beats:
            at = int(beat * 60 / CHORUS.bpm * SAMPLE_RATE)
            assert active[at]
            assert level[at : at + 5000].max() > 0.1  # a vowel sounds from here
        first = int(phrase.beats[0] * 60 / CHORUS.bpm * SAMPLE_RATE)
        assert level[first - SAMPLE_RATE // 2 : first - SAMPLE_RATE // 4].max() < 0.01


def test_the_lead_ends_on_the_tonic_after_a_dominant() -> None:
    score = compose(SOLO)
    last = [n for n in score.notes if n.part == "lead" and n.start == score.form.end]
    assert {note.pitch % 12 for note in last} == {9, 0, 4}
    assert max(last, key=lambda note: note.pitch).pitch % 12 == 9
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
    [
        ("intro", 1, 120),
        ("outro", 2.5, 240),
        ("bridge", 5, 40),
        ("drop", 3, 97),
        ("reprise", 4, 90),
    ],
)
def test_any_kind_and_any_size_is_arranged(kind: str, seconds: float, bpm: float) -> None:
    samples = arrange(SketchInput(kind, seconds, bpm, "Bb major"))
    assert samples.shape == (round(seconds * SAMPLE_RATE), 2)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() > 0.05
