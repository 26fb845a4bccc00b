"""The places of words."""

from itertools import pairwise

import pytest

from secondtake.core.errors import ModelError
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.singing import FINE_GRID, place_lyrics

VERSE = "We laugh at the chaos, we play with the luck, Dreams synthetic but hearts imperfect."


def test_phrases_start_on_bars_and_vowels_on_the_grid() -> None:
    placed = place_lyrics(SketchInput("verse", 15, 122, lyrics=VERSE))
    assert [phrase.beats[0] % 4 for phrase in placed] == [0, 0, 0]
    for phrase in placed:
        assert all(beat % FINE_GRID == 0 for beat in phrase.beats)
        assert list(phrase.beats) == sorted(set(phrase.beats))
        assert len(phrase.beats) == len(phrase.spoken.vowels)


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
    assert placed[-1].end * 60 / bpm < seconds


def test_too_many_words_say_how_many_seconds_they_need() -> None:
    segment = SketchInput("verse", 4, 120, lyrics=VERSE)
    with pytest.raises(ModelError, match="the segment has 4 s") as caught:
        place_lyrics(segment)
    assert caught.value.code == "unsupported"
    needed = float(caught.value.hint.split("seconds = ")[1].split(",")[0])
    assert place_lyrics(SketchInput("verse", needed, 120, lyrics=VERSE))
