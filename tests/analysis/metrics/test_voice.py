from dataclasses import replace

import numpy as np
import pytest
import soxr

from secondtake.analysis.metrics import voice
from secondtake.models.sketch.tts import SpeechRequest, speak

RATE = 22_050
A3, E4 = 57, 64  # semitones


def median(metric, ours, theirs):
    return np.nanmedian(metric.pairs(ours, theirs))


def hummed(semitones: np.ndarray) -> np.ndarray:
    """A tone of four partials whose pitch is given for every sample, (frames,) float32."""
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((semitones - 69) / 12)) / RATE
    parts = [0.2 / partial * np.sin(partial * phase) for partial in range(1, 5)]
    return np.sum(parts, axis=0).astype(np.float32)


def test_a_tune_a_fifth_higher_lies_seven_semitones_higher(heard):
    low, high = (heard(hummed(np.full(6 * RATE, note))) for note in (A3, E4))
    assert median(voice.pitch, low, high) == pytest.approx(E4 - A3, abs=0.15)
    assert median(voice.pitch, high, low) == pytest.approx(A3 - E4, abs=0.15)
    assert median(voice.voiced, low, high) == pytest.approx(0, abs=0.02)


def test_a_tune_has_the_range_it_was_given(heard):
    time = np.arange(6 * RATE) / RATE
    swing = 3 * np.sin(2 * np.pi * 0.5 * time)  # semitones up and down
    held, wavy = heard(hummed(A3 + 0 * time)), heard(hummed(A3 + swing))
    # a sine spends 80 % of its time between the sines of -72 and 72 degrees
    assert median(voice.spread, held, wavy) == pytest.approx(6 * np.sin(np.deg2rad(72)), abs=0.4)
    assert median(voice.pitch, held, wavy) == pytest.approx(0, abs=0.3)


def test_noise_has_no_pitch_and_nobody_speaks(heard, sounds):
    noise, tone = heard(sounds.pink(6, RATE)), heard(hummed(np.full(6 * RATE, A3)))
    assert median(voice.voiced, noise, tone) > 0.9
    assert np.isnan(voice.pitch.pairs(noise, tone)).all()
    assert (noise.speech < 0.1).all() and (tone.speech < 0.1).all()


def test_words_in_half_of_a_take_are_heard_there(heard, sounds):
    [said] = speak(
        [SpeechRequest("The neon rain is falling on the silent city tonight", "en", 150, 50)]
    )
    sentence = soxr.resample(said.samples, said.sample_rate, RATE)[: 3 * RATE]
    chord = sounds.chord((A3, E4), 4)  # longer than a window: silence before the words is cut
    half = heard(np.concatenate([0.5 * sentence / np.abs(sentence).max(), chord]))
    none = heard(np.concatenate([chord, chord]))
    assert half.speech[0] > 0.7 and half.speech[1] < 0.2
    assert median(voice.speech, none, half) == pytest.approx(half.speech.mean(), abs=0.1)


@pytest.mark.parametrize("metric", voice.METRICS, ids=lambda metric: metric.name)
def test_without_a_voice_on_a_side_there_is_no_number(metric, features, sounds):
    noise = features(sounds.pink(9, RATE))
    sung, played, drummed = (
        replace(noise, speech=np.full(noise.windows, share)) for share in (0.6, 0.0, 0.05)
    )
    assert metric.absence(sung, sung) == ""
    assert metric.absence(sung, played) == "no voice in the take"
    assert metric.absence(played, sung) == "no voice in the baseline"
    assert metric.absence(played, drummed) == "no voice in the baseline or the take"
