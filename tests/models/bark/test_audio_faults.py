"""Sounds in which it is known what is wrong. The voice is a harmonic tone that moves."""

import json

import numpy as np
import pytest

from secondtake.models.bark.audio_faults import RINGING, holes, listen, longest, sound_loop

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
    return "; ".join(listen(sound.astype(np.float32), RATE).flags)


def test_a_voice_is_kept_whole_and_nothing_is_said():
    heard = listen(voice(6), RATE)
    assert (heard.keep_seconds, heard.retake, heard.flags) == (6.0, False, ())
    json.dumps(heard.facts)


@pytest.mark.parametrize("sound", [np.zeros(RATE), np.zeros(0), np.zeros(100), 1e-5 * NOISE])
def test_silence_is_sung_again(sound):
    heard = listen(sound, RATE)
    assert heard.retake and heard.flags == ("silent throughout",)


def test_hardly_audible_is_sung_again():
    assert listen(voice(4) * 0.005, RATE).retake and "hardly" in said(voice(4) * 0.005)


def test_no_numbers_are_sung_again():
    heard = listen(np.array([0.1, np.nan] * RATE), RATE)
    assert heard.retake and heard.flags == ("samples that are no numbers",)


def test_a_silent_end_is_cut_and_a_short_one_stays():
    heard = listen(np.concatenate([voice(3), np.zeros(2 * RATE)]), RATE)
    assert heard.keep_seconds == pytest.approx(3 + RINGING, abs=0.05) and not heard.retake
    assert heard.facts["silent_end"] == pytest.approx(2, abs=0.05)
    assert listen(np.concatenate([voice(3), np.zeros(RATE // 2)]), RATE).keep_seconds == 3.5


def test_mostly_silent_is_said():
    sound = np.concatenate([voice(1), np.zeros(5 * RATE), voice(1)])
    assert "silent for 7" in said(sound)


def test_static_is_found_where_it_is_and_sung_again_if_long():
    sound = voice(8)
    sound[3 * RATE : 5 * RATE] = NOISE[: 2 * RATE]
    heard = listen(sound, RATE)
    assert heard.retake and heard.facts["static_at"] == pytest.approx(3, abs=0.1)
    assert heard.facts["static_seconds"] == pytest.approx(2, abs=0.15)
    sound[round(3.8 * RATE) :] = voice(8)[round(3.8 * RATE) :]
    assert not listen(sound, RATE).retake and "static for 0." in said(sound)


def test_an_s_is_no_static():
    sound = voice(4)
    sound[RATE : RATE + RATE // 4] = NOISE[: RATE // 4]
    assert said(sound) == ""


def test_a_voice_in_hiss_is_sung_again():
    assert listen(voice(4) + NOISE[: 4 * RATE] * 2, RATE).retake
    assert "hisses" in said(voice(4) + NOISE[: 4 * RATE] * 2)
    assert said(voice(4) + NOISE[: 4 * RATE] * 0.01) == ""


def test_white_noise_crosses_zero_at_every_other_sample():
    facts = listen(NOISE[: 4 * RATE], RATE).facts
    assert facts["crossings"] == pytest.approx(RATE / 2, rel=0.03)
    assert facts["flatness"] == pytest.approx(0.56, abs=0.03)  # exp(-Euler's constant)


def test_clipping_is_said_and_hard_clipping_sung_again():
    assert said(np.clip(voice(4) * 2, -1, 1)) == ""  # touches full scale once a note at most
    assert "at full scale" in said(np.clip(voice(4) * 3, -1, 1))
    assert listen(np.clip(voice(4) * 20, -1, 1), RATE).retake


def test_a_hole_is_found_and_a_pause_is_none():
    sound = 0.3 * np.sin(2 * np.pi * 220 * np.arange(4 * RATE) / RATE)
    sound[RATE : RATE + 1200] = 0
    assert holes(sound, RATE) == pytest.approx([1.0], abs=0.001)
    assert holes(voice(4), RATE) == []
    assert said(sound) == "holes in the sound: 1, at 1.00 s" and not listen(sound, RATE).retake


@pytest.mark.parametrize("period", [0.43, 0.777, 1.31])
def test_a_loop_is_found_with_its_period(period):
    once = voice(period, seed=3)
    sound = np.concatenate([voice(3), np.tile(once, 6)])
    sound += NOISE[: len(sound)] * 0.005
    found = sound_loop(sound, RATE)
    assert found["period_seconds"] == pytest.approx(period, abs=0.021)
    assert found["at"] == pytest.approx(3, abs=0.5) and found["times"] == pytest.approx(6, abs=1)
    assert listen(sound, RATE).retake and "times over" in said(sound)


def test_twice_and_a_held_note_are_no_loops():
    assert sound_loop(np.tile(voice(3), 2), RATE) is None
    time = np.arange(6 * RATE) / RATE
    phase = 2 * np.pi * 220 * time + 2 * np.sin(2 * np.pi * 5.5 * time)  # a vibrato of a semitone
    note = sum(0.2 / number * np.sin(number * phase) for number in range(1, 20))
    assert sound_loop(note, RATE) is None
    assert sound_loop(voice(12), RATE) is None and sound_loop(np.zeros(10), RATE) is None


def test_longest_run():
    assert longest(np.array([0, 1, 1, 0, 1, 1, 1], bool)) == (4, 7)
    assert longest(np.zeros(3, bool)) == (0, 0)
