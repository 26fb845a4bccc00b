import numpy as np
import pytest

from secondtake_analysis import spectrum
from secondtake_analysis.short_time import HOPS_PER_SECOND


def test_a_sine_peaks_in_its_own_mel_band(sounds):
    centres = spectrum.mel_filters().argmax(axis=1) * 22_050 / 2048
    band = spectrum.read(sounds.sine(1000, 2)).mel.mean(axis=1).argmax()
    assert centres[band] == pytest.approx(1000, rel=0.06)


def test_onsets_come_with_the_clicks(sounds):
    onsets = spectrum.onset_strength(spectrum.read(sounds.clicks(120, 4)).mel)
    strongest = np.sort(np.argsort(onsets)[-7:]) / HOPS_PER_SECOND
    assert np.diff(strongest).max() < 0.56


def test_all_that_is_read_has_as_many_hops(sounds):
    seen = spectrum.read(sounds.chord((57, 60, 64), 30))
    hops = 1 + 30 * 22_050 // 256
    assert seen.power.shape == (64, hops)
    assert seen.chroma.shape == (12, hops)
    assert seen.contrast.shape == (7, hops)
    assert {0, 4, 9} == set(seen.chroma.mean(axis=1).argsort()[-3:])  # C, E, A
