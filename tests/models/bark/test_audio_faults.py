"""Sounds in which it is known what is wrong. The voice is a harmonic tone that moves."""

import json

import numpy as np
import pytest

from secondtake.models.bark.audio_faults import RINGING, check_audio

RATE = 24_000
NOISE = np.random.default_rng(7).standard_normal(20 * RATE) * 0.1


def voice(seconds: float, seed: int = 1) -> np.ndarray:
    """Notes of .25 s, each with its own pitch, vowel and loudness, a short gap after each."""
    rng = np.random.default_rng(seed)
    size, notes = RATE // 4, []
    time = np.arange(size) / RATE
    for _ in range(int(np.ceil(seconds * 4))):
        pitch = rng.uniform(120, 360) * (1 + 0.01 * np.sin(2 * np.pi * 5 * time))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        low, high = rng.uniform(300, 900), rng.uniform(1000, 2500)
        note = np.zeros(size)
        for number in range(1, 21):
            hertz = number * pitch[0]
            strength = np.exp(-(((hertz - low) / 200) ** 2)) + 0.5 * np.exp(
                -(((hertz - high) / 300) ** 2)
            )
            note += (strength + 0.02 / number) * np.sin(number * phase)
        envelope = np.clip(np.minimum(time, 0.24 - time) / 0.03, 0, 1)
        notes.append(note * envelope * rng.uniform(0.5, 1) / np.abs(note).max())
    return 0.5 * np.concatenate(notes)[: round(seconds * RATE)]


def said(sound: np.ndarray) -> str:
    return "; ".join(check_audio(sound.astype(np.float32), RATE).flags)


def test_a_voice_is_kept_whole_and_nothing_is_said():
    result = check_audio(voice(6), RATE)
    assert (result.keep_seconds, result.retake, result.flags) == (6.0, False, ())
    json.dumps(result.facts)


@pytest.mark.parametrize("sound", [np.zeros(RATE), np.zeros(0), np.zeros(100), 1e-5 * NOISE])
def test_silence_is_sung_again(sound):
    result = check_audio(sound, RATE)
    assert result.retake and result.flags == ("silent throughout",)


def test_hardly_audible_is_sung_again():
    assert check_audio(voice(4) * 0.005, RATE).retake and "hardly" in said(voice(4) * 0.005)


def test_no_numbers_are_sung_again():
    result = check_audio(np.array([0.1, np.nan] * RATE), RATE)
    assert result.retake and result.flags == ("samples that are no numbers",)


def test_a_silent_end_is_cut_and_a_short_one_stays():
    result = check_audio(np.concatenate([voice(3), np.zeros(2 * RATE)]), RATE)
    assert result.keep_seconds == pytest.approx(3 + RINGING, abs=0.05) and not result.retake
    assert result.facts["silent_end"] == pytest.approx(2, abs=0.05)
    assert check_audio(np.concatenate([voice(3), np.zeros(RATE // 2)]), RATE).keep_seconds == 3.5


def test_mostly_silent_is_said():
    sound = np.concatenate([voice(1), np.zeros(5 * RATE), voice(1)])
    assert "silent for 7" in said(sound)


def test_static_is_found_where_it_is_and_sung_again_if_long():
    sound = voice(8)
    sound[3 * RATE : 5 * RATE] = NOISE[: 2 * RATE]
    result = check_audio(sound, RATE)
    assert result.retake and result.facts["static_at"] == pytest.approx(3, abs=0.1)
    assert result.facts["static_seconds"] == pytest.approx(2, abs=0.15)
    sound[round(3.8 * RATE) :] = voice(8)[round(3.8 * RATE) :]
    assert not check_audio(sound, RATE).retake and "static for 0." in said(sound)


def test_an_s_is_no_static():
    sound = voice(4)
    sound[RATE : RATE + RATE // 4] = NOISE[: RATE // 4]
    assert said(sound) == ""


def test_a_voice_in_hiss_is_sung_again():
    assert check_audio(voice(4) + NOISE[: 4 * RATE] * 2, RATE).retake
    assert "hisses" in said(voice(4) + NOISE[: 4 * RATE] * 2)
    assert said(voice(4) + NOISE[: 4 * RATE] * 0.01) == ""


def test_white_noise_crosses_zero_at_every_other_sample():
    facts = check_audio(NOISE[: 4 * RATE], RATE).facts
    assert facts["crossings"] == pytest.approx(RATE / 2, rel=0.03)
    assert facts["flatness"] == pytest.approx(0.56, abs=0.03)  # exp(-Euler's constant)


def test_clipping_is_said_and_hard_clipping_sung_again():
    assert said(np.clip(voice(4) * 2, -1, 1)) == ""  # touches full scale once a note at most
    assert "at full scale" in said(np.clip(voice(4) * 3, -1, 1))
    assert check_audio(np.clip(voice(4) * 20, -1, 1), RATE).retake


def test_a_hole_is_found_and_a_pause_is_none():
    sound = 0.3 * np.sin(2 * np.pi * 220 * np.arange(4 * RATE) / RATE)
    sound[RATE : RATE + 1200] = 0
    assert check_audio(sound, RATE).facts["holes"] == [1.0]
    assert check_audio(voice(4), RATE).facts["holes"] == []
    assert said(sound) == "holes in the sound: 1, at 1.00 s" and not check_audio(sound, RATE).retake


@pytest.mark.parametrize("period", [0.43, 0.777, 1.31])
def test_a_loop_is_found_with_its_period(period):
    once = voice(period, seed=3)
    sound = np.concatenate([voice(3), np.tile(once, 6)])
    sound += NOISE[: len(sound)] * 0.005
    loop = check_audio(sound, RATE).facts["loop"]
    assert loop["period_seconds"] == pytest.approx(period, abs=0.021)
    assert loop["at"] == pytest.approx(3, abs=0.5) and loop["times"] == pytest.approx(6, abs=1)
    assert check_audio(sound, RATE).retake and "times over" in said(sound)


def test_twice_and_a_held_note_are_no_loops():
    time = np.arange(6 * RATE) / RATE
    phase = 2 * np.pi * 220 * time + 2 * np.sin(2 * np.pi * 5.5 * time)  # a vibrato of a semitone
    note = sum(0.2 / number * np.sin(number * phase) for number in range(1, 20))
    for sound in (np.tile(voice(3), 2), note, voice(12)):
        assert check_audio(sound, RATE).facts["loop"] is None


def test_what_is_above_full_scale_counts_as_clipped():
    loud = voice(4) * 3
    facts = check_audio(loud, RATE).facts
    assert facts["clipped_share"] > 0.003
    assert facts["clipped_share"] == check_audio(np.clip(loud, -1, 1), RATE).facts["clipped_share"]
