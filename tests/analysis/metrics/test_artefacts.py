import numpy as np
import pytest

from secondtake.analysis.metrics import artefacts


def test_a_band_that_ends_an_octave_below(features):
    white = np.random.default_rng(8).standard_normal(6 * 22_050) * 0.1
    spectrum = np.fft.rfft(white)
    hertz = np.fft.rfftfreq(len(white), 1 / 22_050)
    wide, narrow = (
        features(np.fft.irfft(np.where(hertz < end, spectrum, 0)).astype(np.float32))
        for end in (10_000, 5000)
    )
    assert np.median(artefacts.band_edge.pairs(wide, narrow)) == pytest.approx(-1, abs=0.02)


def test_noise_on_a_chord_makes_it_hoarse(features, sounds):
    chord = sounds.chord((57, 60, 64), 6)
    clean = features(chord)
    hoarse = [
        np.median(
            artefacts.noisiness.pairs(
                clean, features(chord + sounds.pink(6, 22_050) * np.float32(share))
            )
        )
        for share in (0.001, 0.01, 0.1)
    ]
    assert hoarse == sorted(hoarse)
    assert hoarse[-1] > 10
