import numpy as np
import pytest
from benchmarks.analysis.degradations import (
    _cell,
    coded,
    dull,
    narrower,
    noisy,
    quieter,
    spread_out,
)

from secondtake.analysis.audio_io import Audio, as_audio
from secondtake.analysis.dsp.first_study import pink_noise

RATE = 44_100


def power(samples: np.ndarray) -> float:
    """Mean square in dB."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


@pytest.fixture(scope="module")
def stereo() -> Audio:
    """Two seconds of noise that is not the same on both sides."""
    sides = [pink_noise(2, RATE, seed) for seed in (1, 2)]
    return as_audio(np.stack(sides, axis=1), RATE)


def test_quieter_is_so_many_decibels_quieter(stereo):
    assert power(stereo.samples) - power(quieter(stereo, 6, 0)) == pytest.approx(6, abs=0.01)


def test_noise_lies_so_far_below(stereo):
    added = noisy(stereo, 20, 5) - stereo.samples
    assert power(stereo.samples) - power(added) == pytest.approx(20, abs=0.01)
    assert np.allclose(added[:, 0], added[:, 1], atol=1e-6)


def test_dull_keeps_what_lies_below_and_takes_what_lies_above(stereo):
    def band(samples: np.ndarray, low: float, high: float) -> float:
        bins = np.abs(np.fft.rfft(samples[:, 0]))
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
        return power(bins[(hertz >= low) & (hertz < high)])

    after = dull(stereo, 4000, 0)
    assert band(after, 100, 2000) == pytest.approx(band(stereo.samples, 100, 2000), abs=0.1)
    assert band(after, 8000, 16_000) < band(stereo.samples, 8000, 16_000) - 40


def test_a_codec_loses_more_the_worse_it_is(stereo):
    lost = [
        power(coded(stereo, level, 0)[: len(stereo.samples)] - stereo.samples)
        for level in (0.0, 0.5, 1.0)
    ]
    assert lost == sorted(lost)
    assert lost[2] - lost[0] > 3


def test_wholly_narrow_is_mono_and_keeps_the_middle(stereo):
    half, mono = narrower(stereo, 50, 0), narrower(stereo, 100, 0)
    assert np.allclose(mono[:, 0], mono[:, 1], atol=1e-6)
    assert np.allclose(half.mean(axis=1), stereo.samples.mean(axis=1), atol=1e-6)
    sides = [power(one[:, 0] - one[:, 1]) for one in (stereo.samples, half)]
    assert sides[0] - sides[1] == pytest.approx(6.02, abs=0.01)


def test_songs_are_taken_from_all_over_the_corpus():
    assert spread_out(list(range(100)), 4) == [0, 33, 66, 99]


def test_a_cell_is_bold_where_the_fall_is_large_and_steady():
    assert _cell(np.array([0, 0.1, 0.5, 0.9])) == "**.00 .10 .50 .90**"
    assert _cell(np.array([0, 0.9, 0.5, 0.4])) == ".00 .90 .50 .40"
    assert _cell(np.array([0, 0.01, 0.05, 0.1])) == ".00 .01 .05 .10"
