"""Damage of known signals: each kind takes what it says, at every level, and nothing by its level
of loudness."""

import numpy as np
import pytest

from secondtake.judges.damage import (
    COMB_SECONDS,
    DAMAGES,
    FLUTTER_HZ,
    GAP_SECONDS,
    Damage,
    comb,
    damaged,
    damaged_copies,
)

RATE = 16_000
KINDS = {kind.name: kind for kind in DAMAGES}


def noise(seconds: float = 3.0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(seconds * RATE))).astype(np.float32)


def sine(hertz: float, seconds: float = 2.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def decibels_in(samples: np.ndarray, low: float, high: float) -> float:
    """Power between two frequencies in Hz, in dB, under a window that hides the ends."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(10 * np.log10(power[(frequency >= low) & (frequency < high)].sum() + 1e-30))


def lost(before: np.ndarray, after: np.ndarray, low: float, high: float) -> float:
    """By how many dB a band lies lower afterwards, against the band around 1 kHz."""
    kept = decibels_in(before, 800, 1250) - decibels_in(after, 800, 1250)
    return decibels_in(before, low, high) - decibels_in(after, low, high) - kept


@pytest.mark.parametrize("kind", DAMAGES, ids=lambda kind: kind.name)
def test_every_level_is_as_long_and_as_loud_as_the_recording_and_the_same_again(
    kind: Damage,
) -> None:
    samples = noise(1.37)
    for level in kind.levels:
        copy = damaged(kind, samples, RATE, level)
        assert copy.dtype == np.float32 and copy.shape == samples.shape
        assert rms(copy) == pytest.approx(rms(samples), rel=1e-5)
        assert np.array_equal(copy, damaged(kind, samples.copy(), RATE, level))


@pytest.mark.parametrize("kind", DAMAGES, ids=lambda kind: kind.name)
def test_every_level_is_further_from_the_recording_than_the_last(kind: Damage) -> None:
    """Of noise shaped as music is, what a copy has that the recording has not."""
    bass = np.cumsum(noise(4.0) - np.mean(noise(4.0)))
    samples = np.asarray(noise(4.0) + 0.2 * bass / np.abs(bass).max(), np.float32)
    distances = []
    for level in kind.levels:
        copy = damaged(kind, samples, RATE, level)
        alike = np.dot(copy, samples) / (rms(copy) * rms(samples) * len(samples))
        distances.append(1 - alike)
    assert len(kind.levels) >= 4 and kind.floor in kind.levels
    assert distances[0] > 0
    if kind.name != "flutter":  # which is in step again and again
        assert np.all(np.diff(distances) > 0), distances


@pytest.mark.parametrize("kind", DAMAGES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("frames", [0, 1, 100])
def test_silence_stays_silence_and_the_shortest_recordings_are_damaged_too(
    kind: Damage, frames: int
) -> None:
    silence = np.zeros(frames, np.float32)
    assert np.array_equal(damaged(kind, silence, RATE, kind.floor), silence)
    short = noise(1.0)[:frames]
    assert np.isfinite(damaged(kind, short, RATE, kind.floor)).all()


def test_the_copies_of_a_floor_are_one_of_each_kind_at_its_level() -> None:
    samples = noise(0.5)
    copies = dict(damaged_copies(samples, RATE))
    assert list(copies) == [kind.words for kind in DAMAGES] and len(copies) == len(DAMAGES) == 8
    assert "low-pass, 3500 Hz" in copies
    for kind in DAMAGES:
        assert np.array_equal(copies[kind.words], damaged(kind, samples, RATE, kind.floor))


@pytest.mark.parametrize("hertz", KINDS["low-pass"].levels)
def test_low_pass_takes_all_above_its_cutoff_and_nothing_below(hertz: float) -> None:
    samples = noise()
    copy = damaged(KINDS["low-pass"], samples, RATE, hertz)
    if hertz < 7000:
        assert lost(samples, copy, hertz * 8 / 7, 8000) > 60
    assert abs(lost(samples, copy, 100, hertz * 0.98)) < 0.1


def test_the_low_anchor_lets_nothing_through_above_4_khz() -> None:
    copy = damaged(KINDS["low-pass"], sine(5000) + sine(500), RATE, 3500)
    assert decibels_in(copy, 490, 510) - decibels_in(copy, 3600, 8000) > 60


def test_telephone_keeps_300_to_3400_hz_alone() -> None:
    samples = noise()
    copy = damaged(KINDS["telephone"], samples, RATE, KINDS["telephone"].floor)
    assert abs(lost(samples, copy, 310, 3350)) < 0.1
    assert lost(samples, copy, 20, 250) > 60 and lost(samples, copy, 3950, 8000) > 60


@pytest.mark.parametrize("ratio", KINDS["pink noise"].levels)
def test_noise_has_its_ratio_and_equal_power_in_every_octave(ratio: float) -> None:
    samples = sine(440, 4.0)
    copy = damaged(KINDS["pink noise"], samples, RATE, ratio).astype(np.float64)
    gain = np.dot(copy, samples) / np.dot(samples, samples.astype(np.float64))
    rest = copy - gain * samples
    assert 20 * np.log10(gain * rms(samples) / rms(rest)) == pytest.approx(ratio, abs=0.2)
    octaves = [decibels_in(rest, low, 2 * low) for low in (62.5, 125, 250, 500, 1000, 2000, 4000)]
    assert max(octaves) - min(octaves) < 2.5


@pytest.mark.parametrize("percent", KINDS["clipping"].levels)
def test_clipping_cuts_its_percent_of_what_is_not_silence(percent: float) -> None:
    samples = np.concatenate([noise(), np.zeros(5 * RATE, np.float32)])
    copy = damaged(KINDS["clipping"], samples, RATE, percent)
    at_ceiling = np.abs(copy) >= np.abs(copy).max() * (1 - 1e-6)
    share = at_ceiling.sum() / np.count_nonzero(samples)
    assert share == pytest.approx(percent / 100, rel=0.02)
    assert not copy[-5 * RATE :].any()


@pytest.mark.parametrize("bits", KINDS["quantisation"].levels)
def test_quantisation_leaves_as_many_steps_as_its_bits_count(bits: float) -> None:
    copy = damaged(KINDS["quantisation"], sine(101), RATE, bits)
    assert len(np.unique(copy)) == 2**bits + 1  # both ends are there


@pytest.mark.parametrize("period", KINDS["dropouts"].levels)
def test_dropouts_are_30_ms_once_in_every_period(period: float) -> None:
    samples = np.full(round(8.0 * RATE), 0.5, np.float32)
    silent = damaged(KINDS["dropouts"], samples, RATE, period) == 0
    starts = np.flatnonzero(np.diff(silent.astype(int)) == 1)
    assert silent.sum() / len(samples) == pytest.approx(GAP_SECONDS / period, rel=0.01)
    assert np.allclose(np.diff(starts) / RATE, period, atol=1 / RATE) and not silent[0]


@pytest.mark.parametrize("percent", KINDS["flutter"].levels)
def test_flutter_sways_the_pitch_by_its_percent_six_times_a_second(percent: float) -> None:
    copy = damaged(KINDS["flutter"], sine(1000, 4.0), RATE, percent)
    spectrum = np.fft.fft(copy.astype(np.float64))
    spectrum[len(copy) // 2 :] = 0
    phase = np.unwrap(np.angle(np.fft.ifft(spectrum)))
    hertz = (np.diff(phase) * RATE / (2 * np.pi))[RATE // 2 : -RATE // 2]  # whole turns of 6 Hz
    assert hertz.mean() == pytest.approx(1000, abs=1)
    assert hertz.max() - 1000 == pytest.approx(10 * percent, rel=0.05)
    assert 1000 - hertz.min() == pytest.approx(10 * percent, rel=0.05)
    swaying = np.abs(np.fft.rfft(hertz - hertz.mean()))
    assert swaying.argmax() * RATE / len(hertz) == pytest.approx(FLUTTER_HZ, rel=0.01)


def test_flutter_leaves_the_height_of_a_tone() -> None:
    """What reads between samples is no low-pass."""
    high = damaged(KINDS["flutter"], sine(6000, 2.0) + sine(1000, 2.0), RATE, 2)
    assert decibels_in(high, 5500, 6500) - decibels_in(high, 900, 1100) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("percent", KINDS["comb filter"].levels)
def test_a_comb_answers_a_click_with_weaker_and_weaker_echoes(percent: float) -> None:
    click = np.zeros(RATE, np.float32)
    click[10] = 1
    delay = round(COMB_SECONDS * RATE)
    echoes = comb(click, RATE, percent)
    assert np.flatnonzero(echoes > 1e-9)[:4].tolist() == [10 + n * delay for n in range(4)]
    assert echoes[10 + 3 * delay] == pytest.approx((percent / 100) ** 3)
