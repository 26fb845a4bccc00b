import numpy as np
import pytest

from secondtake.analysis.dsp import spectral
from secondtake.analysis.dsp.tempogram import (
    PULSE_BPM,
    TEMPOGRAM_BPM,
    autocorrelation,
    pulse_spectrum,
    tempogram,
)


def onsets(samples):
    return spectral.onset_strength(spectral.analyse_spectrum(samples).mel)


def test_the_tempogram_peaks_at_the_tempo_and_its_halves(sounds):
    gram = tempogram(onsets(sounds.clicks(120, 3)))
    at = {bpm: gram[np.abs(TEMPOGRAM_BPM - bpm).argmin()] for bpm in (60, 90, 120, 160)}
    assert at[120] > 0.5
    assert at[60] > 0.3  # of 3 s, two seconds repeat after one
    assert max(at[90], at[160]) < 0.1


@pytest.mark.parametrize("bpm", [61, 95, 119.68, 150])
def test_the_pulse_is_strongest_at_the_tempo(sounds, bpm):
    strength = pulse_spectrum(onsets(sounds.clicks(bpm, 12)))
    near = strength[np.abs(np.log(PULSE_BPM / bpm)) < 0.006].max()
    assert near > 0.8
    assert strength[np.abs(np.log(PULSE_BPM / (bpm * 1.15))).argmin()] < 0.2


def test_autocorrelation_of_a_period_is_one_there_and_nothing_moves_in_silence():
    correlation = autocorrelation(np.tile([1.0, 0, 0, 0], 50))
    assert correlation[[0, 4, 8, 100]] == pytest.approx([1, 1, 1, 1])
    assert correlation[2] < 0
    assert not autocorrelation(np.ones(100)).any()
