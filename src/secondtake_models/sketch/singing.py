"""Sings the placed phrases: level speech moved onto their beats and notes."""

import random

import numpy as np
from numpy.typing import NDArray

from secondtake_models.sketch.brief import Brief
from secondtake_models.sketch.form import Form
from secondtake_models.sketch.harmony import Chord
from secondtake_models.sketch.psola import moved, period_of
from secondtake_models.sketch.signals import SAMPLE_RATE, Samples, filtered, smooth_size
from secondtake_models.sketch.voice import RUN_GAP, STRETCH, Spoken, Sung, melody

TAIL_SECONDS = 0.05
CONSONANT_SHARE = 0.6  # of a syllable at most; faster ones shorten their consonants
PORTAMENTO = 0.05  # seconds from note to note
VIBRATO_HZ, VIBRATO_SEMITONES = 5.2, 0.22
VIBRATO_FROM = 0.28  # seconds: shorter vowels stay straight
DOUBLE_DB = -11.0  # the second voices beside a chorus
DOUBLE_SECONDS = (0.019, 0.027)
FADE = 0.006  # seconds at both ends of a phrase
PRESENCE_HZ, PRESENCE = 3000.0, 0.45  # centre, added amplitude
VOICE_HIGHPASS_HZ = 100.0


def sing(
    brief: Brief, form: Form, lyrics: list[Sung], rng: random.Random
) -> tuple[Samples, NDArray[np.bool_]]:
    """-> the voice, (frames, 2) float32, and (frames,) true while it sings."""
    frames = round(brief.seconds * SAMPLE_RATE)
    mono, active = np.zeros(frames, np.float32), np.zeros(frames, bool)
    if not lyrics:
        return np.zeros((frames, 2), np.float32), active
    chords = chord_at(form)
    for sung in lyrics:
        line, start = _phrase(brief, sung, chords, rng)
        at = round(start * SAMPLE_RATE)
        line = line[: frames - at]
        mono[at : at + len(line)] += line
        active[at : at + len(line)] = True
    return _placed(brief, _shaped(mono)), active


def chord_at(form: Form) -> dict[int, Chord]:
    """The chord of every half-bar, the last chord's included."""
    chords = {int(bar.start // 2) + half: bar.chords[half] for bar in form.bars for half in (0, 1)}
    return chords | {int(form.end // 2): form.tonic}


def _phrase(
    brief: Brief, sung: Sung, chords: dict[int, Chord], rng: random.Random
) -> tuple[Samples, float]:
    """One phrase -> its samples and the second at which they start."""
    samples = _at_rate(sung.spoken)
    spans = tuple((int(a * SAMPLE_RATE), int(b * SAMPLE_RATE)) for a, b in sung.spoken.vowels)
    period = period_of(samples, spans)
    centre = round(69 + 12 * np.log2(SAMPLE_RATE / period / 440))
    pitches = melody(brief, sung, chords, centre, rng)
    heard = [beat * 60 / brief.bpm for beat in sung.beats]
    start = max(0.0, heard[0] - sung.spoken.vowels[0][0])
    knots = _knots(brief, sung, [second - start for second in heard]) * SAMPLE_RATE
    length = int(knots[-1, 0] + TAIL_SECONDS * SAMPLE_RATE)
    hertz = _pitch_curve([second - start for second in heard], pitches, length)
    line = moved(samples, period, knots, hertz)
    edge = np.arange(length) / (FADE * SAMPLE_RATE)
    return line * np.clip(np.minimum(edge, edge[::-1]), 0, 1).astype(np.float32), start


def _knots(brief: Brief, sung: Sung, heard: list[float]) -> NDArray[np.float64]:
    """(n, 2) seconds (heard at, taken from): vowels stretch, consonants keep their length."""
    vowels = sung.spoken.vowels
    pairs = [(max(0.0, heard[0] - vowels[0][0]), 0.0)]
    for place, (start, end) in enumerate(vowels):
        pairs.append((heard[place], start))
        if place + 1 < len(vowels):
            consonants = vowels[place + 1][0] - end
            room = heard[place + 1] - heard[place]
            pairs.append((heard[place + 1] - min(consonants, CONSONANT_SHARE * room), end))
    rest = sung.spoken.seconds - vowels[-1][1]
    whole = (sung.end - sung.beats[-1]) * 60 / brief.bpm
    pairs.append((heard[-1] + max(whole - rest, 0.04), vowels[-1][1]))
    pairs.append((pairs[-1][0] + rest, sung.spoken.seconds))
    rising = [pairs[0]]
    for pair in pairs[1:]:
        if pair[0] > rising[-1][0] + 1e-4:
            rising.append((pair[0], max(pair[1], rising[-1][1])))
    return np.array(rising)


def _pitch_curve(heard: list[float], pitches: list[int], length: int) -> NDArray[np.float32]:
    """Hz at every frame: notes joined by short slides, vibrato on the long ones."""
    time = np.arange(length) / SAMPLE_RATE
    notes = np.array(pitches, float)[
        np.clip(np.searchsorted(heard, time + PORTAMENTO, "right") - 1, 0, None)
    ]
    width = int(PORTAMENTO * SAMPLE_RATE)
    total = np.cumsum(np.pad(notes, (width, 0), mode="edge"))
    curve = (total[width:] - total[:-width]) / width
    for start, end in zip(heard, [*heard[1:], length / SAMPLE_RATE], strict=True):
        since = time - start - VIBRATO_FROM
        depth = np.clip(since / 0.15, 0, 1) * (time < end) * VIBRATO_SEMITONES
        curve = curve + depth * np.sin(2 * np.pi * VIBRATO_HZ * since)
    return (440 * 2 ** ((curve - 69) / 12)).astype(np.float32)


def _at_rate(spoken: Spoken) -> Samples:
    """The phrase's runs one after the other, at 44,100 Hz."""
    gap = np.zeros(int(RUN_GAP * SAMPLE_RATE), np.float32)
    pieces: list[Samples] = []
    for one in spoken.utterances:
        pieces += [gap] if pieces else []
        pieces.append(_resampled(one.samples, one.sample_rate))
    return np.concatenate(pieces)


def _resampled(samples: Samples, rate: int) -> Samples:
    """To 44,100 Hz through the spectrum; espeak speaks at 22,050."""
    count = round(len(samples) * SAMPLE_RATE / rate)
    padded = smooth_size(len(samples) + 256)
    size = round(padded * SAMPLE_RATE / rate)
    spectrum = np.fft.rfft(samples, padded)
    return (np.fft.irfft(spectrum, size)[:count] * (size / padded)).astype(np.float32)


def _shaped(mono: Samples) -> Samples:
    """Less rumble, more presence, and even loudness: (frames,) -> (frames,)."""

    def curve(hertz: NDArray[np.float64]) -> NDArray[np.floating]:
        octaves = np.log2(np.maximum(hertz, 1) / PRESENCE_HZ)
        cut = (hertz / VOICE_HIGHPASS_HZ) ** 2 / np.sqrt(1 + (hertz / VOICE_HIGHPASS_HZ) ** 4)
        return cut * (1 + PRESENCE * np.exp(-(octaves**2)))

    bright = filtered(mono[:, None], curve)[:, 0]
    peak = float(np.abs(bright).max()) or 1.0
    return (np.tanh(2.0 * bright / peak) / 2.0).astype(np.float32)


def _placed(brief: Brief, mono: Samples) -> Samples:
    """In the middle; a chorus with a delayed second voice on either side."""
    voice = np.repeat(mono[:, None], 2, axis=1)
    if brief.kind not in STRETCH and not brief.asks_for("layered", "choir", "harmon"):
        return voice
    for side, seconds in enumerate(DOUBLE_SECONDS):
        late = int(seconds * SAMPLE_RATE)
        voice[late:, side] += 10 ** (DOUBLE_DB / 20) * mono[:-late]
    return voice
