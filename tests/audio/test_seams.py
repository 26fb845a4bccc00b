"""Seams whose jumps are known, and the timbre of noises whose tilt is known."""

import json
from itertools import pairwise

import numpy as np
import pytest
from tests.models.bark.singing import RATE, noise, silence, soft, tone

from secondtake.audio.seams import (
    FADE_SECONDS,
    Junction,
    Seam,
    clicks_between,
    fade_edges,
    measure_seams,
    spectral_distance,
    spectral_tilt,
)

PAUSE = 0.4  # seconds
EDGE_RATE = 1000


def seam_between(*windows: np.ndarray) -> Seam:
    """The last of the seams between windows that sound from end to end."""
    parts, spans, at = [], [], 0
    for window in windows:
        parts += [soft(window), silence(PAUSE)]
        spans.append((at, at + len(window)))
        at += len(window) + round(PAUSE * RATE)
    joints = [Junction(before, after, 1200) for before, after in pairwise(spans)]
    return measure_seams(np.concatenate(parts), joints, RATE)[-1]


def test_nothing_changes() -> None:
    seam = seam_between(tone(2), tone(2))
    assert seam.at == pytest.approx(2.2) and seam.silence == PAUSE and seam.fade_ms == 50
    assert seam.level_jump_db == pytest.approx(0, abs=0.05)
    assert seam.pitch_jump_semitones == pytest.approx(0, abs=0.02)
    assert seam.spectral_distance_db < 0.5
    assert not seam.click and seam.warnings == ()


def test_a_jump_of_3_db_and_2_semitones_is_measured_and_not_warned_of() -> None:
    seam = seam_between(tone(2, 220, -20), tone(2, 220 * 2 ** (2 / 12), -17.5))
    assert seam.level_jump_db == pytest.approx(2.5, abs=0.05)
    assert seam.pitch_jump_semitones == pytest.approx(2, abs=0.05)
    assert seam.drift.level_db == pytest.approx(2.5, abs=0.05)
    assert seam.drift.pitch_semitones == pytest.approx(2, abs=0.05)
    assert seam.warnings == ()


def test_big_jumps_are_said_with_their_sign() -> None:
    up = " ".join(seam_between(tone(2, 150, -30), tone(2, 300, -20)).warnings)
    assert "10.0 dB louder after it" in up and "12.0 semitones higher after it" in up
    assert "10.0 dB louder than the song's first window" in up
    down = " ".join(seam_between(tone(2, 300, -20), tone(2, 150, -30)).warnings)
    assert "10.0 dB quieter after it" in down and "12.0 semitones lower after it" in down


def test_only_a_second_beside_the_seam_decides_the_jump() -> None:
    before = np.concatenate([tone(2, level=-10), silence(0.5), tone(1.1, level=-25)])
    assert seam_between(before, tone(2, level=-25)).level_jump_db == pytest.approx(0, abs=0.1)


def test_drift_looks_back_to_the_first_window() -> None:
    steps = [tone(2, 220 * 2 ** (2.5 * n / 12), -20 - 2.5 * n) for n in range(4)]
    seam = seam_between(*steps)
    assert seam.level_jump_db == pytest.approx(-2.5, abs=0.05)
    assert seam.drift.level_db == pytest.approx(-7.5, abs=0.1)
    assert seam.drift.pitch_semitones == pytest.approx(7.5, abs=0.1)
    assert [warning.startswith("what follows is") for warning in seam.warnings] == [True, True]


def test_another_colour_is_heard() -> None:
    seam = seam_between(noise(3, -6.0), noise(3, 0.0, seed=1))
    assert seam.drift.tilt_db_per_octave == pytest.approx(6, abs=0.2)
    assert seam.pitch_jump_semitones is None and seam.drift.pitch_semitones is None
    assert any("brighter by 6" in warning for warning in seam.warnings)
    darker = seam_between(noise(3, 0.0), noise(3, -6.0, seed=1))
    assert any("duller by 6" in warning for warning in darker.warnings)


def test_the_record_takes_it() -> None:
    seam = seam_between(noise(2), tone(2))
    assert json.loads(json.dumps(seam.as_json())) == seam.as_json()
    assert measure_seams(tone(1), [], RATE) == ()


@pytest.mark.parametrize("around", [silence(0.1), noise(0.1, level=-60), tone(0.1, level=-40)])
def test_a_click_stands_out(around: np.ndarray) -> None:
    assert not clicks_between(around, 900, 1100, RATE)
    clicked = around.copy()
    clicked[1000] += 0.05
    assert clicks_between(clicked, 900, 1100, RATE)
    assert not clicks_between(clicked, 1600, 1700, RATE)


def test_what_is_cut_short_clicks_and_what_is_faded_does_not() -> None:
    hard = np.concatenate([tone(0.5, 70)[:-90], silence(0.1)])
    assert clicks_between(hard, len(hard) - round(0.101 * RATE), len(hard), RATE)
    faded = np.concatenate([soft(tone(0.5, 70)), silence(0.1)])
    assert not clicks_between(faded, round(0.499 * RATE), len(faded), RATE)


def test_a_seam_says_its_click_and_its_step() -> None:
    before, after = tone(2), tone(2)
    pause = np.concatenate([silence(0.2), np.full(1, 0.1, np.float32), silence(0.2)])
    samples = np.concatenate([soft(before), pause, soft(after)])
    start = len(before) + len(pause)
    joint = Junction((0, len(before)), (start, start + len(after)), 1200)
    [seam] = measure_seams(samples, [joint], RATE)
    assert seam.click and "a click" in seam.warnings
    assert seam.step == pytest.approx(0.1, rel=0.01)


@pytest.mark.parametrize("tilt", [0.0, -3.0, -6.0, 2.0])
def test_the_tilt_of_noise(tilt: float) -> None:
    assert spectral_tilt(noise(4.0, tilt), RATE) == pytest.approx(tilt, abs=0.15)


def test_one_colour_is_near_itself_at_any_level() -> None:
    first, second = noise(4.0, -3.0, seed=1), noise(4.0, -3.0, level=-40, seed=2)
    assert spectral_distance(first, first, RATE) == 0
    assert spectral_distance(first, second, RATE) < 0.7


def test_two_tilts_are_as_far_apart_as_arithmetic_says() -> None:
    # 11 bands a third of an octave apart, 2 dB per octave: the deviation of 2/3 times 0 ... 10.
    expected = 2 / 3 * ((11**2 - 1) / 12) ** 0.5
    first, second = noise(6.0, 0.0, seed=1), noise(6.0, -2.0, seed=2)
    assert spectral_distance(first, second, RATE) == pytest.approx(expected, rel=0.05)


def vowel(hertz: float) -> np.ndarray:
    """A second of harmonics under one formant at 1 kHz, whatever the note."""
    time = np.arange(RATE) / RATE
    harmonics = hertz * np.arange(1, int(8000 / hertz))
    return sum(np.sin(2 * np.pi * h * time) / (1 + ((h - 1000) / 400) ** 2) for h in harmonics)


@pytest.mark.parametrize("semitones", [2, 5, 7, 12])
def test_one_voice_on_another_note_stays_one_voice(semitones: int) -> None:
    low, high = vowel(165), vowel(165 * 2 ** (semitones / 12))
    dull = np.convolve(low, np.ones(24) / 24)[: len(low)]  # hardly more than 1 kHz of it
    assert spectral_distance(low, high, RATE) < 1.5 < 5 < spectral_distance(low, dull, RATE)


def test_silence_has_a_tilt_of_nothing_to_speak_of() -> None:
    assert abs(spectral_tilt(silence(0.01), RATE)) < 4


def test_both_edges_begin_and_end_at_nothing() -> None:
    faded = fade_edges(np.ones((100, 2), np.float32), EDGE_RATE)
    assert faded.dtype == np.float32 and faded.shape == (100, 2)
    frames = round(FADE_SECONDS * EDGE_RATE)
    assert faded[:frames, 0] == pytest.approx(np.arange(frames) / frames)
    assert np.array_equal(faded, faded[::-1]) and np.all(faded[frames:-frames] == 1)


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_a_sound_shorter_than_its_fades_is_faded_as_far_as_it_goes(frames: int) -> None:
    sound = np.ones((frames, 1), np.float32)
    faded = fade_edges(sound, EDGE_RATE)
    assert faded.shape == sound.shape and np.all(sound == 1)
    assert faded.tolist() == {0: [], 1: [[1]], 3: [[0], [1], [0]]}[frames]
