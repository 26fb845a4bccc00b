import numpy as np
import pytest

from secondtake_analysis import spectrum, tone_colour

HOPS = slice(5, -5)  # without the edges, where frames are half empty


def mel(samples):
    return spectrum.read(samples).mel


def contrast(samples):
    return spectrum.read(samples).contrast[:, HOPS].mean(axis=1)


def test_level_moves_c0_alone(sounds):
    noise = sounds.pink(2, 22_050)
    loud, soft = (tone_colour.mfcc(mel(noise * np.float32(gain))) for gain in (1.0, 0.1))
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
    slow, fast = (tone_colour.attacks(mel(sounds.clicks(bpm, 6))) for bpm in (60, 180))
    assert fast[tone_colour.ATTACKS] == pytest.approx(slow[tone_colour.ATTACKS], abs=0.35)
    burst = np.zeros(22_050 * 6, np.float32)
    for beat in range(6):
        place = slice(beat * 22_050, beat * 22_050 + 2205)
        burst[place] = sounds.sine(120, 0.1) * np.linspace(1, 0, 2205, dtype=np.float32)
    low = tone_colour.attacks(mel(burst + sounds.pink(6, 22_050) * np.float32(0.01)))
    assert low[1] > slow[1] + 1  # the first transform: bass against treble


def test_nothing_rises_in_silence():
    assert not tone_colour.attacks(mel(np.zeros(22_050, np.float32))).any()


def test_a_colour_has_as_many_numbers_as_it_says(sounds):
    noise = sounds.pink(3, 22_050)
    seen = spectrum.read(noise)
    found = tone_colour.tone_colour(seen.mel, seen.contrast)
    assert found.shape == (tone_colour.SIZE,)
    assert np.isfinite(found).all()
