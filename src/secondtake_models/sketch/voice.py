"""The voice: who speaks, in how many pieces, and on which notes."""

import random
from dataclasses import dataclass

from secondtake_models.sketch.brief import Brief, Key, parse_key
from secondtake_models.sketch.harmony import Chord, nearest, step_from
from secondtake_models.sketch.lyrics import Phrase
from secondtake_models.sketch.speech import Utterance, Wish, speak

STRETCH = {"chorus": 1.22, "bridge": 1.2, "intro": 1.2, "outro": 1.25}  # sung, not spoken
RUN_GAP = 0.02  # seconds between two languages within a phrase
VOICES = {"en": "en-us", "es": "es-419"}  # espeak voices; other tags are voices themselves
FEMALE, MALE = ("+f3", 60), ("+m3", 72)  # variant, pitch setting: about 198 and 116 Hz
LOWEST_BELOW = 1  # semitones under the spoken pitch


@dataclass(frozen=True)
class Spoken:
    """A phrase as spoken: times in seconds from its start. vowels: (start, end)."""

    phrase: Phrase
    utterances: tuple[Utterance, ...]
    vowels: tuple[tuple[float, float], ...]
    seconds: float


@dataclass(frozen=True)
class Sung:
    """A phrase in its place. beats: of each vowel, from the segment's start. end: beat."""

    spoken: Spoken
    beats: tuple[float, ...]
    end: float


def voice_of(brief: Brief) -> tuple[str, int]:
    """espeak variant and pitch: what the style asks for, else low verses and high choruses."""
    words = brief.style.lower().replace("female", "woman").split()
    if any(word.strip(",.;") in ("woman", "women", "mujer", "soprano", "girl") for word in words):
        return FEMALE
    if any(
        word.strip(",.;") in ("male", "man", "men", "hombre", "baritone", "tenor") for word in words
    ):
        return MALE
    return FEMALE if brief.kind in ("chorus", "bridge") else MALE


def melody(
    brief: Brief, sung: Sung, chord_at: dict[int, Chord], centre: int, rng: random.Random
) -> list[int]:
    """A MIDI pitch per vowel: chord tones on the beats, steps between, home at the end.

    chord_at: the chord of every half-bar. centre: the pitch at which the voice was spoken,
    which the melody keeps near so that the voice stays a voice.
    """
    key = parse_key(brief.key)
    lively = brief.kind in STRETCH
    top = centre + (7 if lively else 4)
    pitch, pitches = centre + (4 if lively else 2), []
    for place, beat in enumerate(sung.beats):
        chord = chord_at[min(int(beat // 2), max(chord_at))]
        last = place == len(sung.beats) - 1
        if place:
            pitch = step_from(
                pitch, rng.choice((-1, 0, 1, 1, 2, -2) if lively else (0, 0, 0, -1, 1)), chord.scale
            )
        pitch = min(max(pitch, centre - LOWEST_BELOW), top)
        strong = beat % 1 == 0 or last
        goal = _home(key, chord) if last and sung.spoken.phrase.ends_sentence else chord.tones
        pitch = nearest(pitch, goal if strong else chord.scale)
        pitches.append(pitch)
    return pitches


def _home(key: Key, chord: Chord) -> tuple[int, ...]:
    return (key.tonic,) if key.tonic in chord.tones else chord.tones


def speak_phrases(brief: Brief, phrases: list[Phrase], rate: int) -> list[Spoken]:
    """Every phrase, each run of it in its language's voice. rate: words per minute."""
    variant, pitch = voice_of(brief)
    wishes = [
        Wish(run.text, VOICES.get(run.language, run.language) + variant, rate, pitch)
        for phrase in phrases
        for run in phrase.runs
    ]
    spoken = iter(speak(wishes))
    return [_joined(phrase, tuple(next(spoken) for _ in phrase.runs)) for phrase in phrases]


def _joined(phrase: Phrase, utterances: tuple[Utterance, ...]) -> Spoken:
    at, vowels = 0.0, []
    for one in utterances:
        rate = one.sample_rate
        vowels += [(at + start / rate, at + end / rate) for start, end in one.vowels]
        at += len(one.samples) / rate + RUN_GAP
    seconds = at - RUN_GAP
    # A hum without a vowel ("mmm") is held as if it were one.
    return Spoken(phrase, utterances, tuple(vowels) or ((0.0, seconds),), seconds)
