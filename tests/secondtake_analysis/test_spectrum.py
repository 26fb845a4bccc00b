import numpy as np
import pytest

from secondtake_analysis import spectrum

HOPS = slice(5, -5)  # without the edges, where frames are half empty


def test_a_sine_peaks_in_its_own_bin_and_mel_band(sounds):
    magnitudes = spectrum.magnitudes(sounds.sine(1000, 2))
    bins = magnitudes[:, HOPS].argmax(axis=0) * 22_050 / 2048
    assert bins == pytest.approx(np.full(len(bins), 1000), abs=11)
    centres = spectrum.mel_filters().argmax(axis=1) * 22_050 / 2048
    band = spectrum.mel_decibels(magnitudes).mean(axis=1).argmax()
    assert centres[band] == pytest.approx(1000, rel=0.06)


def test_level_moves_c0_alone(sounds):
    noise = sounds.pink(2, 22_050)
    loud, soft = (
        spectrum.mfcc(spectrum.mel_decibels(spectrum.magnitudes(noise * np.float32(gain))))
        for gain in (1.0, 0.1)
    )
    difference = (loud - soft)[:, HOPS].mean(axis=1)
    assert difference[0] == pytest.approx(20 * np.sqrt(64), rel=0.01)  # 20 dB in all 64 bands
    assert np.abs(difference[1:]).max() < 0.01


@pytest.mark.parametrize("pitch_class", range(12))
def test_every_note_lands_in_its_pitch_class_even_out_of_tune(sounds, pitch_class):
    hz = 440 * 2 ** ((pitch_class + 60 - 69) / 12)
    for tuning in (1.0, 2 ** (0.3 / 12)):
        chroma = spectrum.chroma(spectrum.magnitudes(sounds.sine(hz * tuning, 1)))
        assert chroma[:, HOPS].mean(axis=1).argmax() == pitch_class
        assert chroma[:, HOPS].sum(axis=0) == pytest.approx(1.0, abs=1e-5)


def test_onsets_come_with_the_clicks(sounds):
    onsets = spectrum.onset_strength(
        spectrum.mel_decibels(spectrum.magnitudes(sounds.clicks(120, 4)))
    )
    strongest = np.sort(np.argsort(onsets)[-7:]) / spectrum.HOPS_PER_SECOND
    assert np.diff(strongest).max() < 0.56


def test_silence_has_no_chroma():
    assert not spectrum.chroma(spectrum.magnitudes(np.zeros(22_050, np.float32))).any()
