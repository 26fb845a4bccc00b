"""The demo's mix: every part in its place, a plate, a compressor over all, and its loudness.

Stereo is (frames, 2) float64 at 44,100 Hz.
"""

from pathlib import Path

import numpy as np
import soundfile
from benchmarks.demo_song.instruments import INSTRUMENTS, RATE, Sound, between, running_mean, shaped
from benchmarks.demo_song.score import BEATS, CHORUS, LINES, SECONDS, VERSE, Note, notes, second_of
from benchmarks.demo_song.voice import sing

from secondtake.audio.loudness import integrated
from secondtake.audio.true_peak import true_peak
from secondtake.core.files import replacing

FRAMES = int(SECONDS * RATE)
# Of a part: gain in dB, pan (-1 left to 1), share into the plate.
STRIPS = {
    "guitar": (-11.0, -0.45, 0.22), "strum": (-22.0, -0.55, 0.18), "bass": (-5.0, 0.0, 0.02),
    "keys": (-22.0, 0.4, 0.25), "bells": (-21.0, 0.35, 0.5), "pad": (-30.0, 0.0, 0.35),
    "kick": (-4.0, 0.0, 0.03), "snare": (-13.5, 0.08, 0.15), "brush": (-15.0, 0.08, 0.2),
    "hat": (-28.0, 0.3, 0.06), "shaker": (-31.0, -0.3, 0.1), "cymbal": (-24.0, 0.2, 0.2),
}  # fmt: skip
HAAS = {
    "keys": 0.011,
    "bells": 0.017,
    "pad": 0.023,
    "strum": 0.013,
    "guitar": 0.007,
    "cymbal": 0.005,
}
WIDTH = 0.8  # of a part's delayed second side
VOICE_LU = -12.5  # loudness of the leading voice before the bus
INTRO_DB = 3.5  # of the instruments while nobody sings
LIFT_DB = 6.0  # of the leading voice in the chorus, over the fuller band
DOUBLES_DB, HARMONY_DB = -20.0, -21.0
PLATE = 1.9, 0.028  # seconds to -60 dB, and before its first sound
VOICE_DIP = 0.7  # of the music where words are told apart
THRESHOLD_DB, RATIO, ATTACK, RELEASE = -20.0, 2.0, 0.012, 0.18
LUFS, CEILING_DBTP = -15.0, -1.8  # the encoder adds up to half a decibel to a peak
QUALITY = 0.62  # soundfile's compression_level: 1 is the smallest file
BLOCK = 1 << 12  # frames that the encoder gets at once: whole songs overflow its stack


def song() -> Sound:
    """The whole recording, (frames, 2) float32 in ±1."""
    dry, wet = _played(notes())
    lead, beside = _sung()
    before = np.clip((second_of(VERSE * BEATS) - np.arange(FRAMES) / RATE) / 0.1, 0, 1)
    ride = 10 ** (INTRO_DB * before / 20)[:, None]
    dry, wet = dry * ride, wet * ride
    presence = running_mean(np.abs(lead), 0.12)
    under = np.clip(presence / 0.03, 0, 1)[:, None]
    dry -= VOICE_DIP * under * shaped(dry, between(900, 4500))
    voice = lead[:, None] + beside
    mix = dry + voice + _plate(wet + 0.08 * lead[:, None] + 0.3 * beside)
    return mastered(shaped(mix, between(30, 18000)))


def _played(score: list[Note]) -> tuple[Sound, Sound]:
    """All instruments, and their shares into the plate."""
    dry, wet = np.zeros((FRAMES, 2)), np.zeros((FRAMES, 2))
    for part, (gain, pan, share) in STRIPS.items():
        random = np.random.default_rng(sum(map(ord, part)))
        mono = np.zeros(FRAMES + 5 * RATE)
        for note in (note for note in score if note.part == part):
            sound = INSTRUMENTS[part](note, random) * note.velocity
            at = round(note.start * RATE)
            mono[at : at + len(sound)] += sound
        stereo = _placed(mono[:FRAMES] * 10 ** (gain / 20), pan, HAAS.get(part, 0.0))
        dry += stereo
        wet += share * stereo
    return dry, wet


def _placed(mono: Sound, pan: float, delay: float) -> Sound:
    """Constant power between the sides; with a delay, an echo of it from the other one."""
    angle = (pan + 1) * np.pi / 4
    stereo = mono[:, None] * np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(2)
    if delay:
        late = np.roll(mono, round(delay * RATE))
        stereo += WIDTH * late[:, None] * np.array([np.sin(angle), -np.cos(angle)])
    return np.asarray(stereo)


def _sung() -> tuple[Sound, Sound]:
    """The leading voice, (frames,), and those at its sides in the chorus, (frames, 2)."""
    lead = _sibilant(sing(LINES, FRAMES, 1))
    lead *= 10 ** ((VOICE_LU - (integrated(lead.astype(np.float32), RATE) or 0.0)) / 20)
    lead[round(second_of(CHORUS * BEATS - 0.5) * RATE) :] *= 10 ** (LIFT_DB / 20)
    chorus = tuple(line for line in LINES if line.bar >= CHORUS)
    beside = np.zeros((FRAMES, 2))
    level = float(np.sqrt(np.mean(lead**2)))
    sides = ((2, (), 9, DOUBLES_DB, (1, 0.15)), (3, (), -8, DOUBLES_DB, (0.15, 1)),
             (4, (-3, -4, -3, -3, -4, -3, -3), 3, HARMONY_DB, (0.9, 0.5)))  # fmt: skip
    for seed, down, cents, gain, sidewise in sides:
        second = shaped(sing(chorus, FRAMES, seed, down, cents), between(180, 9000))
        second *= level / np.sqrt(np.mean(second**2)) * 10 ** (gain / 20)
        beside += second[:, None] * np.array(sidewise)
    return lead, beside


def _sibilant(voice: Sound) -> Sound:
    """Clear and even: less boom, more presence, the loudest syllables held back."""
    clear = shaped(voice, between(120, 16000)) + 0.5 * shaped(voice, between(2200, 6000))
    level = np.sqrt(np.maximum(running_mean(clear**2, 0.05), 1e-8))
    usual = float(np.sqrt(np.mean(clear[level > 1e-3] ** 2)))
    return np.asarray(clear * np.minimum(3.0, (usual / level) ** 0.5))


def _plate(send: Sound) -> Sound:
    """A plate: dense noise that falls faster in the treble, another on either side."""
    random = np.random.default_rng(7)
    length, before = PLATE
    time = np.arange(int(length * RATE)) / RATE
    result = np.zeros_like(send)
    bands = ((250, 900, 1.0), (900, 3500, 0.8), (3500, 9000, 0.45))
    for side in (0, 1):
        impulse = np.zeros(len(time))
        for low, high, share in bands:
            fall = 10 ** (-3 * time / (length * share))
            impulse += shaped(random.normal(size=len(time)) * fall, between(low, high))
        impulse /= np.sqrt(np.sum(impulse**2))
        size = 1 << (FRAMES + len(impulse)).bit_length()
        spectrum = np.fft.rfft(np.roll(send[:, side], int(before * RATE)), size)
        result[:, side] = np.fft.irfft(spectrum * np.fft.rfft(impulse, size), size)[:FRAMES]
    return result


def mastered(mix: Sound) -> Sound:
    """A compressor over all, gentle saturation, and the loudness: (frames, 2) -> float32."""
    mix = mix * 10 ** ((LUFS - (integrated(mix.astype(np.float32), RATE) or 0.0)) / 20)
    mix = mix * _gain(mix)[:, None]
    fade = np.clip((SECONDS - 0.02 - np.arange(FRAMES) / RATE) / 1.2, 0, 1)[:, None] ** 2
    ceiling, gain = 10 ** (CEILING_DBTP / 20), 1.0
    for _ in range(8):
        loud = (ceiling * np.tanh(gain * mix / ceiling) * fade).astype(np.float32)
        gain *= 10 ** ((LUFS - (integrated(loud, RATE) or 0.0)) / 20)
    over = max(0.0, true_peak(loud) - CEILING_DBTP)
    return np.asarray(loud * np.float32(10 ** (-over / 20)))


def _gain(mix: Sound) -> Sound:
    """The compressor's gain of every frame, of both sides alike."""
    hop = 64
    level = np.sqrt(np.mean(mix[: FRAMES // hop * hop].reshape(-1, 2 * hop) ** 2, axis=1))
    over = np.maximum(0, 20 * np.log10(level + 1e-6) - THRESHOLD_DB) * (1 / RATIO - 1)
    held, state = np.empty(len(over)), 0.0
    for at, wanted in enumerate(over):
        speed = ATTACK if wanted < state else RELEASE
        state += (wanted - state) * (1 - np.exp(-hop / RATE / speed))
        held[at] = state
    curve = np.interp(np.arange(FRAMES), np.arange(len(held)) * hop, held)
    return np.asarray(10 ** (curve / 20))


def ogg_written(target: Path, samples: Sound) -> None:
    """Write stereo samples as Ogg Vorbis; the file appears when it is whole."""
    with (
        replacing(target) as file,
        soundfile.SoundFile(
            file, "w", RATE, 2, "VORBIS", format="OGG", compression_level=QUALITY
        ) as ogg,
    ):
        for at in range(0, len(samples), BLOCK):
            ogg.write(samples[at : at + BLOCK])
