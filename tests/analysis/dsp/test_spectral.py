import numpy as np
import pytest

from secondtake.analysis.dsp import spectral
from secondtake.analysis.dsp.preprocess import HOPS_PER_SECOND

HOPS = slice(5, -5)  # without the edges, where frames are half empty


@pytest.mark.parametrize("pitch_class", range(12))
def test_every_note_lands_in_its_pitch_class_even_out_of_tune(sounds, pitch_class):
    hz = 440 * 2 ** ((pitch_class + 60 - 69) / 12)
    for tuning in (1.0, 2 ** (0.3 / 12)):
        chroma = spectral.analyse_spectrum(sounds.sine(hz * tuning, 1)).chroma
        assert chroma[:, HOPS].mean(axis=1).argmax() == pitch_class
        assert chroma[:, HOPS].sum(axis=0) == pytest.approx(1.0, abs=1e-5)


def test_silence_has_no_chroma():
    assert not spectral.analyse_spectrum(np.zeros(22_050, np.float32)).chroma.any()


def test_a_sine_peaks_in_its_own_mel_band(sounds):
    centres = spectral.mel_filters().argmax(axis=1) * 22_050 / 2048
    band = spectral.analyse_spectrum(sounds.sine(1000, 2)).mel.mean(axis=1).argmax()
    assert centres[band] == pytest.approx(1000, rel=0.06)


def test_onsets_come_with_the_clicks(sounds):
    onsets = spectral.onset_strength(spectral.analyse_spectrum(sounds.clicks(120, 4)).mel)
    strongest = np.sort(np.argsort(onsets)[-7:]) / HOPS_PER_SECOND
    assert np.diff(strongest).max() < 0.56


def test_all_that_is_read_has_as_many_hops(sounds):
    spectrum = spectral.analyse_spectrum(sounds.chord((57, 60, 64), 30))
    hops = 1 + 30 * 22_050 // 256
    assert spectrum.power.shape == (64, hops)
    assert spectrum.chroma.shape == (12, hops)
    assert spectrum.contrast.shape == (7, hops)
    assert {0, 4, 9} == set(spectrum.chroma.mean(axis=1).argsort()[-3:])  # C, E, A


def mel(samples):
    return spectral.analyse_spectrum(samples).mel


def contrast(samples):
    return spectral.analyse_spectrum(samples).contrast[:, HOPS].mean(axis=1)


def test_level_moves_c0_alone(sounds):
    noise = sounds.pink(2, 22_050)
    loud, soft = (spectral.mfcc(mel(noise * np.float32(gain))) for gain in (1.0, 0.1))
    difference = (loud - soft)[:, HOPS].mean(axis=1)
    assert difference[0] == pytest.approx(20 * np.sqrt(64), rel=0.01)  # 20 dB in all 64 bands
    assert np.abs(difference[1:]).max() < 0.01


def test_a_tone_stands_out_in_its_octave_and_noise_in_none(sounds):
    noise = sounds.pink(6, 22_050) * np.float32(0.01)
    plain, sung = contrast(noise), contrast(noise + sounds.sine(1000, 6))
    assert plain.max() < 22  # peaks of noise: its tenth strongest bins over its tenth weakest
    assert (sung - plain)[3] > 20  # 800 to 1600 Hz
    assert np.abs(sung - plain)[[0, 1, 5, 6]].max() < 0.5


def test_what_is_below_all_hearing_has_no_contrast(sounds):
    assert not contrast(np.zeros(22_050, np.float32)).any()
    tone = sounds.sine(1000, 2) * np.float32(1e-7)
    assert not contrast(tone).any()


def test_attacks_say_where_and_not_how_many(sounds):
    slow, fast = (spectral.attack_spectrum(mel(sounds.clicks(bpm, 6))) for bpm in (60, 180))
    assert fast[spectral.ATTACKS] == pytest.approx(slow[spectral.ATTACKS], abs=0.35)
    burst = np.zeros(22_050 * 6, np.float32)
    for beat in range(6):
        place = slice(beat * 22_050, beat * 22_050 + 2205)
        burst[place] = sounds.sine(120, 0.1) * np.linspace(1, 0, 2205, dtype=np.float32)
    low = spectral.attack_spectrum(mel(burst + sounds.pink(6, 22_050) * np.float32(0.01)))
    assert low[1] > slow[1] + 1  # the first transform: bass against treble


def test_nothing_rises_in_silence():
    assert not spectral.attack_spectrum(mel(np.zeros(22_050, np.float32))).any()


def test_a_colour_has_as_many_numbers_as_it_says(sounds):
    noise = sounds.pink(3, 22_050)
    spectrum = spectral.analyse_spectrum(noise)
    timbre = spectral.timbre_vector(spectrum.mel, spectrum.contrast)
    assert timbre.shape == (spectral.SIZE,)
    assert np.isfinite(timbre).all()
