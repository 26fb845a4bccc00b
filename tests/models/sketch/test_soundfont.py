"""Notes on the soundfont: in tune, as loud as written, exact to the frame, the same every time."""

from collections.abc import Iterator

import numpy as np
import pytest

from secondtake.audio.loudness import weighted
from secondtake.core.prompts.sketch_style import INSTRUMENTS, Instrument
from secondtake.models.sketch import soundfont
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import Note
from secondtake.models.sketch.soundfont import (
    KITS,
    LEVEL,
    TABLES,
    VELOCITY,
    Place,
    general_midi,
    patch_soundfont,
    play,
    voice_of,
)

BPM = 60.0  # a beat is a second
PIANO, ACCORDION, BANDONEON, STRINGS, CELESTA = 0, 21, 23, 48, 8
KEYS = [52, 57, 60, 64, 67, 69, 72, 76, 81, 86]  # of a reed, from low chords to a high lead
MELODIC = {n: i for n, i in INSTRUMENTS.items() if i.role not in ("kit", "percussion")}
# Bars, bells and skins: their overtones are not harmonics, and have no place among cents.
INHARMONIC = {
    "tubular_bells",
    "timpani",
    "taiko",
    "glockenspiel",
    "xylophone",
    "marimba",
    "kalimba",
}
DRUM_KITS = (0, 8, 16, 24, 25, 32, 40, 48)
STROKES = (36, 38, 39, 42, 43, 46, 48, 49, 51, 54, 56, 60, 63, 70, 75)


def note(pitch: int, start: float = 0.0, length: float = 1.0, velocity: int = VELOCITY) -> Note:
    return Note(start, length, pitch, velocity, "lead")


def played(
    notes: list[Note], program: int, frames: int = SAMPLE_RATE, place: Place = (0.0, 0.0, 0.0)
) -> np.ndarray:
    return play(notes, BPM, program, frames, lambda pitch: place)


def cents_off(sound: np.ndarray, pitch: int, reach: int = 60) -> float:
    """Cents from the pitch, weighted by power, within reach of the first four harmonics."""
    mono = sound.mean(axis=1)
    size = 1 << 18
    power = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), size)) ** 2
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    weights = cents = 0.0
    for harmonic in range(1, 5):
        around = [
            harmonic * hertz * 2 ** (edge / 1200) * size / SAMPLE_RATE for edge in (-reach, reach)
        ]
        bins = np.arange(int(around[0]), int(around[1]) + 1)
        places = 1200 * np.log2(bins * SAMPLE_RATE / size / hertz / harmonic)
        weights += power[bins].sum()
        cents += (places * power[bins]).sum()
    return float(cents / weights)


def level(sound: np.ndarray) -> float:
    """dB: K-weighted power of the loudest 400 ms."""
    power = np.convolve(weighted(sound, SAMPLE_RATE), np.ones(4) / 4, "valid")
    return float(10 * np.log10(power.max() + 1e-12))


def keys_of(instrument: Instrument) -> list[int]:
    """Five pitches across its register."""
    return [round(pitch) for pitch in np.linspace(instrument.low, instrument.high, 5)]


@pytest.mark.parametrize("name", MELODIC)
def test_an_instrument_sounds_in_tune_and_as_loud_as_the_others(name: str) -> None:
    instrument = MELODIC[name]
    for pitch in keys_of(instrument):
        sound = played([note(pitch, length=1.2)], instrument.program, SAMPLE_RATE * 6 // 5)
        borrowed = voice_of(instrument.program, pitch)[0] != pitch
        assert level(sound) == pytest.approx(LEVEL, abs=5 if borrowed else 2), f"level of {pitch}"
        if name not in INHARMONIC:
            assert abs(cents_off(sound[6000:], pitch)) <= 10, f"tuning of {pitch}"


@pytest.mark.parametrize("program", [ACCORDION, BANDONEON])
@pytest.mark.parametrize("pitch", KEYS)
def test_held_reeds_are_in_tune(program: int, pitch: int) -> None:
    sound = played([note(pitch)], program)
    assert abs(cents_off(sound[15_000:40_000], pitch)) <= 6


@pytest.fixture
def _as_shipped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(soundfont, "TABLES", {"loops": {}, "tuning": {}})
    soundfont._synthesiser.cache_clear()
    yield
    soundfont._synthesiser.cache_clear()


@pytest.mark.usefixtures("_as_shipped")
@pytest.mark.parametrize(
    ("program", "pitch", "cents"),
    [(BANDONEON, 81, -50), (52, 52, -10), (73, 64, 12), (76, 80, -25)],
)
def test_as_the_font_is_shipped_they_would_not_be(program: int, pitch: int, cents: int) -> None:
    off = cents_off(played([note(pitch)], program)[15_000:40_000], pitch, 95)
    assert off < cents if cents < 0 else off > cents


@pytest.mark.parametrize(("program", "pitch"), [(65, 64), (67, 85), (78, 84)])
def test_a_key_without_a_sample_is_played_by_its_neighbour(program: int, pitch: int) -> None:
    assert voice_of(program, pitch)[0] < pitch
    sound = played([note(pitch)], program)
    assert level(sound) > LEVEL - 8
    assert abs(cents_off(sound[15_000:40_000], pitch)) <= 12


@pytest.mark.parametrize("kit", DRUM_KITS)
def test_the_drums_of_every_kit_are_equally_loud(kit: int) -> None:
    for key in STROKES:
        sound = played([note(key)], KITS + kit)
        assert level(sound) == pytest.approx(LEVEL, abs=2.5), key


def test_a_place_is_a_gain_a_pan_and_cents() -> None:
    places = ((0.0, 0.0, 0.0), (0.0, -0.8, 0.0), (-12.0, 0.0, 0.0), (0.0, 0.0, 30.0))
    middle, left, softer, sharp = (played([note(69)], CELESTA, place=place) for place in places)
    power = [np.sqrt((sound**2).mean(axis=0)) for sound in (middle, left, softer)]
    assert power[0][0] == pytest.approx(power[0][1], rel=0.02)
    assert power[1][0] > 2.5 * power[1][1]
    assert 20 * np.log10(power[0][0] / power[2][0]) == pytest.approx(12, abs=0.5)
    assert cents_off(sharp, 69) - cents_off(middle, 69) == pytest.approx(30, abs=3)


def test_what_is_struck_neither_swells_nor_slides() -> None:
    shaped = Note(0.0, 1.0, 60, VELOCITY, "lead", "swell", glide=-2.0)
    plain, struck = (played([n], PIANO) for n in (note(60), shaped))
    assert np.array_equal(plain, struck)
    plain, bowed = (played([n], STRINGS) for n in (note(60), shaped))
    assert not np.array_equal(plain, bowed)


def test_twice_the_velocity_is_four_times_the_amplitude() -> None:
    soft, loud = (np.abs(played([note(69, velocity=v)], PIANO)).max() for v in (50, 100))
    assert loud / soft == pytest.approx(4, rel=0.1)


def test_a_note_begins_at_its_frame() -> None:
    sound = played([note(69, start=0.5)], PIANO)
    silent = SAMPLE_RATE // 2
    assert np.abs(sound[: silent - 1]).max() == 0
    assert np.abs(sound[silent : silent + 2000]).max() > 0.005


def test_the_sound_has_the_asked_length_and_two_channels() -> None:
    assert played([note(69, length=5)], PIANO, 12_345).shape == (12_345, 2)


def test_seventeen_notes_share_sixteen_channels() -> None:
    many = [note(60 + n % 12, start=n * 0.05, length=0.04) for n in range(17)]
    assert np.abs(played(many, PIANO)[-8000:]).max() > 0


def test_the_same_notes_are_the_same_samples_whatever_was_played_and_measured_before() -> None:
    notes = [note(60), note(64, start=0.25), note(67, start=0.5)]
    first = played(notes, BANDONEON)
    played([note(38), note(49, 0.9)], KITS, place=(6.0, 0.9, 5.0))
    soundfont._level.cache_clear()
    voice_of(STRINGS, 50)
    assert played(notes, BANDONEON).tobytes() == first.tobytes()


def test_a_drum_is_let_ring() -> None:
    sound = played([note(36, length=0.05)], KITS)
    assert np.abs(sound[: SAMPLE_RATE // 10]).max() > 0.05


def test_a_glide_comes_from_below() -> None:
    slid = Note(0.0, 1.0, 57, 100, "lead", glide=-2.0)
    plain, gliding = (played([n], STRINGS) for n in (note(57), slid))
    assert not np.array_equal(plain[:3000], gliding[:3000])
    assert abs(cents_off(gliding[15_000:40_000], 57)) <= 9


def test_another_soundfont_is_not_patched_blindly() -> None:
    font = general_midi()
    with pytest.raises(ValueError, match="another loop"):
        patch_soundfont(font)  # its loops are patched already
    assert len(font) > 5_000_000 and len(TABLES["loops"]) == 10
