"""The places of words, and speech moved in time."""

from itertools import pairwise

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.core.prompts.espeak_voices import VOICES
from secondtake.models.sketch import vocals
from secondtake.models.sketch.compose import compose, generator
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.singing import (
    FASTEST,
    SLOWEST,
    place_lyrics,
    sing,
    stretched,
)
from secondtake.models.sketch.tts import SpeechRequest, Utterance, speak
from secondtake.models.sketch.vocals import PlacedPhrase

VERSE = "We laugh at the chaos, we play with the luck, Dreams synthetic but hearts imperfect."
TANGO = "En la esquina del barrio me espera un farol,\ncompañero de penas, de vino y de sol."
ON_BEAT = 0.04  # seconds: a drummer's freedom


def segment(lyrics: str, meter: str, bpm: float, **rest: object) -> SketchInput:
    language = "es" if lyrics is TANGO else "en"
    fields = {"kind": "verse", "seconds": 20.0, "language": language} | rest
    return SketchInput(bpm=bpm, lyrics=lyrics, meter=meter, **fields)  # type: ignore[arg-type]


def offsets(placed: list[PlacedPhrase], bpm: float, step: float) -> list[float]:
    """Seconds from every stress to its nearest multiple of `step` beats."""
    return [
        abs(beat - round(beat / step) * step) * 60 / bpm
        for phrase in placed
        for beat, syllable in zip(phrase.beats, phrase.spoken.syllables, strict=True)
        if syllable.stressed
    ]


@pytest.mark.parametrize("lyrics", [VERSE, TANGO])
@pytest.mark.parametrize(
    ("meter", "bpm"),
    [("4/4", 122), ("4/4", 70), ("4/4", 150), ("3/4", 138), ("2/4", 105), ("6/8", 64), ("6/8", 50)],
)
def test_phrases_start_on_bars_and_stresses_on_the_beat(
    lyrics: str, meter: str, bpm: float
) -> None:
    wanted = segment(lyrics, meter, bpm)
    placed = place_lyrics(wanted)
    firsts = [
        next(b for b, s in zip(p.beats, p.spoken.syllables, strict=True) if s.stressed)
        for p in placed
    ]
    line = 3 if meter == "3/4" else wanted.bar.half
    late = [abs(beat - round(beat / line) * line) for beat in firsts]
    assert max(late) * 60 / bpm < ON_BEAT
    step = 1 / wanted.bar.subdivision
    step = step / 2 if step * 60 / bpm > 0.36 else step  # a slow song's sixteenths
    near = [offset < ON_BEAT for offset in offsets(placed, bpm, step)]
    assert sum(near) >= 0.9 * len(near)


@pytest.mark.parametrize("bpm", [60, 92, 128, 175])
def test_words_stay_words(bpm: float) -> None:
    """In order, and between two syllables neither hurried nor drawn out."""
    for phrase in place_lyrics(segment(VERSE, "4/4", bpm)):
        starts = [syllable.start for syllable in phrase.spoken.syllables]
        assert len(phrase.beats) == len(starts)
        ratios = np.diff(phrase.beats) * 60 / bpm / np.diff(starts)
        assert ratios.min() >= FASTEST - 1e-6 and ratios.max() <= SLOWEST + 1e-6


@pytest.mark.parametrize(("seconds", "bpm"), [(6, 120), (8, 70), (15, 200), (30, 95)])
def test_every_phrase_fits_and_none_overlaps(seconds: float, bpm: float) -> None:
    placed = place_lyrics(SketchInput("verse", seconds, bpm, lyrics=VERSE))
    assert [phrase.spoken.phrase.text for phrase in placed] == [
        "We laugh at the chaos",
        "we play with the luck",
        "Dreams synthetic but hearts imperfect",
    ]
    for phrase, following in pairwise(placed):
        assert phrase.end < following.beats[0]
    assert placed[0].beats[0] >= 0 and placed[-1].end * 60 / bpm < seconds


def test_words_begin_soon_and_last_through_a_segment() -> None:
    """A segment is cut out of a song: no bars of introduction."""
    placed = place_lyrics(SketchInput("verse", 14, 120, lyrics=VERSE))
    assert placed[0].beats[0] * 0.5 < 2.1 and placed[-1].end * 0.5 > 14 * 0.6


def test_too_many_words_say_how_many_seconds_they_need() -> None:
    wanted = SketchInput("verse", 4, 120, lyrics=VERSE)
    with pytest.raises(ModelError, match="the segment has 4 s") as caught:
        place_lyrics(wanted)
    assert caught.value.code == "unsupported"
    needed = float(caught.value.hint.split("seconds = ")[1].split(",")[0])
    assert place_lyrics(SketchInput("verse", needed, 120, lyrics=VERSE))


@pytest.mark.parametrize("stretch", [0.75, 1.0, 1.4])
def test_speech_is_moved_in_time_and_keeps_its_pitch(stretch: float) -> None:
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    hum = (0.5 * np.sin(2 * np.pi * 147 * time)).astype(np.float32)
    hum[SAMPLE_RATE // 4 :] *= 0.1  # where the vowel ends
    length = int(len(hum) * stretch)
    moved = stretched(hum, np.array([(0.0, 0.0), (length, len(hum))]))
    assert len(moved) == length
    spectrum = np.abs(np.fft.rfft(moved[: length // 2] * np.hanning(length // 2), SAMPLE_RATE))
    assert np.argmax(spectrum) == pytest.approx(147, abs=2)
    level = np.abs(moved).reshape(-1)[: length // 441 * 441].reshape(-1, 441).max(axis=1)
    step = np.flatnonzero(level < 0.2)[0] * 441
    assert step == pytest.approx(stretch * SAMPLE_RATE / 4, abs=0.025 * SAMPLE_RATE)


def test_the_voice_sounds_where_it_is_placed_and_again_the_same() -> None:
    wanted = segment(VERSE, "4/4", 96)
    score = compose(wanted)
    voice, active = sing(wanted, score.form, list(score.lyrics), generator(wanted, "melody"))
    again, _ = sing(wanted, score.form, list(score.lyrics), generator(wanted, "melody"))
    assert np.array_equal(voice, again) and np.abs(voice[~active]).max() < 0.005
    for phrase in score.lyrics:
        for beat in phrase.beats:
            at = int(beat * 60 / 96 * SAMPLE_RATE)
            assert active[at] and np.abs(voice[at : at + 4410]).max() > 0.05


LETTERS = {
    "zh": "你好，夜",
    "ja": "よるのうた",
    "ar": "مرحبا يا ليل",
    "hi": "नमस्ते रात",
    "th": "สวัสดี",
}


@pytest.mark.e2e
@pytest.mark.parametrize("languages", [sorted(VOICES)[at::8] for at in range(8)])
def test_every_language_is_placed(languages: list[str]) -> None:
    for code in languages:
        text = LETTERS.get(code, "la luna amore")
        wanted = SketchInput("verse", 12, 100, lyrics=text, language=code)
        (first, *_) = place_lyrics(wanted)
        assert first.spoken.seconds > 0.2, code


@pytest.mark.parametrize("code", ["zh", "yue", "vi", "th", "es"])
def test_a_language_of_tones_keeps_them(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Level speech of Chinese would be other words."""
    ranges: list[int] = []

    def said(requests: list[SpeechRequest]) -> list[Utterance]:
        ranges.extend(request.pitch_range for request in requests)
        return speak(requests)

    monkeypatch.setattr(vocals, "speak", said)
    text = LETTERS.get(code, "la luna amore")
    place_lyrics(SketchInput("verse", 8, 100, lyrics=text, language=code))
    assert min(ranges) >= 50  # espeak's own
