"""The voice: lyrics as phrases, each in its language, and spoken.

A phrase ends at a comma, a stop or a line's end. Its words vote on its language: function words,
letters that only one language writes, endings. A word that cannot be of it (`Whisper` in `Whisper
del futuro`) is said with the other's voice. Only Spanish and English are told apart; otherwise the
segment's first tag holds for every phrase.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from secondtake.core.letters import words_in
from secondtake.core.lyrics import read_lyrics
from secondtake.core.prompts.espeak_voices import espeak_voice
from secondtake.models.sketch.dsp import SAMPLE_RATE, smooth_size
from secondtake.models.sketch.score import SketchInput
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


class Voice(NamedTuple):
    """size: how much smaller the speaker is than espeak's. midi: the usual pitch."""

    size: float
    midi: float

    def setting(self, midi: float) -> int:
        """espeak's pitch for a MIDI pitch."""
        own = midi - 12 * math.log2(self.size)
        return min(max(round(50 + (own - MIDI_AT_50) / SEMITONES), 0), 99)


VARIANT = "+adam"  # Klatt's synthesiser: of twelve the best understood (docs/lab)
MIDI_AT_50, SEMITONES = 41.3, 0.195  # its pitch at the setting 50, and from one to the next
FEMALE, MALE = Voice(1.12, 53.0), Voice(1.0, 44.0)
HIGH = ("chorus", "hook", "refrain", "bridge")
RUN_GAP = 0.02  # seconds between two languages within a phrase
WORD_GAP = 5  # hundredths of a second: words begin audibly (docs/lab/sketch.md)
INTONATION = 65  # of espeak's range, 50 its own: a tone that is held names another key (docs/lab)


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


def voice_of(segment: SketchInput) -> Voice:
    """Who sings: what the style asks for, else low verses and high choruses."""
    wished = segment.heard_style.voice or ("female" if segment.kind in HIGH else "male")
    return FEMALE if wished == "female" else MALE


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


class Syllable(NamedTuple):
    """start, end: of its vowel, in s. stressed: it has its word's main stress."""

    start: float
    end: float
    stressed: bool


@dataclass(frozen=True)
class SpokenPhrase:
    """A phrase as spoken: samples (frames,) at 44,100 Hz, syllables in s from their start."""

    phrase: Phrase
    rate: int
    samples: np.ndarray
    syllables: tuple[Syllable, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class PlacedPhrase:
    """A phrase in its place. beats: of each syllable, from the segment's start. end: beat."""

    spoken: SpokenPhrase
    beats: tuple[float, ...]
    end: float


def speak_phrases(
    phrases: Sequence[Phrase], voice: Voice, rate: int, tones: Sequence[float]
) -> list[SpokenPhrase]:
    """Every phrase about its tone, each run in its language's voice.

    rate: words per minute. tones: MIDI pitches.
    """
    requests = [
        SpeechRequest(
            run.text,
            espeak_voice(run.language) + VARIANT,
            round(rate / voice.size),
            voice.setting(tone),
            INTONATION,
            WORD_GAP,
        )
        for phrase, tone in zip(phrases, tones, strict=True)
        for run in phrase.runs
    ]
    # A smaller head has higher formants and a higher pitch; what it says is quicker by as much.
    faster = (replace(u, sample_rate=round(u.sample_rate * voice.size)) for u in speak(requests))
    return [_joined(phrase, rate, [next(faster) for _ in phrase.runs]) for phrase in phrases]


def _joined(phrase: Phrase, rate: int, utterances: Sequence[Utterance]) -> SpokenPhrase:
    pieces: list[np.ndarray] = []
    syllables: list[Syllable] = []
    for said in utterances:
        if pieces:
            pieces.append(np.zeros(int(RUN_GAP * SAMPLE_RATE), np.float32))
        at = sum(map(len, pieces)) / SAMPLE_RATE
        syllables += [
            Syllable(at + start / said.sample_rate, at + end / said.sample_rate, stressed)
            for (start, end), stressed in zip(said.vowels, said.stressed, strict=True)
        ]
        pieces.append(_resampled(said.samples, said.sample_rate))
    samples = np.concatenate(pieces)
    # A hum without a vowel ("mmm") is held as if it were one.
    hum = Syllable(0.0, len(samples) / SAMPLE_RATE, True)
    return SpokenPhrase(phrase, rate, samples, tuple(syllables) or (hum,))


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    """To 44,100 Hz through the spectrum; espeak speaks at 22,050."""
    count = round(len(samples) * SAMPLE_RATE / rate)
    padded = smooth_size(len(samples) + 256)
    size = round(padded * SAMPLE_RATE / rate)
    spectrum = np.fft.rfft(samples, padded)
    return (np.fft.irfft(spectrum, size)[:count] * (size / padded)).astype(np.float32)
