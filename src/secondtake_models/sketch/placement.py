"""Where the words fall: phrases on bars, syllables on the grid.

A syllable's beat is the onset of its vowel, as singers and listeners place it; the consonants
before it come early by their own length.
"""

import math

from secondtake.errors import ModelError
from secondtake_models.sketch.brief import Brief
from secondtake_models.sketch.form import BEATS, last_beat
from secondtake_models.sketch.lyrics import phrases_of
from secondtake_models.sketch.voice import STRETCH, Spoken, Sung, speak_phrases

RATES = (150, 165, 180, 200, 220)  # words a minute, slowest first; beyond, words blur
SPOKEN_STRETCH = 1.06
GRID, FINE_GRID = 0.5, 0.25  # beats
SHORTEST_SYLLABLE = 0.105  # seconds
HELD, SPOKEN_HELD = 1.8, 1.25  # how much longer the last vowel of a phrase lasts
BREATH = 0.3  # beats between phrases
CLEAR_OF_END = 0.35  # seconds of the segment's end without words
LONGEST_GAP_BARS = 2  # of accordion between two phrases
Layout = tuple[float, float]  # beats before the first phrase, grid of the phrases' starts


def place_lyrics(brief: Brief) -> list[Sung]:
    """Every phrase of the lyrics in its place; nothing is left out or cut.

    Tried slowest first, with room around the phrases first. Raise ModelError("unsupported")
    if the fastest speech does not fit.
    """
    phrases = phrases_of(brief.lyrics or "", brief.languages)
    if not phrases:
        return []
    needed = 0.0
    for rate in RATES:
        spoken = speak_phrases(brief, phrases, rate)
        shapes = [_rhythm(brief, one) for one in spoken]
        for intro, grid in _layouts(brief):
            starts = _starts(brief, spoken, shapes, intro, grid)
            end = starts[-1] + shapes[-1][-1]
            if end * 60 / brief.bpm <= brief.seconds - CLEAR_OF_END:
                starts = _spread(brief, spoken, starts, end)
                return [
                    Sung(one, tuple(start + beat for beat in shape[:-1]), start + shape[-1])
                    for one, start, shape in zip(spoken, starts, shapes, strict=True)
                ]
            needed = end * 60 / brief.bpm + CLEAR_OF_END
    raise ModelError(
        "unsupported",
        f"the lyrics need {math.ceil(needed)} s at {RATES[-1]} words a minute, "
        f"and the segment has {brief.seconds:g} s",
        f"give the segment seconds = {math.ceil(needed)}, or fewer words",
    )


def _rhythm(brief: Brief, spoken: Spoken) -> tuple[float, ...]:
    """Beats of the vowels from the first one's, then the phrase's end."""
    second = brief.bpm / 60  # in beats
    stretch = STRETCH.get(brief.kind, SPOKEN_STRETCH)
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
    held = (end - start) * (HELD if brief.kind in STRETCH else SPOKEN_HELD)
    return (*beats, beats[-1] + (held + spoken.seconds - end) * second)


def _layouts(brief: Brief) -> tuple[Layout, ...]:
    """From the roomiest to the tightest."""
    roomy = 2.0 * BEATS if last_beat(brief) >= 12 * BEATS else float(BEATS)
    return ((roomy, 4.0), (BEATS, 4.0), (BEATS, 2.0), (2.0, 2.0), (0.0, 2.0), (0.0, 1.0))


def _starts(
    brief: Brief, spoken: list[Spoken], shapes: list[tuple[float, ...]], intro: float, grid: float
) -> list[float]:
    """The beat of each phrase's first vowel, one after the other."""
    starts: list[float] = []
    free = intro - BREATH
    for one, shape in zip(spoken, shapes, strict=True):
        early = one.vowels[0][0] * brief.bpm / 60  # the consonants before the first vowel
        after = max(free + BREATH, early if not starts else 0.0)
        starts.append(float(math.ceil(round(after / grid, 6)) * grid))
        free = starts[-1] + shape[-1]
    return starts


def _spread(brief: Brief, spoken: list[Spoken], starts: list[float], end: float) -> list[float]:
    """Give bars that are left over to the gaps, first to those after a sentence."""
    spare = max(0, int((last_beat(brief) - end) // BEATS) - 1)  # one is the cadence's
    gaps = [0] * len(starts)  # bars before each phrase
    order = sorted(
        range(1, len(starts)), key=lambda i: (not spoken[i - 1].phrase.ends_sentence, i % 2, i)
    )
    for index in order * LONGEST_GAP_BARS:
        if spare:
            gaps[index] += 1
            spare -= 1
    moved, added = [], 0
    for start, gap in zip(starts, gaps, strict=True):
        added += gap
        moved.append(start + added * BEATS)
    return moved
