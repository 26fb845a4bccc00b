"""The player: notes on the General MIDI soundfont (tinysoundfont), exact to the frame.

A sounding note has a channel of its own, for its loudness and pitch to move alone. The font's
presets are unequal, and mended here: every key is measured, once, and played as loud as the others;
a key without a sample borrows the next one below; what is over 10 cents out of tune is tuned. A
held reed or horn is one short loop, whose length is its pitch, and the font rounds it (13 frames
for 12.5): two cycles, 25 frames, are in tune and join without a seam.
"""

import importlib.util
import math
import struct
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.audio.loudness import weighted
from secondtake.core.errors import ModelError
from secondtake.models.sketch import REBUILD
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import Note

FILE_NAME = "TimGM6mb.sf2"  # General MIDI, shipped inside the package pretty_midi
# Programs that are blown or bowed: they can swell, bite and slide; what is struck rings by itself.
SUSTAINED = {*range(20, 24), *range(40, 45), *range(48, 55), *range(56, 96), 109, 110, 111}
KITS = 128  # programs from here up are drum kits
CHANNELS = 16
STEP = 220  # frames between two settings of a channel, 5 ms
STROKE_SECONDS = 0.3  # a drum is let ring, whatever its note's length
LOUDEST = 1.25  # an accent's peak over a plain note; expression can only turn down
PAN, EXPRESSION, FINE, RESET = 10, 11, 32, 121  # controllers; +32: their finer 7 bits
GLIDE_SECONDS = 0.07
OFF, SET, ON = range(3)  # in this order where they meet
Event = tuple[int, int, int, float, Note]  # frame, kind, channel, seconds since the note's start
PresetKey = tuple[int, float, float, float]  # a preset's key, semitones from it, gain, pan
Place = tuple[float, float, float]  # of a pitch: gain in dB, pan from -1 (left) to 1, cents

LEVEL, VELOCITY = -24.0, 90  # dB: K-weighted power of 400 ms of a note of that velocity
NO_SAMPLE = -60.0  # dB, the same
FLUSH = 4410  # frames after which nothing sounds any more

TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def patch_soundfont(font: bytes) -> bytes:
    """TimGM6mb.sf2 with its short loops in tune. ValueError if it is another file, or damaged."""
    patched = bytearray(font)
    for name, (shipped, loop, cents) in TABLES["loops"].items():
        # Name, start, end, loop start, loop end, rate, key, cents (SoundFont 2.04, 7.10).
        at = font.rindex(name.encode().ljust(20, b"\0"))
        start, end, rate, key, tuning = struct.unpack_from("<IIIBb", font, at + 28)
        if end - start != shipped:
            raise ValueError(f"the sample {name} has another loop")
        struct.pack_into("<IIIBb", patched, at + 28, end - loop, end, rate, key, tuning + cents)
    return bytes(patched)


def play(
    notes: Sequence[Note], bpm: float, program: int, frames: int, place: Callable[[int], Place]
) -> np.ndarray:
    """Notes on one instrument, or on the drum kit `program - KITS` -> (frames, 2) float32."""
    if program not in SUSTAINED:
        notes = [replace(note, shape="plain", glide=0.0) for note in notes]
    voices = {note.pitch: voice_of(program, note.pitch, place(note.pitch)) for note in notes}
    loudest = LOUDEST * max((gain for _, _, gain, _ in voices.values()), default=1.0)
    synth = _silent(program)
    sound = np.zeros((frames, 2), np.float32)
    at = 0
    for frame, kind, channel, since, note in _events(notes, bpm, program):
        until = min(frame, frames)
        synth.generate_simple(until - at, sound[at:until].data)
        at = until
        key, bend, gain, pan = voices[note.pitch]
        if kind == SET:
            loudness = _loudness(note, since, note.length * 60 / bpm) * gain / loudest
            _control(synth, channel, EXPRESSION, loudness ** (1 / 3))  # the player cubes it
            slide = note.glide * max(0.0, 1 - since / GLIDE_SECONDS)
            synth.set_tuning(channel, bend + slide)
        elif kind == ON:
            _control(synth, channel, PAN, (pan + 1) / 2)
            # Its loudness is linear in velocity; General MIDI's goes with the square.
            synth.noteon(channel, key, max(1, round(note.velocity**2 / 127)))
        else:
            synth.noteoff(channel, key)
    synth.generate_simple(frames - at, sound[at:].data)
    sound *= loudest
    return sound


def voice_of(program: int, pitch: int, place: Place = (0.0, 0.0, 0.0)) -> PresetKey:
    """The voice of a pitch. Raise ValueError if the font has no sample at or below it."""
    below = range(pitch, pitch - 1 if program >= KITS else -1, -1)
    key = next((key for key in below if _level(program, key) > NO_SAMPLE), None)
    if key is None:
        raise ValueError(f"{FILE_NAME}: program {program} has no sample for the key {pitch}")
    zones = reversed(TABLES["tuning"].get(str(program), ()))
    cents = next((cents for lowest, cents in zones if key >= lowest), 0)
    gain, pan, sharper = place
    amplitude = 10 ** ((LEVEL - _level(program, key) + gain) / 20)
    return key, pitch - key + (cents + sharper) / 100, amplitude, pan


@lru_cache(maxsize=4096)
def _level(program: int, key: int) -> float:
    """dB: K-weighted power of the loudest 400 ms within a second of a note of VELOCITY."""
    synth, sound = _silent(program), np.zeros((SAMPLE_RATE, 2), np.float32)
    synth.noteon(0, key, round(VELOCITY**2 / 127))
    synth.generate_simple(len(sound), sound.data)
    power = np.convolve(weighted(sound, SAMPLE_RATE), np.ones(4) / 4, "valid")
    return float(10 * np.log10(power.max() + 1e-12))


def _silent(program: int) -> Any:
    """The synthesiser with nothing left of what it played, and one preset on every channel."""
    synth, font = _synthesiser()
    for channel in range(CHANNELS):
        synth.sounds_off(channel)
        synth.control_change(channel, RESET, 0)
        synth.set_tuning(channel, 0.0)
        synth.program_select(channel, font, 0, program % KITS, program >= KITS)
    synth.generate_simple(FLUSH)
    return synth


@lru_cache(maxsize=1)
def _synthesiser() -> tuple[Any, int]:
    import tinysoundfont

    synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
    return synth, synth.sfload(general_midi())


def _control(synth: Any, channel: int, controller: int, share: float) -> None:
    """Set a controller to a share of its range, in 14 bits."""
    value = round(16383 * share)
    synth.control_change(channel, controller, value >> 7)
    synth.control_change(channel, controller + FINE, value & 127)


def general_midi() -> bytes:
    """The soundfont of this environment, in tune. Raise ModelError("environment") without it."""
    package = importlib.util.find_spec("pretty_midi")
    if package is None or package.origin is None:
        raise ModelError("environment", "pretty_midi is not in this environment", REBUILD)
    path = Path(package.origin).with_name(FILE_NAME)
    try:
        return patch_soundfont(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError("environment", f"{path} cannot be played: {error}", REBUILD) from error


def _events(notes: Sequence[Note], bpm: float, program: int) -> list[Event]:
    """Changes of channels in order of time. Channels are taken in turn, round and round."""
    events: list[Event] = []
    for turn, note in enumerate(sorted(notes, key=lambda note: note.start)):
        channel, start = turn % CHANNELS, max(0, round(note.start * 60 / bpm * SAMPLE_RATE))
        seconds = STROKE_SECONDS if program >= KITS else note.length * 60 / bpm
        end = start + max(1, round(seconds * SAMPLE_RATE))
        moves = note.glide or note.shape != "plain"
        events += [(start, ON, channel, 0.0, note), (end, OFF, channel, seconds, note)]
        for frame in range(start, end, STEP if moves else end - start):
            events.append((frame, SET, channel, (frame - start) / SAMPLE_RATE, note))
    return sorted(events, key=itemgetter(0, 1, 2, 3))


def _loudness(note: Note, since: float, length: float) -> float:
    """Amplitude within the note: `accent` bites and falls, `swell` opens and closes."""
    if note.shape == "accent":
        return 0.45 + 0.75 * math.exp(-since / 0.09)
    if note.shape == "swell":
        return 0.55 + 0.5 * math.sin(math.pi * min(since / max(length, 0.1), 1) ** 0.8)
    return 1.0
