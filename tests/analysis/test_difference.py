"""Differences of sounds whose difference is known."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tests.conftest import ROOT

from secondtake.analysis.audio_io import Audio, Header
from secondtake.analysis.difference import measure_difference
from secondtake.core.errors import UserError

RATE = 8000


def audio(samples, rate=RATE):
    samples = np.asarray(samples, dtype=np.float32)
    samples = samples[:, None] if samples.ndim == 1 else samples
    header = Header(len(samples), samples.shape[1], rate, "WAV", "PCM_16", None)
    return Audio(samples, rate, header)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(7).normal(0, 0.1, (2 * RATE, 2)).astype(np.float32)


def test_the_same_sound_differs_in_nothing(noise):
    same = measure_difference(audio(noise), audio(noise))
    assert (same.max_abs, same.snr_db, same.log_mel_db) == (0, None, 0)


@pytest.mark.parametrize("gain_db", [-6.0, 0.5, 3.0])
def test_another_level_is_as_far_away_as_the_levels_are_apart(noise, gain_db):
    gain = 10 ** (gain_db / 20)
    louder = measure_difference(audio(noise), audio(noise * gain))
    assert louder.log_mel_db == pytest.approx(abs(gain_db), abs=0.01)
    assert louder.snr_db == pytest.approx(-20 * np.log10(abs(1 - gain)), abs=0.01)
    assert louder.max_abs == pytest.approx(abs(1 - gain) * np.abs(noise).max(), rel=1e-4)


def test_one_sample_that_is_another(noise):
    changed = noise.copy()
    changed[300, 1] += 0.25
    difference = measure_difference(audio(noise), audio(changed))
    assert difference.max_abs == pytest.approx(0.25, abs=1e-6)
    power = (noise.astype(np.float64) ** 2).sum()
    assert difference.snr_db == pytest.approx(10 * np.log10(power / 0.25**2), abs=0.01)
    assert 0 < difference.log_mel_db < 1


def test_noise_of_a_known_level_below(noise):
    below = np.random.default_rng(8).normal(0, 0.1 * 10 ** (-40 / 20), noise.shape)
    difference = measure_difference(audio(noise), audio(noise + below))
    assert difference.snr_db == pytest.approx(40, abs=0.1)


def test_what_is_far_below_the_loudest_band_counts_as_silence():
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    hiss = np.random.default_rng(9).normal(0, 1e-7, RATE)
    assert measure_difference(audio(tone), audio(tone + hiss)).log_mel_db < 0.001


def test_of_unequal_lengths_what_both_have_is_measured(noise):
    difference = measure_difference(audio(noise), audio(noise[:-100]))
    assert difference.frames == (2 * RATE, 2 * RATE - 100)
    assert (difference.max_abs, difference.log_mel_db) == (0, 0)


@pytest.mark.parametrize("frames", [0, 1, 100])
def test_silence_and_next_to_nothing(frames):
    silent, click = np.zeros((frames, 1)), np.full((frames, 1), 0.5)
    assert measure_difference(audio(silent), audio(silent)).snr_db is None
    difference = measure_difference(audio(silent), audio(click))
    assert difference.snr_db is None
    assert difference.max_abs == (0.5 if frames else 0)
    assert difference.log_mel_db >= 0


def test_other_rates_and_channels_are_refused(noise):
    for other in (audio(noise, 2 * RATE), audio(noise[:, :1])):
        with pytest.raises(UserError, match="sample by sample"):
            measure_difference(audio(noise), other)


def test_the_program_prints_the_figures(noise, tmp_path):
    import soundfile

    for name, gain in (("first", 1.0), ("again", 0.5)):
        soundfile.write(tmp_path / f"{name}.wav", noise * gain, RATE, subtype="PCM_16")
    script = [sys.executable, ROOT / "scripts" / "measure_difference.py"]
    files = [tmp_path / "first.wav", tmp_path / "again.wav"]
    done = subprocess.run([*script, "--json", *files], capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["snr_db"] == pytest.approx(6.02, abs=0.01)
    assert figures["log_mel_db"] == pytest.approx(6.02, abs=0.05)
    done = subprocess.run([*script, *files], capture_output=True, text=True, check=True)
    assert "signal to difference 6.0 dB" in done.stdout
