"""The soundfont player: pitch, loudness, envelope."""

import numpy as np
import pytest
from numpy.typing import NDArray
from secondtake_models.sketch.soundfont import DRUM_BANK, general_midi

from secondtake_models.sketch.signals import SAMPLE_RATE, play


def strength(sound: NDArray[np.float32], hertz: float) -> float:
    """Amplitude at one frequency (Hann window, mono)."""
    mono = sound.mean(axis=1) * np.hanning(len(sound))
    time = np.arange(len(mono)) / SAMPLE_RATE
    return float(abs(np.dot(mono, np.exp(-2j * np.pi * hertz * time))))


@pytest.mark.parametrize("program", [0, 21, 23, 24, 48])
@pytest.mark.parametrize("key", [57, 64, 69, 76, 81])
def test_notes_are_in_tune(program: int, key: int) -> None:
    sound = play(0, program, key, 100, 0.9)[4000:36000]
    hertz = 440 * 2 ** ((key - 69) / 12)
    cents = np.arange(-60, 61, 2)
    # An octave reed may be the louder one: whichever it is, it must sit on the key.
    tuned = [
        int(cents[int(np.argmax([strength(sound, h * 2 ** (c / 1200)) for c in cents]))])
        for h in (max((hertz, 2 * hertz), key=lambda one: strength(sound, one)),)
    ]
    assert abs(tuned[0]) <= 14


def test_velocity_is_loudness() -> None:
    soft, loud = play(0, 23, 69, 50, 0.5), play(0, 23, 69, 100, 0.5)
    assert np.abs(loud).max() / np.abs(soft).max() == pytest.approx(4, rel=0.01)


def test_a_note_starts_without_a_step_and_ends_in_silence() -> None:
    sound = play(0, 23, 69, 100, 0.5)
    assert np.abs(sound[0]).max() < 1e-3
    assert np.abs(sound[-50:]).max() < 1e-3
    assert len(sound) > 0.5 * SAMPLE_RATE


def test_drums_sound_and_a_missing_preset_is_named() -> None:
    assert np.abs(play(DRUM_BANK, 25, 40, 100, 0.2)).max() > 0.05
    with pytest.raises(KeyError, match="999"):
        general_midi().regions(0, 999, 60, 100)
