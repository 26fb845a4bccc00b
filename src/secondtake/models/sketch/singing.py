"""The voice in its place: speech in rhythm, its stressed syllables on the grid of the beat.

A syllable's beat is the onset of its vowel, as singers and listeners place it; the consonants
before it come early by their own length. Between two stresses speech keeps its own proportions,
and is never slowed down or hurried so far that words are lost.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from secondtake.core.errors import ModelError
from secondtake.models.sketch.dsp import SAMPLE_RATE, filtered, highpass
from secondtake.models.sketch.form import Form, last_beat, nearest
from secondtake.models.sketch.score import SketchInput, swung
from secondtake.models.sketch.vocals import (
    PlacedPhrase,
    SpokenPhrase,
    phrases_of,
    speak_phrases,
    voice_of,
)

RATES = 84, 94, 105, 118, 132, 148, 165, 185, 205  # words a minute; slow ones are understood
SLOWEST, FASTEST = 1.5, 0.75  # how much longer speech between two stresses may last than it does
FINEST_SECONDS = 0.36  # a half-beat that is longer is halved once more
# In seconds of speech that is twice as long or half as long as it was.
WEAK_COST, SKIP_COST = 0.015, 0.12  # a stress beside the beat, one beside the grid
LONGEST_SKIP = 3  # stresses from one on the grid to the next
BREATH_SECONDS = 0.12  # between phrases; after a sentence twice that
CLEAR_OF_END = 0.25  # seconds of the segment's end without words
LONGEST_GAP_BARS = 2  # without words between two phrases

LIFTS = (-1, 0, 1)  # semitones from the voice's pitch, about which a phrase's tone is sought
DOUBLE_DB = -17.0  # the second voices beside a layered one; louder, they blur its words
DOUBLE_SECONDS = (0.019, 0.027)
FADE_IN, FADE_OUT = 0.006, 0.06  # seconds; espeak breaks off a last vowel, which is heard as a b
TREBLE_HZ, TREBLE_DB = 2000.0, -3.0  # a shelf
VOICE_HIGHPASS_HZ = 200.0  # a speaker's pitch belongs to no key, and the music's does
WINDOW = int(0.03 * SAMPLE_RATE) // 2 * 2  # frames of a piece that is moved in time
SEARCH = int(0.009 * SAMPLE_RATE)  # frames: a period of the lowest voice


def place_lyrics(segment: SketchInput) -> list[PlacedPhrase]:
    """Every phrase of the lyrics in its place, tried slowest and roomiest first; nothing is cut.

    Raise ModelError("unsupported") if the fastest speech does not fit.
    """
    phrases = phrases_of(segment.lyrics or "", segment.languages)
    if not phrases:
        return []
    voice, second = voice_of(segment), segment.bpm / 60
    bar = segment.bar
    last = min(last_beat(segment), (segment.seconds - CLEAR_OF_END) * second)
    for rate in RATES:
        spoken = speak_phrases(phrases, voice, rate, [voice.midi] * len(phrases))
        shapes = [_rhythm(segment, phrase) for phrase in spoken]
        for grid in (bar.beats, bar.half if bar.beats % 2 == 0 else bar.beats, 1):
            starts = _starts(segment, spoken, shapes, grid)
            end = starts[-1] + shapes[-1][-1]
            if end <= last:
                starts = _spread(segment, spoken, starts, last - end)
                return [
                    PlacedPhrase(phrase, tuple(start + beat for beat in beats), start + final)
                    for phrase, start, (*beats, final) in zip(spoken, starts, shapes, strict=True)
                ]
    needed = math.ceil((end + segment.seconds * second - last) / second)
    raise ModelError(
        "unsupported",
        f"the lyrics need {needed} s at {RATES[-1]} words a minute, "
        f"and the segment has {segment.seconds:g} s",
        f"give the segment seconds = {needed}, or fewer words",
    )


def grid_of(segment: SketchInput) -> float:
    """Beats between places of a stress: half-beats, in 6/8 thirds; half of that in a slow song."""
    step = 1 / segment.bar.subdivision
    return step / 2 if step * 60 / segment.bpm > FINEST_SECONDS else step


def _rhythm(segment: SketchInput, spoken: SpokenPhrase) -> tuple[float, ...]:
    """Beats of the syllables, counted from the first stress's, then the phrase's end."""
    times = [syllable.start for syllable in spoken.syllables]
    stressed = [place for place, syllable in enumerate(spoken.syllables) if syllable.stressed]
    anchors = _anchors(segment, [times[place] for place in stressed or [0]])
    seconds = [second for second, _ in anchors]
    beats = [beat for _, beat in anchors]
    pace = segment.bpm / 60
    before = [seconds[0] - 9.0, *seconds, seconds[-1] + 9.0]  # outside, speech keeps its pace
    after = [-9.0 * pace, *beats, beats[-1] + 9.0 * pace]
    return tuple(float(np.interp(t, before, after)) for t in (*times, spoken.seconds))


def _anchors(segment: SketchInput, times: Sequence[float]) -> list[tuple[float, float]]:
    """(second, beat) of the stresses that stand on the grid, the first one on beat 0.

    times: of all stresses. The cheapest way through: little stretching, few off the beat, and a
    stress between two others may float where the grid would hurry it.
    """
    step, pace = grid_of(segment), segment.bpm / 60
    best: list[dict[int, tuple[float, int, int]]] = [{0: (0.0, -1, 0)}]  # slot: cost, from
    for place in range(1, len(times)):
        ways: dict[int, tuple[float, int, int]] = {}
        for origin in range(max(0, place - LONGEST_SKIP), place):
            natural = (times[place] - times[origin]) * pace / step
            slots = range(math.ceil(natural * FASTEST), math.floor(natural * SLOWEST) + 1)
            for slot, (cost, _, _) in best[origin].items():
                for more in slots:
                    total = cost + SKIP_COST * (place - origin - 1)
                    total += (times[place] - times[origin]) * math.log2(more / natural) ** 2
                    total += WEAK_COST * ((slot + more) * step % 1 > 0.01)
                    if more and total < ways.get(slot + more, (math.inf,))[0]:
                        ways[slot + more] = (total, origin, slot)
        best.append(ways)
    ends = [
        (cost + SKIP_COST * (len(times) - 1 - place), place, slot)
        for place, ways in enumerate(best)
        for slot, (cost, _, _) in ways.items()
    ]
    _, place, slot = min(ends)
    anchors = []
    while place >= 0:
        anchors.append((times[place], slot * step))
        _, place, slot = best[place][slot]
    return anchors[::-1]


def _starts(
    segment: SketchInput,
    spoken: Sequence[SpokenPhrase],
    shapes: Sequence[tuple[float, ...]],
    grid: float,
) -> list[float]:
    """The beat of each phrase's first stress, one after the other."""
    pace = segment.bpm / 60
    starts: list[float] = []
    earliest = 0.0
    for phrase, shape in zip(spoken, shapes, strict=True):
        pickup = phrase.syllables[0].start * pace - shape[0]
        starts.append(float(math.ceil(round((earliest + pickup) / grid, 6)) * grid))
        breath = BREATH_SECONDS * (1 + phrase.phrase.ends_sentence)
        earliest = starts[-1] + shape[-1] + breath * pace
    return starts


def _spread(
    segment: SketchInput, spoken: Sequence[SpokenPhrase], starts: Sequence[float], spare: float
) -> list[float]:
    """Give bars that are left over to the gaps, first to those after a sentence."""
    bars = int(spare // segment.bar.beats)
    gaps = [0] * len(starts)  # bars before each phrase
    order = sorted(
        range(1, len(starts)), key=lambda i: (not spoken[i - 1].phrase.ends_sentence, i % 2, i)
    )
    for index in (order * LONGEST_GAP_BARS)[:bars]:
        gaps[index] += 1
    moved = zip(starts, accumulate(gaps), strict=True)
    return [start + count * segment.bar.beats for start, count in moved]


def sing(
    segment: SketchInput, form: Form, lyrics: list[PlacedPhrase], rng: random.Random
) -> tuple[np.ndarray, np.ndarray]:
    """-> the voice, (frames, 2) float32, and (frames,) true while it sings."""
    frames = round(segment.seconds * SAMPLE_RATE)
    mono, active = np.zeros(frames, np.float32), np.zeros(frames, bool)
    if not lyrics:
        return np.zeros((frames, 2), np.float32), active
    for phrase in _chanted(segment, form, lyrics, rng):
        line, start = _phrase(segment, phrase)
        at = round(start * SAMPLE_RATE)
        line = line[: frames - at]
        mono[at : at + len(line)] += line
        active[at : at + len(line)] = True
    return _placed(segment, filtered(mono[:, None], _tone)[:, 0]), active


def _chanted(
    segment: SketchInput, form: Form, lyrics: Sequence[PlacedPhrase], rng: random.Random
) -> list[PlacedPhrase]:
    """The phrases spoken anew, each on a tone of its chord, at the rate that they have."""
    voice = voice_of(segment)
    tones = [
        nearest(voice.midi + rng.choice(LIFTS), form.chord_at(phrase.beats[0]).tones)
        for phrase in lyrics
    ]
    phrases = [phrase.spoken.phrase for phrase in lyrics]
    spoken = speak_phrases(phrases, voice, lyrics[0].spoken.rate, tones)
    return [replace(phrase, spoken=said) for phrase, said in zip(lyrics, spoken, strict=True)]


def _phrase(segment: SketchInput, phrase: PlacedPhrase) -> tuple[np.ndarray, float]:
    """One phrase -> its samples and the second at which they start."""
    swings = segment.heard_style.feel == "swing" and segment.bar.subdivision == 2
    beats = [swung(beat) if swings else beat for beat in phrase.beats]
    onsets = [beat * 60 / segment.bpm for beat in beats]
    syllables = phrase.spoken.syllables
    start = max(0.0, onsets[0] - syllables[0].start)
    points = [(start, 0.0)]
    for place, (onset, syllable) in enumerate(zip(onsets, syllables, strict=True)):
        points.append((onset, syllable.start))
        if place + 1 < len(syllables):
            natural = syllables[place + 1].start - syllable.start
            room = onsets[place + 1] - onset
            consonants = (syllables[place + 1].start - syllable.end) * min(1.0, room / natural)
            points.append((onset + room - consonants, syllable.end))
    points.append((onsets[-1] + phrase.spoken.seconds - syllables[-1].start, phrase.spoken.seconds))
    line = stretched(phrase.spoken.samples, (np.array(points) - (start, 0.0)) * SAMPLE_RATE)
    since = np.arange(len(line)) / SAMPLE_RATE
    edges = np.minimum(since / FADE_IN, since[::-1] / FADE_OUT)
    return line * np.clip(edges, 0, 1).astype(np.float32), start


def stretched(samples: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Speech moved in time, its pitch kept: waveform-similarity overlap-add (Verhelst and
    Roelands 1993).

    knots: (n, 2) rising frame pairs (result, source). -> (frames,) up to the last of them.
    """
    hop = WINDOW // 2
    source = np.pad(samples, (SEARCH + WINDOW, SEARCH + 2 * WINDOW))
    window = np.hanning(WINDOW + 1)[:-1]
    length = int(knots[-1, 0])
    result = np.zeros(length + 2 * WINDOW)
    before = None
    for at in range(0, length + hop, hop):
        place = round(float(np.interp(at, knots[:, 0], knots[:, 1]))) + SEARCH + WINDOW - hop
        if before is not None:
            goal = source[before + hop : before + hop + WINDOW]
            around = source[place - SEARCH : place + SEARCH + WINDOW]
            place += int(np.argmax(np.correlate(around, goal, "valid"))) - SEARCH
        result[at : at + WINDOW] += window * source[place : place + WINDOW]
        before = place
    return result[hop : hop + length].astype(np.float32)


def _tone(hertz: np.ndarray) -> np.ndarray:
    """Less rumble, and less of the treble that hides a synthesiser's consonants."""
    octave = (hertz / TREBLE_HZ) ** 2
    shelf = 1 + (10 ** (TREBLE_DB / 20) - 1) * octave / (1 + octave)
    return np.asarray(highpass(VOICE_HIGHPASS_HZ)(hertz) * shelf)


def _placed(segment: SketchInput, mono: np.ndarray) -> np.ndarray:
    """In the middle; a layered one with a delayed second voice on either side."""
    voice = np.repeat(mono[:, None], 2, axis=1)
    if not segment.heard_style.layered:
        return voice
    for side, seconds in enumerate(DOUBLE_SECONDS):
        late = int(seconds * SAMPLE_RATE)
        voice[late:, side] += 10 ** (DOUBLE_DB / 20) * mono[:-late]
    return voice
