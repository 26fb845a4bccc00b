"""The voice: lyrics as phrases, each in its language, spoken, and their melody.

A phrase ends at a comma, a stop or a line's end. Its language is voted on by its words:
function words of each language, letters that only one of them writes, and endings. Inside a
phrase, a word that cannot be of the phrase's language (`Whisper` in `Whisper del futuro`) is
said with the other's voice. Only Spanish and English are told apart; other languages are taken
from the segment's tags, the first one for every phrase.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from secondtake.models.sketch.form import Chord, nearest, step_from
from secondtake.models.sketch.score import Key, SketchInput, parse_key
from secondtake.models.sketch.tts import SpeechRequest, Utterance, speak

PHRASE_ENDS = re.compile(r"[,;:.!?¡¿…\n()\[\]\"“”«»]+|\s[-–—]+\s")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
STAGE_DIRECTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|♪")
SPANISH = frozenset(
    "a al amor como con conmigo contigo de del desde donde el ella en eres es esta este futuro la "
    "las lo los más me mi mis muy nada ni no noche nos para pero por que quiero se si sin sobre "
    "somos soy su sus te todo tu tus un una uno vida y ya yo".split()
)
ENGLISH = frozenset(
    "a an and are as at be but by can do for from have i in is it its love me my no not of on "
    "or our play so that the their they this to up us was we were what when "
    "who will with you your".split()
)
ONLY_SPANISH = re.compile(r"[ñáéíóú¿¡ü]|ción$|mente$|[aeo]r$|[aeiou]s?$|ll[aeo]|rr")
ONLY_ENGLISH = re.compile(
    r"wh|sh|th|ck|gh|oo|ee|ph|w|k|'|’|ing$|ed$|ly$|[bcdfgjkmpqtvwxz]$|[^aeiounlsr]s$|[^aeiou]y$"
)
STRONG = 2.0  # a letter that the other language does not write
FOREIGN = re.compile(r"wh|sh|th|ck|gh|^w|k")  # no Spanish word is written so

STRETCH = {"chorus": 1.22, "bridge": 1.2, "intro": 1.2, "outro": 1.25}  # sung, not spoken
RUN_GAP = 0.02  # seconds between two languages within a phrase
VOICES = {"en": "en-us", "es": "es-419"}  # espeak voices; other tags are voices themselves
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
    """Split lyrics into phrases. Notes in brackets ([Chorus], (softly)) are not phrase."""
    sung = STAGE_DIRECTION.sub(" ", lyrics)
    phrases, at = [], 0
    for match in [*PHRASE_ENDS.finditer(sung), None]:
        text = sung[at : match.start() if match else len(sung)]
        if words := WORD.findall(text):
            mark = match.group() if match else "."
            phrases.append(Phrase(_runs(words, languages), any(c in mark for c in ".!?…\n")))
        at = match.end() if match else at
    return phrases


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
    tagged: list[tuple[str, list[str]]] = []
    for word in words:
        own = language
        if language == "es" and "en" in languages and FOREIGN.search(word.lower()):
            own = "en"
        if tagged and tagged[-1][0] == own:
            tagged[-1][1].append(word)
        else:
            tagged.append((own, [word]))
    return tuple(Run(" ".join(group), own) for own, group in tagged)


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
    words = segment.style.lower().replace("female", "woman").split()
    if any(word.strip(",.;") in ("woman", "women", "mujer", "soprano", "girl") for word in words):
        return FEMALE
    if any(
        word.strip(",.;") in ("male", "man", "men", "hombre", "baritone", "tenor") for word in words
    ):
        return MALE
    return FEMALE if segment.kind in ("chorus", "bridge") else MALE


def melody(
    segment: SketchInput,
    phrase: PlacedPhrase,
    chord_at: dict[int, Chord],
    centre: int,
    rng: random.Random,
) -> list[int]:
    """A MIDI pitch per vowel: chord tones on the beats, steps between, home at the end.

    chord_at: the chord of every half-bar. centre: the pitch at which the voice was spoken,
    which the melody keeps near so that the voice stays a voice.
    """
    key = parse_key(segment.key)
    lively = segment.kind in STRETCH
    top = centre + (7 if lively else 4)
    pitch, pitches = centre + (4 if lively else 2), []
    for place, beat in enumerate(phrase.beats):
        chord = chord_at[min(int(beat // 2), max(chord_at))]
        last = place == len(phrase.beats) - 1
        if place:
            pitch = step_from(
                pitch, rng.choice((-1, 0, 1, 1, 2, -2) if lively else (0, 0, 0, -1, 1)), chord.scale
            )
        pitch = min(max(pitch, centre - LOWEST_BELOW), top)
        strong = beat % 1 == 0 or last
        goal = _home(key, chord) if last and phrase.spoken.phrase.ends_sentence else chord.tones
        pitch = nearest(pitch, goal if strong else chord.scale)
        pitches.append(pitch)
    return pitches


def _home(key: Key, chord: Chord) -> tuple[int, ...]:
    return (key.tonic,) if key.tonic in chord.tones else chord.tones


def speak_phrases(segment: SketchInput, phrases: list[Phrase], rate: int) -> list[SpokenPhrase]:
    """Every phrase, each run of it in its language's voice. rate: words per minute."""
    variant, pitch = voice_of(segment)
    requests = [
        SpeechRequest(run.text, VOICES.get(run.language, run.language) + variant, rate, pitch)
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
