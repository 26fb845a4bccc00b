import json
from dataclasses import asdict

import numpy as np
import pytest
from tests.analysis.dsp.frozen import FILE, NATIVE, SOUNDS, band, librosas

from secondtake.analysis.dsp import first_study as naive
from secondtake.analysis.dsp import first_study as naive_chroma
from secondtake.analysis.dsp import first_study as naive_spectrum
from secondtake.analysis.dsp.first_study import as_audio, mean_autocorrelation, pink

LENGTH = 60
RANDOM = np.random.default_rng(0)
ONSETS = np.maximum(0, RANDOM.standard_normal(400))
LATE = np.where(np.arange(400) < 250, 0, ONSETS)
FADED_IN = np.where(np.arange(400) < 250, 1e-6 * RANDOM.random(400), ONSETS)


@pytest.mark.parametrize(
    "signal", [ONSETS, LATE, FADED_IN, ONSETS[:LENGTH], ONSETS[:61]], ids=range(5)
)
def test_as_the_definition_says(signal):
    assert mean_autocorrelation(signal, LENGTH) == pytest.approx(_defined(signal), abs=1e-9)


def test_silence_is_like_nothing():
    assert not mean_autocorrelation(np.zeros(100), LENGTH).any()


def _defined(signal: np.ndarray) -> np.ndarray:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / LENGTH)
    stretches = np.lib.stride_tricks.sliding_window_view(signal, LENGTH) * window
    found = [np.correlate(one, one, "full")[LENGTH - 1 :] for one in stretches if one.any()]
    return np.sum([one / one[0] for one in found], axis=0) / len(stretches)


FROZEN = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def row(sounds):
    """A 1000 Hz sine of peak 0.5 for 2 s at 24 kHz, in two unequal channels."""
    sine = sounds.sine(1000, 2, 1.0, NATIVE)
    return naive.describe(as_audio(np.stack([sine * 0.4, sine * 0.6], axis=1), NATIVE))


def test_a_sine_has_the_textbook_figures(row):
    assert (row.duration, row.sample_rate) == (2.0, NATIVE)
    assert row.centroid == pytest.approx(1000, rel=0.03)
    assert row.zero_crossings == pytest.approx(2000 / NATIVE, rel=0.03)
    assert row.rms == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    assert len(row.mfcc) == 20
    assert int(np.argmax(row.chroma)) == 11  # B5 is 988 Hz


def test_the_cosines_and_what_they_are_worth(row, sounds):
    noise = naive.describe(as_audio(sounds.pink(2, NATIVE), NATIVE))
    assert naive.mfcc_cosine(row, row) == pytest.approx(1)
    assert naive.chroma_cosine(row, row) == pytest.approx(1)
    other = naive.describe(as_audio(sounds.pink(2, 48_000, seed=2), 48_000))
    assert naive.chroma_cosine(noise, other) > 0.95  # different noises pass for the same notes


def test_silence_has_a_row(sounds):
    silent = naive.describe(as_audio(np.zeros(NATIVE, np.float32), NATIVE))
    assert (silent.tempo, silent.centroid, silent.zero_crossings, silent.rms) == (0, 0, 0, 0)
    assert silent.chroma == (0,) * 12


def test_the_tuning_is_found(sounds):
    flat = sounds.sine(2637 * 2 ** (-0.3 / 12), 2, 0.3, NATIVE)  # an E that is 30 cents low
    found = [naive_chroma.peaks(power, NATIVE) for power in naive_spectrum.Spectra(flat)]
    assert naive_chroma.tuning(found) == pytest.approx(-0.3, abs=0.02)


def test_block_by_block_is_as_at_once(monkeypatch):
    audio = as_audio(band(), NATIVE)
    at_once = naive.describe(audio)
    monkeypatch.setattr(naive_spectrum, "BLOCK_HOPS", 7)
    monkeypatch.setattr(naive_spectrum, "KEPT_HOPS", 0)  # and every block transformed twice
    in_blocks = naive.describe(audio)
    assert in_blocks.tempo == at_once.tempo
    assert in_blocks.centroid == pytest.approx(at_once.centroid, rel=1e-5)
    assert in_blocks.mfcc == pytest.approx(at_once.mfcc, rel=1e-4, abs=1e-4)
    assert in_blocks.chroma == pytest.approx(at_once.chroma, rel=1e-4)


@pytest.mark.parametrize("sound", SOUNDS)
def test_every_figure_is_librosas(sound):
    samples, rate = SOUNDS[sound]()
    _same(asdict(naive.describe(as_audio(samples, rate))), FROZEN[sound])


@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")  # for a blip, which librosa pads
@pytest.mark.parametrize("sound", SOUNDS)
def test_the_frozen_figures_are_librosas(sound):
    _same(librosas(*SOUNDS[sound]()), FROZEN[sound])


def _same(one: dict, other: dict) -> None:
    assert one["tempo"] == pytest.approx(other["tempo"], rel=1e-12)
    for name in ("centroid", "zero_crossings", "rms"):
        assert one[name] == pytest.approx(other[name], rel=1e-3)
    assert one["mfcc"] == pytest.approx(other["mfcc"], rel=1e-3, abs=1e-3)
    assert one["chroma"] == pytest.approx(other["chroma"], rel=1e-3)


def test_every_octave_has_the_same_power():
    noise = pink(10, 44_100)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(len(noise), 1 / 44_100)
    octaves = [
        10 * np.log10(power[(frequencies >= low) & (frequencies < 2 * low)].sum())
        for low in (100, 200, 400, 800, 1600, 3200, 6400)
    ]
    assert np.ptp(octaves) < 1.0
    assert np.abs(noise).max() == pytest.approx(0.5)


def test_the_same_everywhere():
    assert np.array_equal(pink(1, 8000), pink(1, 8000))
