"""Notes to sound to a stereo mix: a strip per part, a room, ducking under kick and voice."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from secondtake.audio.loudness import integrated
from secondtake.models.sketch import drums
from secondtake.models.sketch.accompaniment import root_pitch
from secondtake.models.sketch.dsp import SAMPLE_RATE, band, convolved, filtered, highpass
from secondtake.models.sketch.form import chord_on
from secondtake.models.sketch.score import Note, Part, SketchInput, parse_key
from secondtake.models.sketch.soundfont import ACCORDION, BANDONEON, play

TR_808, STRINGS, PIANO, NYLON_GUITAR = 25, 48, 0, 24
PROGRAMS = {"left_hand": ACCORDION, "pad": STRINGS, "piano": PIANO, "guitar": NYLON_GUITAR}
# Who leads, by the first word found in the style; the bandoneón otherwise.
LEADS = (("bandone", BANDONEON), ("tango", BANDONEON), ("accord", ACCORDION), ("piano", PIANO))

ROOM_SECONDS = 1.3
ROOM_SEED = 808  # the same room for every segment
KICK_DUCK = (0.55, 0.11)  # how much of the bass the kick takes, seconds until it is back
VOICE_DUCK_DB = 3.0  # the music under the voice
WORDS_HZ = (700.0, 4000.0)  # where words are told apart
VOICE_DIP_DB = 6.0  # the music in that band, on top
DRUMS_DUCK_DB = 1.5
VOICE_SEND = 0.16  # linear share of the voice into the room
PUMP = 0.25  # how much of the bass's ducking under the kick the music shares
DUCK_SECONDS = 0.16
VOICE_OVER_MUSIC_DB = 2.0  # loudness of the voice over that of everything else
SILENT_MUSIC_LUFS = -40.0  # softer music does not pull the voice down with it
RUMBLE_HZ = 28.0
MUSIC_HIGHPASS_HZ = 130.0  # below belongs to the 808
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Strip:
    """gain: dB. pan: -1 (left) to 1. send: linear share into the room. bus: where it is mixed."""

    gain: float
    pan: float
    send: float
    bus: str


STRIPS = {
    "lead": Strip(6.0, 0.08, 0.28, "music"),
    "left_hand": Strip(7.5, -0.30, 0.15, "music"),
    "pad": Strip(3.0, 0.0, 0.35, "music"),
    "piano": Strip(5.0, 0.15, 0.3, "music"),
    "guitar": Strip(-2.5, 0.38, 0.2, "music"),
    "bass": Strip(-7.5, 0.0, 0.0, "bass"),
    "kit": Strip(2.0, 0.0, 0.07, "drums"),
    "synth_kit": Strip(-4.5, 0.0, 0.0, "drums"),
}
KIT_PANS = {
    drums.CLOSED_HAT: 0.28, drums.OPEN_HAT: 0.28, drums.RIM: -0.35, drums.SNARE: -0.04,
    drums.CLAP: 0.06,
}  # fmt: skip
KIT_GAINS = {  # dB, 0 where none is given
    drums.CLOSED_HAT: 4.0, drums.CLAP: 2.0, drums.HIGH_TOM: 4.0, drums.LOW_TOM: 4.0,
    drums.RISER: -2.0,
}  # fmt: skip


def mix(
    segment: SketchInput, notes: list[Note], kicks: list[float], voice: np.ndarray, sung: np.ndarray
) -> np.ndarray:
    """All parts and the voice, (frames, 2), not yet at its loudness. sung: (frames,) bool."""
    frames = len(voice)
    buses = _played(segment, notes, frames)
    voice = voice * np.float32(_voice_gain(buses, voice))
    activity = _smoothed(sung.astype(np.float32))[:, None]
    duck = _gain(activity, VOICE_DUCK_DB)
    pumped = _kick_duck(segment, kicks, frames)[:, None]
    # In place from here on: a long segment's buses are large.
    room = buses.pop("room")
    room *= duck
    room += VOICE_SEND * voice
    whole = convolved(room, _room())
    whole += voice
    whole += buses.pop("bass") * pumped
    whole += buses.pop("drums") * _gain(activity, DRUMS_DUCK_DB)
    music = filtered(buses.pop("music"), highpass(MUSIC_HIGHPASS_HZ))
    if sung.any():
        music += filtered(music, band(*WORDS_HZ)) * (_gain(activity, VOICE_DIP_DB) - 1)
    whole += music * (duck * (1 - PUMP + PUMP * pumped))
    return filtered(whole, highpass(RUMBLE_HZ))


def _played(segment: SketchInput, notes: list[Note], frames: int) -> dict[str, np.ndarray]:
    """Every note on its bus and in the room's send."""
    buses = {bus: np.zeros((frames, 2), np.float32) for bus in ("music", "bass", "drums", "room")}
    groups: dict[tuple[Part, int], list[Note]] = defaultdict(list)  # by part, a kit's by drum
    for note in notes:
        groups[note.part, note.pitch if note.part == "kit" else 0].append(note)
    for (part, drum), group in groups.items():
        strip = STRIPS[part]
        gain = strip.gain + KIT_GAINS.get(drum, 0.0)
        angle = (KIT_PANS.get(drum, strip.pan) + 1) * np.pi / 4
        balance = np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(2)  # the centre at unity
        sound = _sounded(segment, group, frames)
        sound *= (balance * 10 ** (gain / 20)).astype(np.float32)
        buses[strip.bus] += sound
        if strip.send:
            sound *= np.float32(strip.send)
            buses["room"] += sound
    return buses


def _sounded(segment: SketchInput, notes: list[Note], frames: int) -> np.ndarray:
    part = notes[0].part
    if part in ("bass", "synth_kit") or (part, notes[0].pitch) == ("kit", drums.RISER):
        return _synthesised(segment, notes, frames)
    if part == "kit":
        return play(notes, segment.bpm, TR_808, frames, drums=True)
    lead = next((p for word, p in LEADS if segment.asks_for(word)), BANDONEON)
    return play(notes, segment.bpm, PROGRAMS.get(part, lead), frames)


def _synthesised(segment: SketchInput, notes: list[Note], frames: int) -> np.ndarray:
    kick_pitch = root_pitch(chord_on(parse_key(segment.key), 0))
    result = np.zeros((frames, 2), np.float32)
    for note in notes:
        at = round(note.start * 60 / segment.bpm * SAMPLE_RATE)
        seconds = round(note.length * 60 / segment.bpm, 4)
        if note.part == "synth_kit":
            sound = drums.kick(note.velocity, kick_pitch)
        elif note.part == "bass":
            sound = drums.bass(note.pitch, note.velocity, seconds, note.glide)
        else:
            sound = drums.riser(note.velocity, seconds)
        span = result[at : at + len(sound)]
        span += sound[: len(span)]
    return result


@lru_cache(maxsize=1)
def _room() -> np.ndarray:
    """(frames, 2): decaying noise, darker as it decays, after a short gap."""
    time = np.arange(int(ROOM_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(ROOM_SEED).standard_normal((len(time), 2)).astype(np.float32)
    low = filtered(noise, band(250, 1800)) * np.exp(-time / 0.30)[:, None]
    high = filtered(noise, band(1800, 8000)) * np.exp(-time / 0.14)[:, None]
    tail = (low + high) * np.clip((time - 0.012) / 0.01, 0, 1)[:, None]
    return np.asarray(tail / np.sqrt(np.sum(tail**2, axis=0)), dtype=np.float32)


def _voice_gain(buses: dict[str, np.ndarray], voice: np.ndarray) -> float:
    """The gain that puts the voice VOICE_OVER_MUSIC_DB above the rest; 1 for a silent voice."""
    spoken = integrated(voice, SAMPLE_RATE)
    if spoken is None:
        return 1.0
    music = integrated(buses["music"] + buses["bass"] + buses["drums"], SAMPLE_RATE)
    louder = max(SILENT_MUSIC_LUFS if music is None else music, SILENT_MUSIC_LUFS)
    return float(10 ** ((louder + VOICE_OVER_MUSIC_DB - spoken) / 20))


def _kick_duck(segment: SketchInput, kicks: list[float], frames: int) -> np.ndarray:
    """Gain under the kicks: down in 5 ms, back along a slope."""
    depth, back = KICK_DUCK
    time = np.arange(int(back * SAMPLE_RATE)) / SAMPLE_RATE
    dip = 1 - depth * np.clip(time / 0.005, 0, 1) * (1 - time / back)
    gain = np.ones(frames, np.float32)
    for beat in kicks:
        at = round(beat * 60 / segment.bpm * SAMPLE_RATE)
        span = gain[at : at + len(dip)]
        np.minimum(span, dip[: len(span)], out=span)
    return gain


def _smoothed(switch: np.ndarray) -> np.ndarray:
    """A 0/1 curve with its corners rounded over DUCK_SECONDS, centred: the duck leads the word."""
    width = int(DUCK_SECONDS * SAMPLE_RATE)
    total = np.concatenate(([0.0], np.cumsum(np.pad(switch, (width // 2, width - width // 2)))))
    return ((total[width:] - total[:-width])[: len(switch)] / width).astype(np.float32)


def _gain(amount: np.ndarray, decibels: float) -> np.ndarray:
    return (10 ** (-decibels * amount / 20)).astype(np.float32)
