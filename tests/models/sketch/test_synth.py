"""The 808: tuned to the note asked for."""

import numpy as np
import pytest

from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import Note
from secondtake.models.sketch.synth import bass, kick, synthesised


def peak_hertz(sound: np.ndarray) -> float:
    size = 1 << 17
    return float(np.argmax(np.abs(np.fft.rfft(sound, size))) * SAMPLE_RATE / size)


def test_the_bass_plays_its_note() -> None:
    assert peak_hertz(bass(33, 100, 1.0)[8000:]) == pytest.approx(55, rel=0.01)


def test_a_slide_arrives() -> None:
    assert peak_hertz(bass(45, 100, 1.0, -12.0)[8000:]) == pytest.approx(110, rel=0.01)


def test_the_kick_falls_to_its_note_and_to_silence() -> None:
    sound = kick(120, 33)
    assert peak_hertz(sound[5000:]) == pytest.approx(55, rel=0.06)
    assert abs(float(sound[-1])) < 1e-4


def test_a_part_is_played_on_its_beats_and_its_kick_on_the_tonic() -> None:
    notes = [Note(1.0, 0.5, 36, 120, "synth_kit"), Note(2.0, 0.5, 36, 120, "synth_kit")]
    sound = synthesised(notes, 120.0, 9, 2 * SAMPLE_RATE)
    half = SAMPLE_RATE // 2
    assert not sound[:half].any()
    assert np.abs(sound[half : half + 500]).max() > 0.3
    assert np.array_equal(sound[half : 2 * half - 1], sound[2 * half : 3 * half - 1])
    assert peak_hertz(sound[half + 5000 : 2 * half, 0]) == pytest.approx(55, rel=0.06)
