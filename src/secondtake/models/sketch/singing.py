"""Singing: phrases placed on bars, syllables on the grid, and level speech moved onto both.

A syllable's beat is the onset of its vowel, as singers and listeners place it; the consonants
before it come early by their own length.
"""

import math
import random
from itertools import accumulate

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.models.sketch.dsp import SAMPLE_RATE, filtered, pitch_period, psola, smooth_size
from secondtake.models.sketch.form import BEATS, Chord, Form, last_beat
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.vocals import (
    RUN_GAP,
    STRETCH,
    PlacedPhrase,
    SpokenPhrase,
    melody,
    phrases_of,
    speak_phrases,
)

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

RATES = (150, 165, 180, 200, 220)  # words a minute, slowest first; beyond, words blur
SPOKEN_STRETCH = 1.06
GRID, FINE_GRID = 0.5, 0.25  # beats
SHORTEST_SYLLABLE = 0.105  # seconds
HELD, SPOKEN_HELD = 1.8, 1.25  # how much longer the last vowel of a phrase lasts
BREATH = 0.3  # beats between phrases
CLEAR_OF_END = 0.35  # seconds of the segment's end without words
LONGEST_GAP_BARS = 2  # of accordion between two phrases


def sing(
    segment: SketchInput, form: Form, lyrics: list[PlacedPhrase], rng: random.Random
) -> tuple[np.ndarray, np.ndarray]:
    """-> the voice, (frames, 2) float32, and (frames,) true while it sings."""
    frames = round(segment.seconds * SAMPLE_RATE)
    mono, active = np.zeros(frames, np.float32), np.zeros(frames, bool)
    if not lyrics:
        return np.zeros((frames, 2), np.float32), active
    chords = chord_at(form)
    for phrase in lyrics:
        line, start = _phrase(segment, phrase, chords, rng)
        at = round(start * SAMPLE_RATE)
        line = line[: frames - at]
        mono[at : at + len(line)] += line
        active[at : at + len(line)] = True
    return _placed(segment, _shaped(mono)), active


def chord_at(form: Form) -> dict[int, Chord]:
    """The chord of every half-bar, the last chord's included."""
    chords = {int(bar.start // 2) + half: bar.chords[half] for bar in form.bars for half in (0, 1)}
    return chords | {int(form.end // 2): form.tonic}


def _phrase(
    segment: SketchInput, phrase: PlacedPhrase, chords: dict[int, Chord], rng: random.Random
) -> tuple[np.ndarray, float]:
    """One phrase -> its samples and the second at which they start."""
    samples = _at_rate(phrase.spoken)
    spans = tuple((int(a * SAMPLE_RATE), int(b * SAMPLE_RATE)) for a, b in phrase.spoken.vowels)
    period = pitch_period(samples, spans)
    centre = round(69 + 12 * np.log2(SAMPLE_RATE / period / 440))
    pitches = melody(segment, phrase, chords, centre, rng)
    onsets = [beat * 60 / segment.bpm for beat in phrase.beats]
    start = max(0.0, onsets[0] - phrase.spoken.vowels[0][0])
    knots = _knots(segment, phrase, [second - start for second in onsets]) * SAMPLE_RATE
    length = int(knots[-1, 0] + TAIL_SECONDS * SAMPLE_RATE)
    hertz = _pitch_curve([second - start for second in onsets], pitches, length)
    line = psola(samples, period, knots, hertz)
    edge = np.arange(length) / (FADE * SAMPLE_RATE)
    return line * np.clip(np.minimum(edge, edge[::-1]), 0, 1).astype(np.float32), start


def _knots(segment: SketchInput, phrase: PlacedPhrase, onsets: list[float]) -> np.ndarray:
    """(n, 2) seconds (result, source): vowels stretch, consonants keep their length."""
    vowels = phrase.spoken.vowels
    pairs = [(max(0.0, onsets[0] - vowels[0][0]), 0.0)]
    for place, (start, end) in enumerate(vowels):
        pairs.append((onsets[place], start))
        if place + 1 < len(vowels):
            consonants = vowels[place + 1][0] - end
            room = onsets[place + 1] - onsets[place]
            pairs.append((onsets[place + 1] - min(consonants, CONSONANT_SHARE * room), end))
    rest = phrase.spoken.seconds - vowels[-1][1]
    whole = (phrase.end - phrase.beats[-1]) * 60 / segment.bpm
    pairs.append((onsets[-1] + max(whole - rest, 0.04), vowels[-1][1]))
    pairs.append((pairs[-1][0] + rest, phrase.spoken.seconds))
    rising = [pairs[0]]
    for result, source in pairs[1:]:
        if result > rising[-1][0] + 1e-4:
            rising.append((result, max(source, rising[-1][1])))
    return np.array(rising)


def _pitch_curve(onsets: list[float], pitches: list[int], length: int) -> np.ndarray:
    """Hz at every frame: notes joined by short slides, vibrato on the long ones."""
    time = np.arange(length) / SAMPLE_RATE
    places = np.searchsorted(onsets, time + PORTAMENTO, "right") - 1
    notes = np.array(pitches, float)[np.maximum(places, 0)]
    width = int(PORTAMENTO * SAMPLE_RATE)
    total = np.cumsum(np.pad(notes, (width, 0), mode="edge"))
    curve = (total[width:] - total[:-width]) / width
    for start, end in zip(onsets, [*onsets[1:], length / SAMPLE_RATE], strict=True):
        since = time - start - VIBRATO_FROM
        depth = np.clip(since / 0.15, 0, 1) * (time < end) * VIBRATO_SEMITONES
        curve = curve + depth * np.sin(2 * np.pi * VIBRATO_HZ * since)
    return np.asarray(440 * 2 ** ((curve - 69) / 12), dtype=np.float32)


def _at_rate(spoken: SpokenPhrase) -> np.ndarray:
    """The phrase's runs one after the other, at 44,100 Hz."""
    gap = np.zeros(int(RUN_GAP * SAMPLE_RATE), np.float32)
    runs = (_resampled(run.samples, run.sample_rate) for run in spoken.utterances)
    return np.concatenate([piece for run in runs for piece in (gap, run)][1:])


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """To 44,100 Hz through the spectrum; espeak speaks at 22,050."""
    count = round(len(samples) * SAMPLE_RATE / rate)
    padded = smooth_size(len(samples) + 256)
    size = round(padded * SAMPLE_RATE / rate)
    spectrum = np.fft.rfft(samples, padded)
    return (np.fft.irfft(spectrum, size)[:count] * (size / padded)).astype(np.float32)


def _shaped(mono: np.ndarray) -> np.ndarray:
    """Less rumble, more presence, and even loudness: (frames,) -> (frames,)."""

    def curve(hertz: np.ndarray) -> np.ndarray:
        octaves = np.log2(np.maximum(hertz, 1) / PRESENCE_HZ)
        cut = (hertz / VOICE_HIGHPASS_HZ) ** 2 / np.sqrt(1 + (hertz / VOICE_HIGHPASS_HZ) ** 4)
        return np.asarray(cut * (1 + PRESENCE * np.exp(-(octaves**2))))

    bright = filtered(mono[:, None], curve)[:, 0]
    peak = float(np.abs(bright).max()) or 1.0
    return (np.tanh(2.0 * bright / peak) / 2.0).astype(np.float32)


def _placed(segment: SketchInput, mono: np.ndarray) -> np.ndarray:
    """In the middle; a chorus with a delayed second voice on either side."""
    voice = np.repeat(mono[:, None], 2, axis=1)
    if segment.kind not in STRETCH and not segment.asks_for("layered", "choir", "harmon"):
        return voice
    for side, seconds in enumerate(DOUBLE_SECONDS):
        late = int(seconds * SAMPLE_RATE)
        voice[late:, side] += 10 ** (DOUBLE_DB / 20) * mono[:-late]
    return voice


def place_lyrics(segment: SketchInput) -> list[PlacedPhrase]:
    """Every phrase of the lyrics in its place, tried slowest and roomiest first; nothing is cut.

    Raise ModelError("unsupported") if the fastest speech does not fit.
    """
    phrases = phrases_of(segment.lyrics or "", segment.languages)
    if not phrases:
        return []
    roomy = 2.0 * BEATS if last_beat(segment) >= 12 * BEATS else float(BEATS)
    # Beats before the first phrase, and the grid of the phrases' starts.
    layouts = ((roomy, 4.0), (BEATS, 4.0), (BEATS, 2.0), (2.0, 2.0), (0.0, 2.0), (0.0, 1.0))
    for rate in RATES:
        spoken = speak_phrases(segment, phrases, rate)
        shapes = [_rhythm(segment, phrase) for phrase in spoken]
        early = spoken[0].vowels[0][0] * segment.bpm / 60  # the consonants before the first vowel
        for intro, grid in layouts:
            starts = _starts(shapes, max(intro, early), grid)
            end = starts[-1] + shapes[-1][-1]
            if end * 60 / segment.bpm <= segment.seconds - CLEAR_OF_END:
                starts = _spread(segment, spoken, starts, end)
                return [
                    PlacedPhrase(phrase, tuple(start + beat for beat in beats), start + last)
                    for phrase, start, (*beats, last) in zip(spoken, starts, shapes, strict=True)
                ]
    needed = math.ceil(end * 60 / segment.bpm + CLEAR_OF_END)
    raise ModelError(
        "unsupported",
        f"the lyrics need {needed} s at {RATES[-1]} words a minute, "
        f"and the segment has {segment.seconds:g} s",
        f"give the segment seconds = {needed}, or fewer words",
    )


def _rhythm(segment: SketchInput, spoken: SpokenPhrase) -> tuple[float, ...]:
    """Beats of the vowels from the first one's, then the phrase's end."""
    second = segment.bpm / 60  # in beats
    stretch = STRETCH.get(segment.kind, SPOKEN_STRETCH)
    finest = FINE_GRID
    while finest / second < SHORTEST_SYLLABLE:
        finest *= 2
    first = spoken.vowels[0][0]
    beats = [0.0]
    for start, _ in spoken.vowels[1:]:
        natural = (start - first) * stretch * second
        coarse = round(natural / GRID) * GRID
        fine = round(natural / finest) * finest
        beats.append(max(beats[-1] + finest, coarse if coarse > beats[-1] else fine))
    start, end = spoken.vowels[-1]
    held = (end - start) * (HELD if segment.kind in STRETCH else SPOKEN_HELD)
    return (*beats, beats[-1] + (held + spoken.seconds - end) * second)


def _starts(shapes: list[tuple[float, ...]], earliest: float, grid: float) -> list[float]:
    """The beat of each phrase's first vowel, one after the other."""
    starts: list[float] = []
    for shape in shapes:
        starts.append(float(math.ceil(round(earliest / grid, 6)) * grid))
        earliest = starts[-1] + shape[-1] + BREATH
    return starts


def _spread(
    segment: SketchInput, spoken: list[SpokenPhrase], starts: list[float], end: float
) -> list[float]:
    """Give bars that are left over to the gaps, first to those after a sentence."""
    spare = max(0, int((last_beat(segment) - end) // BEATS) - 1)  # one is the cadence's
    gaps = [0] * len(starts)  # bars before each phrase
    order = sorted(
        range(1, len(starts)), key=lambda i: (not spoken[i - 1].phrase.ends_sentence, i % 2, i)
    )
    for index in (order * LONGEST_GAP_BARS)[:spare]:
        gaps[index] += 1
    return [start + bars * BEATS for start, bars in zip(starts, accumulate(gaps), strict=True)]
