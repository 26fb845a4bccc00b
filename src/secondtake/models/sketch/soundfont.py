"""The player: notes on the General MIDI soundfont (tinysoundfont), exact to the frame.

A sounding note has a channel of its own, for its loudness and pitch to move alone. Nothing outlives
a call: the same notes make the same samples. The soundfont's accordions are up to 70 cents flat
and patched: a held reed is one short loop, whose length is its pitch, and the font rounds it (13
frames for 12.5). Two cycles, 25 frames, are in tune and join without a seam. The two lowest reeds
were recorded flat; the cents in their headers say so to the player.
"""

import importlib.util
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.models.sketch import REBUILD
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import Note

# A record of the chunk `shdr` (SoundFont Technical Specification 2.04, 7.10).
SAMPLE = np.dtype(
    [("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
     ("rate", "<u4"), ("key", "u1"), ("cents", "i1"), ("link", "<u2"), ("type", "<u2")]
)  # fmt: skip

FILE_NAME = "TimGM6mb.sf2"  # General MIDI, shipped inside the package pretty_midi
ACCORDION, BANDONEON = 21, 23  # programs
REEDS = (ACCORDION, BANDONEON)
CHANNELS = 16
STEP = 220  # frames between two settings of a channel, 5 ms
FRAME_BYTES = 8  # two float32, left and right
STROKE_SECONDS = 0.3  # a drum is let ring, whatever its note's length
LOUDEST = 1.25  # an accent's peak over a plain note; expression can only turn down
EXPRESSION, EXPRESSION_FINE = 11, 43  # controllers, 7 bits each; the player cubes their value
GLIDE_SECONDS = 0.07
VIBRATO_HZ, VIBRATO_SEMITONES = 5.4, 0.09
VIBRATO_DELAY, VIBRATO_RISE = 0.28, 0.3  # seconds before a held reed moves, and until it does
OFF, SET, ON = range(3)  # in this order where they meet


LOOP_PATCHES = {  # frames of the font's loop, frames that are in tune, cents added to it
    b"Accordion D5": (13, 25, 0),
    b"Accordion Bb4": (13, 25, 0),
    b"Accordion Gb4": (16, 31, 0),
    b"Accordion D4": (20, 39, 0),
    b"Harmonica C4": (23, 45, 0),
    b"Harmonica A3": (27, 53, 0),
    b"Accordion Bb2": (48, 48, 20),
    b"Accordion Gb2": (60, 60, 15),
}


def patch_soundfont(font: bytes) -> bytes:
    """TimGM6mb.sf2 with its reeds in tune. ValueError if it is another file, or damaged."""
    at = font.rindex(b"shdr") + 4  # the last chunk
    size = int.from_bytes(font[at : at + 4], "little")
    headers = np.frombuffer(font, SAMPLE, size // SAMPLE.itemsize, at + 4).copy()
    for name, (shipped, loop, cents) in LOOP_PATCHES.items():
        (index,) = np.flatnonzero(headers["name"] == name)
        header = headers[index : index + 1]
        if header["loop_end"] - header["loop_start"] != shipped:
            raise ValueError(f"the sample {name.decode()} has another loop")
        header["loop_start"] = header["loop_end"] - loop
        header["cents"] += cents
    return font[: at + 4] + headers.tobytes() + font[at + 4 + headers.nbytes :]


class Event(NamedTuple):
    """A change of a channel at a frame. since, length: seconds from the note's start."""

    frame: int
    kind: int
    channel: int
    since: float
    length: float
    note: Note


def play(
    notes: Sequence[Note], bpm: float, program: int, frames: int, drums: bool = False
) -> np.ndarray:
    """Notes in order of time on one instrument, or drum kit -> (frames, 2) float32."""
    import tinysoundfont

    synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
    font = synth.sfload(general_midi())
    for channel in range(CHANNELS):
        synth.program_select(channel, font, 0, program, drums)
    sound = np.zeros((frames, 2), np.float32)
    buffer, at = sound.data.cast("B"), 0
    for event in sorted(_events(notes, bpm, drums), key=itemgetter(0, 1, 2, 3)):
        until = min(event.frame, frames)
        if until > at:
            synth.generate_simple(until - at, buffer[at * FRAME_BYTES : until * FRAME_BYTES])
            at = until
        _apply(synth, event, vibrato=program in REEDS and not drums)
    if frames > at:
        synth.generate_simple(frames - at, buffer[at * FRAME_BYTES :])
    sound *= LOUDEST
    return sound


@lru_cache(maxsize=1)
def general_midi() -> bytes:
    """The soundfont of this environment, in tune. Raise ModelError("environment") without it."""
    package = importlib.util.find_spec("pretty_midi")
    folders = list(package.submodule_search_locations or []) if package else []
    path = next((p for p in (Path(f) / FILE_NAME for f in folders) if p.is_file()), None)
    if path is None:
        missing = f"the soundfont {FILE_NAME} is not in this environment"
        raise ModelError("environment", missing, REBUILD)
    try:
        return patch_soundfont(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError("environment", f"{path} cannot be played: {error}", REBUILD) from error


def _events(notes: Sequence[Note], bpm: float, drums: bool) -> Iterator[Event]:
    """Channels are taken in turn: the seventeenth note gets the first one's."""
    for index, note in enumerate(notes):
        channel = index % CHANNELS
        start = round(note.start * 60 / bpm * SAMPLE_RATE)
        seconds = STROKE_SECONDS if drums else note.length * 60 / bpm
        end = start + max(1, round(seconds * SAMPLE_RATE))
        yield Event(start, ON, channel, 0.0, seconds, note)
        yield Event(end, OFF, channel, seconds, seconds, note)
        for frame in range(start, end, STEP):
            yield Event(frame, SET, channel, (frame - start) / SAMPLE_RATE, seconds, note)


def _apply(synth: Any, event: Event, vibrato: bool) -> None:
    channel, note = event.channel, event.note
    if event.kind == SET:
        level = round(16383 * (_loudness(note, event.since, event.length) / LOUDEST) ** (1 / 3))
        synth.control_change(channel, EXPRESSION, level >> 7)
        synth.control_change(channel, EXPRESSION_FINE, level & 127)
        synth.set_tuning(channel, _bend(note, event.since, vibrato))
    elif event.kind == ON:
        # The synthesiser's loudness is linear in velocity; General MIDI's goes with its square.
        synth.noteon(channel, note.pitch, max(1, round(note.velocity**2 / 127)))
    else:
        synth.noteoff(channel, note.pitch)


def _loudness(note: Note, since: float, length: float) -> float:
    """Amplitude within the note: `accent` bites and falls, `swell` opens and closes."""
    if note.shape == "accent":
        return 0.45 + 0.75 * math.exp(-since / 0.09)
    if note.shape == "swell":
        return 0.55 + 0.5 * math.sin(math.pi * min(since / max(length, 0.1), 1) ** 0.8)
    return 1.0


def _bend(note: Note, since: float, vibrato: bool) -> float:
    """Semitones from the note's pitch: the slide into it, and a held reed's vibrato."""
    bend = note.glide * max(0.0, 1 - since / GLIDE_SECONDS)
    if vibrato and since > VIBRATO_DELAY:
        moving = since - VIBRATO_DELAY
        depth = VIBRATO_SEMITONES * min(moving / VIBRATO_RISE, 1)
        bend += depth * math.sin(2 * math.pi * VIBRATO_HZ * moving)
    return bend
