import numpy as np
import pytest
from scipy.signal import resample_poly

from secondtake.audio import true_peak as measuring
from secondtake.audio.loudness import decibels
from secondtake.audio.true_peak import peak_between, peak_envelope, true_peak

RATE = 48_000


def test_true_peak_sees_between_the_samples():
    """A quarter-rate sine sampled at 45 degrees: every sample at 0.707, the peak at 1."""
    quarter = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4).astype(np.float32)
    faded = quarter * np.hanning(4800).astype(np.float32)
    assert decibels(np.abs(faded).max()) == pytest.approx(-3.0, abs=0.1)
    assert true_peak(faded) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("length", [30, 1_000, 1_024, 1_100, 30_000])
def test_as_a_resampler_finds_it(sounds, length):
    samples = np.stack([sounds.pink(1, RATE)[:length], -sounds.pink(1, RATE, 2)[:length]], axis=1)
    oversampled = np.abs(resample_poly(samples.astype(float), 4, 1)).max()
    assert true_peak(samples) == pytest.approx(float(decibels(oversampled)), abs=0.01)


def test_stretches_join_without_a_seam(sounds, monkeypatch):
    samples = sounds.pink(1, RATE)
    whole = true_peak(samples)
    monkeypatch.setattr(measuring, "STRETCH", 700)
    assert true_peak(samples) == pytest.approx(whole, abs=1e-5)


def test_a_stretch_hears_what_lies_around_it(sounds):
    sine = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4).astype(np.float32)
    assert peak_between(sine, 1000, 1003) == pytest.approx(0, abs=0.1)
    assert peak_between(sine[1000:1003], 0, 3) > 0.2  # cut out, it is another sound


def test_nothing_and_silence_have_no_peak():
    assert true_peak(np.zeros((0, 2), np.float32)) == -200
    assert true_peak(np.zeros((5, 2), np.float32)) == -200
    assert true_peak(np.full(1, 0.5, np.float32)) == pytest.approx(-6.02, abs=0.01)


def test_a_peak_between_the_samples_is_seen_at_its_frame():
    tone = np.sin(np.pi / 2 * np.arange(9600) + np.pi / 4).astype(np.float32)
    tone[:5000] = 0
    assert np.abs(tone).max() == pytest.approx(0.7071, abs=1e-3)
    envelope = peak_envelope(np.stack([tone, 0 * tone], axis=1))
    assert np.median(envelope[5000:-500]) == pytest.approx(1.0, abs=0.01)
    assert envelope[:4980].max() < 1e-3


@pytest.mark.parametrize("length", [0, 1, 1_004, 30_000])
def test_the_highest_of_the_envelope_is_the_true_peak(sounds, length):
    samples = np.stack([sounds.pink(1, RATE)[:length], sounds.pink(1, RATE, 2)[:length]], axis=1)
    envelope = peak_envelope(samples)
    assert len(envelope) == length
    assert decibels(envelope.max(initial=0.0)) == pytest.approx(true_peak(samples), abs=1e-4)
