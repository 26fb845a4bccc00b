"""swift-f0 on tones whose pitch is known, and against its authors' own program."""

import numpy as np
import pytest
from swift_f0 import SwiftF0

from secondtake.analysis.networks.vad_f0 import BLOCK_FRAMES, F0_RATE, HOP, VOICED, track_f0


def cents(hertz, of):
    return 1200 * np.log2(hertz / of)


def glide(low: float, high: float, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """A tone of four partials that climbs evenly in semitones; samples and its Hz in each."""
    time = np.arange(round(seconds * F0_RATE)) / F0_RATE
    hertz = low * (high / low) ** (time / seconds)
    phase = 2 * np.pi * np.cumsum(hertz) / F0_RATE
    parts = [0.2 / partial * np.sin(partial * phase) for partial in range(1, 5)]
    return np.sum(parts, axis=0).astype(np.float32), hertz


@pytest.mark.parametrize("note", [40, 57, 69, 84])  # a bass' E2 to a soprano's C6
def test_a_note_has_its_pitch(sounds, note):
    pitch, confidence = track_f0(sounds.chord((note,), 1, F0_RATE))
    inside = slice(5, -5)
    assert (confidence[inside] >= VOICED).all()
    assert np.abs(cents(pitch[inside], 440 * 2 ** ((note - 69) / 12))).max() < 15


def test_a_sine_has_a_pitch_of_which_it_is_not_sure(sounds):
    """No voice is a sine; 220 Hz lie at the edge of what counts as voiced, 82 Hz below."""
    for hertz, least, most in ((82.4, 0.2, VOICED), (220, 0.4, 0.7), (440, VOICED, 1)):
        pitch, confidence = track_f0(sounds.sine(hertz, 1, rate=F0_RATE))
        assert np.abs(cents(pitch[5:-5], hertz)).max() < 15
        assert least < np.median(confidence) < most


def test_a_glide_is_followed():
    samples, hertz = glide(110, 440, 4)
    pitch, confidence = track_f0(samples)
    inside = slice(5, len(pitch) - 5)
    truth = hertz[::HOP][: len(pitch)]  # a frame is centred on its first sample
    assert np.mean(confidence[inside] >= VOICED) > 0.95
    assert np.median(np.abs(cents(pitch, truth)[inside])) < 15


def test_of_two_at_once_it_follows_the_louder(sounds):
    """It has one answer: nothing here can tell how many sing."""
    low, high = (sounds.chord((note,), 2, F0_RATE) for note in (50, 69))
    for loud, soft, note in ((low, high, 50), (high, low, 69)):
        pitch, _ = track_f0(loud + 0.05 * soft)
        assert np.abs(np.median(cents(pitch, 440 * 2 ** ((note - 69) / 12)))) < 15


def test_noise_and_silence_have_no_pitch(sounds):
    assert np.mean(track_f0(sounds.pink(3, F0_RATE))[1] >= VOICED) < 0.02
    assert not track_f0(np.zeros(3 * F0_RATE, dtype=np.float32))[1].any()


def test_the_numbers_are_those_of_its_authors(sounds):
    """Longer than two blocks, so that where they meet is compared too."""
    seconds = 2.1 * BLOCK_FRAMES * HOP / F0_RATE
    samples = glide(70, 1500, seconds)[0] + 0.02 * sounds.pink(seconds, F0_RATE)
    samples[F0_RATE : 2 * F0_RATE] = 0
    pitch, confidence = track_f0(samples)
    theirs = SwiftF0(threads=1).detect(samples, F0_RATE)
    assert confidence == pytest.approx(theirs.confidence, abs=1e-5)
    assert pitch == pytest.approx(theirs.pitch_hz, rel=1e-5)


@pytest.mark.parametrize("count", [1, HOP - 1, HOP, F0_RATE // 10])
def test_the_shortest_sounds_have_an_answer(sounds, count):
    pitch, confidence = track_f0(sounds.sine(440, 1, rate=F0_RATE)[:count])
    assert len(pitch) == len(confidence) == max(1, count // HOP)
    assert np.isfinite(pitch).all() and np.isfinite(confidence).all()
