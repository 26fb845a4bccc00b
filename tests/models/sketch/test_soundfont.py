"""Notes on the soundfont: in tune, as loud as written, exact to the frame, the same every time."""

import numpy as np
import pytest

from secondtake.models.sketch import soundfont
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import Note
from secondtake.models.sketch.soundfont import (
    ACCORDION,
    BANDONEON,
    LOOP_PATCHES,
    general_midi,
    patch_soundfont,
    play,
)

BPM = 60.0  # a beat is a second
PIANO, FINGERED_BASS, STRINGS = 0, 33, 48
KEYS = [52, 57, 60, 64, 67, 69, 72, 76, 81, 86]  # from the left hand's lowest to the lead's highest


def note(pitch: int, start: float = 0.0, length: float = 1.0, velocity: int = 100) -> Note:
    return Note(start, length, pitch, velocity, "lead")


def cents_off(sound: np.ndarray, pitch: int) -> int:
    """The place within ±100 cents of the pitch where its first five harmonics are strongest."""
    mono = sound.mean(axis=1)
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), size))
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    cents = np.arange(-100, 101)
    bins = [
        [round(hertz * 2 ** (c / 1200) * h * size / SAMPLE_RATE) for h in range(1, 6)]
        for c in cents
    ]
    return int(cents[np.argmax(spectrum[bins].sum(axis=1))])


@pytest.mark.parametrize("program", [ACCORDION, BANDONEON])
@pytest.mark.parametrize("pitch", KEYS)
def test_held_reeds_are_in_tune(monkeypatch, program: int, pitch: int) -> None:
    monkeypatch.setattr(soundfont, "VIBRATO_SEMITONES", 0.0)
    sound = play([note(pitch)], BPM, program, SAMPLE_RATE)
    assert abs(cents_off(sound[15_000:40_000], pitch)) <= 5


def test_without_the_patches_they_would_not_be(monkeypatch) -> None:
    monkeypatch.setattr(soundfont, "VIBRATO_SEMITONES", 0.0)
    monkeypatch.setattr(soundfont, "patch_soundfont", lambda font: font)
    general_midi.cache_clear()
    try:
        sound = play([note(81)], BPM, BANDONEON, SAMPLE_RATE)
    finally:
        general_midi.cache_clear()
    assert cents_off(sound[15_000:40_000], 81) < -50


@pytest.mark.parametrize("program", [PIANO, FINGERED_BASS, STRINGS])
def test_other_instruments_are_in_tune(program: int) -> None:
    sound = play([note(57)], BPM, program, SAMPLE_RATE)
    assert abs(cents_off(sound[15_000:40_000], 57)) <= 9


def test_twice_the_velocity_is_four_times_the_amplitude() -> None:
    soft, loud = (
        np.abs(play([note(69, velocity=v)], BPM, PIANO, SAMPLE_RATE)).max() for v in (50, 100)
    )
    assert loud / soft == pytest.approx(4, rel=0.1)


def test_a_note_begins_at_its_frame() -> None:
    sound = play([note(69, start=0.5)], BPM, PIANO, SAMPLE_RATE)
    silent = SAMPLE_RATE // 2
    assert np.abs(sound[: silent - 1]).max() == 0
    assert np.abs(sound[silent : silent + 2000]).max() > 0.005


def test_the_sound_has_the_asked_length_and_two_channels() -> None:
    assert play([note(69, length=5)], BPM, PIANO, 12_345).shape == (12_345, 2)


def test_seventeen_notes_share_sixteen_channels() -> None:
    many = [note(60 + n % 12, start=n * 0.05, length=0.04) for n in range(17)]
    assert np.abs(play(many, BPM, PIANO, SAMPLE_RATE)[-8000:]).max() > 0


def test_the_same_notes_are_the_same_samples() -> None:
    notes = [note(60), note(64, start=0.25), note(67, start=0.5)]
    first, second = (play(notes, BPM, BANDONEON, SAMPLE_RATE) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_a_drum_is_let_ring() -> None:
    sound = play([note(36, length=0.05)], BPM, 0, SAMPLE_RATE, drums=True)
    assert np.abs(sound[: SAMPLE_RATE // 10]).max() > 0.05


def test_a_glide_comes_from_below() -> None:
    slid = Note(0.0, 1.0, 57, 100, "lead", glide=-2.0)
    plain, gliding = (play([n], BPM, STRINGS, SAMPLE_RATE) for n in (note(57), slid))
    assert not np.array_equal(plain[:3000], gliding[:3000])
    assert abs(cents_off(gliding[15_000:40_000], 57)) <= 9


def test_another_soundfont_is_not_patched_blindly() -> None:
    font = general_midi()
    with pytest.raises(ValueError, match="another loop"):
        patch_soundfont(font)  # its loops are patched already
    assert len(font) > 5_000_000 and len(LOOP_PATCHES) == 8
