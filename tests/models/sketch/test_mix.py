"""The mix of any band: as wide as other music, its bass in the middle, the voice above it; and the
master, on signals whose answer is known.

WIDTH and ALIKE span the middle halves of 103 instrumental and 35 sung mixes (benchmarks/sketch/
width.py, design set): sides -9.4 to -5.6 and -13.0 to -10.0 dB under the middle, channels that
correlate .57 to .73 and .82 to .90.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.models.sketch.compose import Score, compose
from secondtake.models.sketch.dsp import SAMPLE_RATE, band, filtered
from secondtake.models.sketch.mix import (
    BASS_HZ,
    CEILING_DBTP,
    TARGET_LUFS,
    VOICE_DUCK_DB,
    limit,
    master,
    mix,
)
from secondtake.models.sketch.score import Note, SketchInput

WIDTH = (-13.0, -5.5)  # dB
ALIKE = (0.57, 0.90)
STYLES = {
    "neutral": "", "trap": "trap, 808", "reggaeton": "reggaeton", "cumbia": "cumbia",
    "tango": "tango", "waltz": "waltz", "pop": "pop", "rock": "rock with distorted guitars",
    "ballad": "slow ballad", "brushes": "jazz with brushed drums and upright bass",
    "solo piano": "solo piano", "solo violin": "solo violin", "solo guitar": "solo acoustic guitar",
}  # fmt: skip
BANDS = [style for style in STYLES if "solo" not in style]
SECONDS = 6
TIME = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE


def segment_of(style: str, kind: str = "chorus") -> SketchInput:
    return SketchInput(kind, SECONDS, 100, "D minor", style=STYLES[style], seed=5)


def silent(frames: int = SECONDS * SAMPLE_RATE) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((frames, 2), np.float32), np.zeros(frames, bool)


@lru_cache
def music(style: str) -> np.ndarray:
    segment = segment_of(style)
    return mix(segment, compose(segment), *silent())


def decibels(amplitude: np.ndarray) -> float:
    """Of the root mean square."""
    return float(10 * np.log10(np.mean(amplitude**2) + 1e-12))


def width(mixture: np.ndarray) -> float:
    """dB of the sides over the middle."""
    left, right = mixture.T
    return decibels((left - right) / 2) - decibels((left + right) / 2)


@pytest.mark.parametrize("style", STYLES)
def test_every_band_is_as_wide_as_other_music(style: str) -> None:
    left, right = music(style).T
    assert WIDTH[0] < width(music(style)) < WIDTH[1]
    assert ALIKE[0] < np.corrcoef(left, right)[0, 1] < ALIKE[1]
    assert decibels(left) == pytest.approx(decibels(right), abs=0.5)


@pytest.mark.parametrize("style", BANDS)
def test_the_bass_is_in_the_middle(style: str) -> None:
    low = filtered(music(style), band(30, BASS_HZ / 1.5))
    assert width(low) < -20


@pytest.mark.parametrize("style", STYLES)
def test_one_loudspeaker_plays_all_of_it(style: str) -> None:
    """Nothing cancels: the sum of both channels is hardly softer than the two by themselves."""
    alone = decibels(music(style).mean(axis=1))
    assert decibels(music(style)) - alone < 1.5


@pytest.mark.parametrize("style", BANDS)
def test_lows_mids_and_highs_are_balanced(style: str) -> None:
    """Shares of the energy in dB, between the 10th and 90th percentile of the same recordings."""
    mono = music(style).mean(axis=1)
    power = np.abs(np.fft.rfft(mono)) ** 2
    hertz = np.fft.rfftfreq(len(mono), 1 / SAMPLE_RATE)
    limits = {(20, 120): (-18, -1.5), (120, 700): (-9, -1), (700, 4000): (-17, -2.5),
              (4000, 12000): (-31, -10)}  # fmt: skip
    for (low, high), (least, most) in limits.items():
        share = power[(hertz >= low) & (hertz < high)].sum() / power.sum()
        assert least < 10 * np.log10(share) < most, (low, high)


def test_chords_of_guitars_are_two_players() -> None:
    """The one on the left is a hundredth of a second ahead."""
    segment = segment_of("rock")
    chord = [Note(1.0, 0.9, pitch, 90, "chords") for pitch in (45, 52, 57)]
    onset = slice(int(0.6 * SAMPLE_RATE), int(0.61 * SAMPLE_RATE))

    def left_of_right(program: int) -> float:
        score = replace(compose(segment), notes=chord, programs={"chords": program})
        left, right = mix(segment, score, *silent())[onset].T
        return decibels(left) - decibels(right)

    assert left_of_right(30) > left_of_right(0) + 4


def test_the_music_makes_room_for_words_and_comes_back() -> None:
    segment = segment_of("pop")
    voice, sung = silent()
    sung[2 * SAMPLE_RATE : 3 * SAMPLE_RATE] = True
    ducked, plain = mix(segment, compose(segment), voice, sung), music("pop")
    words = slice(int(2.2 * SAMPLE_RATE), int(2.8 * SAMPLE_RATE))
    before = slice(0, int(1.5 * SAMPLE_RATE))
    bright = [filtered(piece, band(900, 3500)) for piece in (ducked[words], plain[words])]
    assert decibels(bright[1]) - decibels(bright[0]) > VOICE_DUCK_DB
    assert decibels(ducked[before]) == pytest.approx(decibels(plain[before]), abs=1)


def test_nothing_played_and_nothing_sung_is_silence() -> None:
    segment = segment_of("pop")
    nothing: Score = replace(compose(segment), notes=[])
    assert not mix(segment, nothing, *silent()).any()


def test_the_same_score_is_the_same_samples() -> None:
    segment = segment_of("cumbia")
    assert np.array_equal(mix(segment, compose(segment), *silent()), music("cumbia"))


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat(mono[:, None], 2, axis=1).astype(np.float32)


def test_the_limiter_holds_the_ceiling_and_leaves_quiet_sound_alone() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * TIME)
    tone[80_000:80_400] *= 6
    result = limit(stereo(tone))
    assert true_peak(result) <= CEILING_DBTP + 0.05
    assert np.array_equal(result[:70_000], stereo(tone)[:70_000])


def test_mastering_reaches_the_target() -> None:
    noise = np.random.default_rng(0).standard_normal((len(TIME), 2)).astype(np.float32)
    result = master(noise * 0.01)
    assert integrated(result, SAMPLE_RATE) == pytest.approx(TARGET_LUFS, abs=0.2)
    assert true_peak(result) <= CEILING_DBTP + 0.05


def test_silence_stays_silence() -> None:
    silence = np.zeros((SAMPLE_RATE, 2), np.float32)
    assert np.array_equal(master(silence), silence)


def test_strokes_over_a_soft_bed_neither_clip_nor_pump() -> None:
    """A stroke's neighbourhood is lowered for milliseconds; the bed between strokes is not."""
    bed = 0.05 * np.sin(2 * np.pi * 440 * TIME)
    strokes = np.zeros_like(bed)
    for start in range(SAMPLE_RATE // 2, len(bed), SAMPLE_RATE // 2):
        strokes[start : start + 600] = np.exp(-np.arange(600) / 100) * np.sin(np.arange(600) / 3)
    result = master(stereo(bed + strokes))
    assert true_peak(result) <= CEILING_DBTP + 0.05
    assert integrated(result, SAMPLE_RATE) == pytest.approx(TARGET_LUFS, abs=0.3)
    levels = [np.std(result[at : at + 2205]) for at in range(4410, len(bed) - 4410, 22_050)]
    assert max(levels) / min(levels) < 1.02
