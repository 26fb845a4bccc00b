"""The voice: lyrics as phrases, each in its language, spoken, and their melody.

A phrase ends at a comma, a stop or a line's end. Its words vote on its language: function words,
letters that only one language writes, endings. A word that cannot be of it (`Whisper` in `Whisper
del futuro`) is said with the other's voice. Only Spanish and English are told apart; otherwise the
segment's first tag holds for every phrase.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from secondtake.core.letters import words_in
from secondtake.core.lyrics import read_lyrics
from secondtake.core.prompts.espeak_voices import espeak_voice
from secondtake.models.sketch.form import Chord, nearest, step_from
from secondtake.models.sketch.score import SketchInput, parse_key
from secondtake.models.sketch.tts import SpeechRequest, Utterance, speak

STOPS = ".!?…\n。！？।؟"
PHRASE_ENDS = re.compile(  # kept when split at
    rf"([{STOPS},;:¡¿()\[\]\"“”«»、，；：（）「」『』،؛]+|\s[-–—]+\s)"
)
SPANISH = frozenset(
    "a al amor como con conmigo contigo de del desde donde el ella en eres es esta este futuro la "
    "las lo los más me mi mis muy nada ni no noche nos para pero por que quiero se si sin sobre "
    "somos soy su sus te todo tu tus un una uno vida y ya yo".split()
)
ENGLISH = frozenset(
    "a an and are as at be but by can do for from have i in is it its love me my no not of on or "
    "our play so that the their they this to up us was we were what when who will with "
    "you your".split()
)
ONLY_SPANISH = re.compile(r"[ñáéíóú¿¡ü]|ción$|mente$|[aeo]r$|[aeiou]s?$|ll[aeo]|rr")
ONLY_ENGLISH = re.compile(
    r"wh|sh|th|ck|gh|oo|ee|ph|w|k|'|’|ing$|ed$|ly$|[bcdfgjkmpqtvwxz]$|[^aeiounlsr]s$|[^aeiou]y$"
)
STRONG = 2.0  # a letter that the other language does not write
FOREIGN = re.compile(r"wh|sh|th|ck|gh|^w|k")  # no Spanish word is written so

STRETCH = {"chorus": 1.22, "bridge": 1.2, "intro": 1.2, "outro": 1.25}  # sung, not spoken
RUN_GAP = 0.02  # seconds between two languages within a phrase
FEMALE, MALE = ("+f3", 60), ("+m3", 72)  # variant, pitch setting: about 198 and 116 Hz
LOWEST_BELOW = 1  # semitones under the spoken pitch


@dataclass(frozen=True)
class Run:
    """Neighbouring words said in one language."""

    text: str
    language: str


@dataclass(frozen=True)
class Phrase:
    """One breath: its runs in order, and whether a sentence or line ends with it."""

    runs: tuple[Run, ...]
    ends_sentence: bool

    @property
    def text(self) -> str:
        """The words as they are said."""
        return " ".join(run.text for run in self.runs)


def phrases_of(lyrics: str, languages: Sequence[str]) -> list[Phrase]:
    """Split what is sung of lyrics (core.lyrics) into phrases."""
    pieces = [*PHRASE_ENDS.split(read_lyrics(lyrics).text), "."]
    return [
        Phrase(_runs(words, languages), any(c in mark for c in STOPS))
        for text, mark in zip(pieces[::2], pieces[1::2], strict=True)
        if (words := list(words_in(text)))
    ]


def language_of(words: Sequence[str], languages: Sequence[str]) -> str:
    """`es` or `en` by the words' votes, where the tags hold both; else the first tag."""
    if not {"es", "en"} <= set(languages):
        return languages[0] if languages else "en"
    spanish = sum(_vote(word.lower(), SPANISH, ONLY_SPANISH) for word in words)
    english = sum(_vote(word.lower(), ENGLISH, ONLY_ENGLISH) for word in words)
    if spanish == english:
        return languages[0]
    return "es" if spanish > english else "en"


def _vote(word: str, function_words: frozenset[str], letters: re.Pattern[str]) -> float:
    strong = STRONG if re.search(r"[ñáéíóúü]", word) and letters is ONLY_SPANISH else 0.0
    return strong + 1.5 * (word in function_words) + bool(letters.search(word))


def _runs(words: Sequence[str], languages: Sequence[str]) -> tuple[Run, ...]:
    language = language_of(words, languages)
    mixed = language == "es" and "en" in languages

    def own(word: str) -> str:
        return "en" if mixed and FOREIGN.search(word.lower()) else language

    return tuple(Run(" ".join(group), tag) for tag, group in groupby(words, own))


@dataclass(frozen=True)
class SpokenPhrase:
    """A phrase as spoken: times in seconds from its start. vowels: (start, end)."""

    phrase: Phrase
    utterances: tuple[Utterance, ...]
    vowels: tuple[tuple[float, float], ...]
    seconds: float


@dataclass(frozen=True)
class PlacedPhrase:
    """A phrase in its place. beats: of each vowel, from the segment's start. end: beat."""

    spoken: SpokenPhrase
    beats: tuple[float, ...]
    end: float


def voice_of(segment: SketchInput) -> tuple[str, int]:
    """espeak variant and pitch: what the style asks for, else low verses and high choruses."""
    style = segment.style.lower().replace("female", "woman")
    words = {word.strip(",.;") for word in style.split()}
    if words & {"woman", "women", "mujer", "soprano", "girl"}:
        return FEMALE
    if words & {"male", "man", "men", "hombre", "baritone", "tenor"}:
        return MALE
    return FEMALE if segment.kind in ("chorus", "bridge") else MALE


def melody(
    segment: SketchInput, phrase: PlacedPhrase, chord_at: dict[int, Chord], centre: int, rng: Random
) -> list[int]:
    """A MIDI pitch per vowel: chord tones on the beats, steps between, home at the end.

    chord_at: the chord of every half-bar. centre: the spoken pitch, near which a voice stays one.
    """
    tonic = parse_key(segment.key).tonic
    lively = segment.kind in STRETCH
    moves = (-1, 0, 1, 1, 2, -2) if lively else (0, 0, 0, -1, 1)
    top = centre + (7 if lively else 4)
    pitch, pitches = centre + (4 if lively else 2), []
    for place, beat in enumerate(phrase.beats):
        chord = chord_at[min(int(beat // 2), max(chord_at))]
        last = place == len(phrase.beats) - 1
        if place:
            pitch = step_from(pitch, rng.choice(moves), chord.scale)
        pitch = min(max(pitch, centre - LOWEST_BELOW), top)
        goal = chord.tones if last or beat % 1 == 0 else chord.scale
        if last and phrase.spoken.phrase.ends_sentence and tonic in chord.tones:
            goal = (tonic,)
        pitch = nearest(pitch, goal)
        pitches.append(pitch)
    return pitches


def speak_phrases(segment: SketchInput, phrases: list[Phrase], rate: int) -> list[SpokenPhrase]:
    """Every phrase, each run of it in its language's voice. rate: words per minute."""
    variant, pitch = voice_of(segment)
    requests = [
        SpeechRequest(run.text, espeak_voice(run.language) + variant, rate, pitch)
        for phrase in phrases
        for run in phrase.runs
    ]
    spoken = iter(speak(requests))
    return [_joined(phrase, tuple(next(spoken) for _ in phrase.runs)) for phrase in phrases]


def _joined(phrase: Phrase, utterances: tuple[Utterance, ...]) -> SpokenPhrase:
    at, vowels = 0.0, []
    for utterance in utterances:
        rate = utterance.sample_rate
        vowels += [(at + start / rate, at + end / rate) for start, end in utterance.vowels]
        at += len(utterance.samples) / rate + RUN_GAP
    seconds = at - RUN_GAP
    # A hum without a vowel ("mmm") is held as if it were one.
    return SpokenPhrase(phrase, utterances, tuple(vowels) or ((0.0, seconds),), seconds)
