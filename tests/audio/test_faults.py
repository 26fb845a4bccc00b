"""Sounds in which it is known what is wrong, and where."""

import numpy as np
import pytest

from secondtake.audio import faults
from secondtake.audio.bands import band_decibels

RATE = 44_100


def column(samples: np.ndarray) -> np.ndarray:
    return samples[:, None]


@pytest.mark.parametrize(
    ("marks", "run"), [([], (0, 0)), ([0, 0], (0, 0)), ([1, 0, 1, 1, 0], (2, 2)), ([1, 1], (0, 2))]
)
def test_longest_run(marks, run):
    assert faults.longest_run(np.array(marks, dtype=bool)) == run


def test_a_sine_of_twice_full_scale_is_clipped_for_two_thirds_of_the_time(sounds):
    samples = column(np.clip(sounds.sine(440, 1, 2.0, RATE), -1, 1))
    assert faults.count_full_scale(samples) == pytest.approx(RATE * 2 / 3, rel=0.02)
    assert faults.count_flat_tops(samples) == pytest.approx(RATE * 2 / 3, rel=0.02)
    softer = samples * np.float32(0.3)
    assert faults.count_full_scale(softer) == 0
    assert faults.count_flat_tops(softer) == faults.count_flat_tops(samples)


def test_a_clean_signal_is_not_clipped(sounds):
    for samples in (sounds.sine(440, 1, 0.99, RATE), sounds.pink(3, RATE), np.zeros(1000)):
        assert faults.count_full_scale(column(samples)) == 0
        assert faults.count_flat_tops(column(samples)) == 0


@pytest.mark.parametrize("at", [0.5, 1.2345])
def test_a_jump_of_one_sample_is_found_where_it_is(sounds, at):
    samples = sounds.pink(2, RATE)[:, None] * np.float32(0.2)
    samples[round(at * RATE)] += 0.5
    assert faults.find_clicks(samples, RATE) == pytest.approx([at], abs=0.011)


def test_a_step_and_one_in_the_other_channel_count_too(sounds):
    left = sounds.sine(220, 2, 0.4, RATE)
    right = left.copy()
    right[RATE:] += 0.3
    assert len(faults.find_clicks(np.stack([left, right], axis=1), RATE)) == 1


def test_noise_tones_and_bursts_do_not_click(sounds):
    burst = sounds.clicks(120, 2, RATE)
    for samples in (sounds.pink(2, RATE), sounds.sine(5000, 2, 0.9, RATE), burst, burst[:9]):
        assert faults.find_clicks(column(samples), RATE) == []


@pytest.mark.parametrize("milliseconds", [12, 100, 3000])
def test_a_hole_in_sound_is_found_where_it_is(sounds, milliseconds):
    samples = sounds.sine(440, 20, 0.5, RATE)
    start = round(15.2345 * RATE)
    samples[start : start + round(milliseconds / 1000 * RATE)] = 0
    [(at, length)] = faults.find_dropouts(column(samples), RATE)
    assert at == pytest.approx(15.2345, abs=0.005)
    assert length == pytest.approx(milliseconds / 1000, abs=0.006)


def test_neither_a_tiny_hole_nor_a_long_rest_nor_a_fade_is_a_dropout(sounds):
    tiny, rest = sounds.pink(6, RATE), sounds.pink(6, RATE)
    tiny[RATE : RATE + round(0.004 * RATE)] = 0
    rest[RATE : RATE + round(3.6 * RATE)] = 0
    time = np.arange(RATE) / RATE
    note = sounds.sine(440, 1, rate=RATE) * np.exp(-10 * time).astype(np.float32)
    for samples in (tiny, rest, np.tile(note, 4), sounds.clicks(120, 4, RATE)[:RATE]):
        assert faults.find_dropouts(column(samples), RATE) == []


@pytest.mark.parametrize("channels", [1, 2])
def test_a_voice_that_fades_into_its_pause_has_no_dropout(sounds, channels):
    samples = sounds.sine(440, 4, 0.5, RATE)
    start, end, fade = RATE, RATE + round(0.08 * RATE), round(0.03 * RATE)
    samples[start:end] = 0
    samples[start - fade : start] *= np.linspace(1, 0, fade, dtype=np.float32)
    assert faults.find_dropouts(np.stack([samples] * channels, axis=1), RATE) == []


@pytest.mark.parametrize("period", [1.3, 2.173, 3.0])
def test_a_copied_stretch_is_known_by_its_share(sounds, period):
    samples = np.tile(sounds.babble(period), 6)[: 12 * RATE]
    assert faults.copied_share(band_decibels(samples, RATE)) > 0.9


def test_what_never_comes_again_is_not_copied(sounds):
    silence = np.zeros(6 * RATE, np.float32)
    for samples in (
        sounds.babble(12),
        sounds.pink(8, RATE),
        sounds.sine(440, 6, rate=RATE),
        silence,
    ):
        assert faults.copied_share(band_decibels(samples, RATE)) == 0


def test_a_phrase_that_is_sung_again_a_little_differently(sounds):
    phrase, rest = sounds.babble(2.5), [sounds.babble(2, seed=seed) for seed in (1, 2, 3)]
    noise = np.random.default_rng(1).standard_normal(round(2.5 * RATE)) * 0.004
    again = phrase * np.linspace(0.8, 1.2, len(phrase)) + noise
    samples = np.concatenate([rest[0], phrase, rest[1], again, rest[2]]).astype(np.float32)
    repetition = faults.find_repetition(band_decibels(samples, RATE))
    assert repetition.at == pytest.approx(2.0, abs=0.3)
    assert repetition.later == pytest.approx(4.5, abs=0.05)
    assert repetition.seconds == pytest.approx(2.5, abs=0.5)


def test_different_phrases_are_no_repetition(sounds):
    parts = np.concatenate([sounds.babble(2.5, seed=seed) for seed in range(4)])
    for samples in (parts, sounds.babble(0.5)):
        assert faults.find_repetition(band_decibels(samples, RATE)) is None
        assert faults.find_loop(band_decibels(samples, RATE)) is None


@pytest.mark.parametrize("period", [0.43, 0.777, 1.31, 2.0])
def test_a_loop_is_found_with_its_period(sounds, period):
    once = sounds.babble(period, 24_000)
    samples = np.concatenate([sounds.babble(3, 24_000, seed=1), np.tile(once, 5)])
    loop = faults.find_loop(band_decibels(samples, 24_000))
    assert loop.period == pytest.approx(period, abs=0.021)
    assert loop.at == pytest.approx(3, abs=0.7) and loop.times == pytest.approx(5, abs=1)


@pytest.mark.parametrize("vibrato", [4.5, 5.5, 7.0])
def test_twice_and_a_held_note_are_no_loops(sounds, vibrato):
    time = np.arange(6 * RATE) / RATE
    phase = 2 * np.pi * 220 * time + 2 * np.sin(2 * np.pi * vibrato * time)  # about a semitone
    note = sum(0.2 / number * np.sin(number * phase) for number in range(1, 20))
    for samples in (note, np.tile(sounds.babble(3), 2), np.zeros(10)):
        assert faults.find_loop(band_decibels(samples, RATE)) is None
