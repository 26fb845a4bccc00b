import numpy as np
import pytest

from secondtake_analysis.metrics import rhythm


def test_the_tempogram_peaks_at_the_tempo_and_its_halves(features, sounds):
    gram = rhythm.tempogram(features(sounds.clicks(120, 9)).onsets)
    at = {bpm: gram[np.abs(rhythm.TEMPI - bpm).argmin()] for bpm in (60, 90, 120, 160)}
    assert min(at[120], at[60]) > 0.5
    assert max(at[90], at[160]) < 0.1


def test_the_same_pulse_in_another_sound_beats_another_pulse(features, sounds):
    reference = features(sounds.clicks(120, 9))
    gate = (sounds.clicks(120, 9) != 0).astype(np.float32)
    same = features(sounds.sine(440, 9) * gate)
    other = features(sounds.clicks(97, 9))
    assert np.median(rhythm.pairs(reference, same)) > 0.7
    assert np.median(rhythm.pairs(reference, other)) < 0.2


def test_autocorrelation_of_a_period_is_one_there_and_nothing_moves_in_silence():
    correlation = rhythm.autocorrelation(np.tile([1.0, 0, 0, 0], 50))
    assert correlation[[0, 4, 8, 100]] == pytest.approx([1, 1, 1, 1])
    assert correlation[2] < 0
    assert not rhythm.autocorrelation(np.ones(100)).any()
