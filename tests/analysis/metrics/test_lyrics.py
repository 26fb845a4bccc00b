"""Error rates of words that are known, with floor, ceiling and interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondtake.analysis.lyrics.text import character_error_rate, edit_distance, shuffles
from secondtake.analysis.lyrics.transcripts import Transcript, TranscriptPair
from secondtake.analysis.metrics import lyrics
from secondtake.analysis.metrics.document import parse_docstring
from secondtake.analysis.metrics.metric import CLOSE, OPEN

VERSE = tuple(
    "under the copper moon we danced until the river forgot its name and nobody asked us why"
    .split()
)  # fmt: skip
LETTERS, WORDS = "character error rate", "word error rate"
texts = st.lists(st.sampled_from(["amor", "mar", "y", "codigo", "sol"]), max_size=12)


def heard(text, expected=VERSE, recogniser="ear"):
    return Transcript(expected, tuple(text.split()), text, recogniser)


ALL = heard(" ".join(VERSE))
HALF = heard(" ".join((*VERSE[:9], *(word[::-1] + "x" for word in VERSE[9:]))))
NOTHING = heard("")


def measured(estimate, reference=ALL, **more):
    return lyrics.evaluate(TranscriptPair(reference, estimate, **more))


def test_every_word_understood_as_in_the_baseline():
    for rate in measured(ALL).values():
        assert (
            rate.value,
            rate.ceiling,
            rate.scaled,
            rate.percentile,
        ) == (0.0, 0.0, 1.0, 100.0)
        assert rate.verdict == "as itself" and rate.question == "lyrics"
        assert rate.note == "17 of 17 words understood"


def test_one_word_of_seventeen_left_out():
    rate = measured(heard(" ".join(VERSE[1:])))
    assert rate[WORDS].value == pytest.approx(1 / 17)
    assert rate[LETTERS].value == pytest.approx(6 / len(" ".join(VERSE)))
    low, high = rate[WORDS].interval
    assert low == 0.0 and 2 / 17 <= high <= 4 / 17  # the block with the word, twice or more


def test_nothing_understood_is_the_floor():
    for rate in measured(NOTHING).values():
        assert (rate.value, rate.floor, rate.scaled, rate.verdict) == (
            1.0,
            1.0,
            0.0,
            "as other music",
        )
        assert rate.percentile == 50.0  # as close as every shuffle


def test_shuffled_lyrics_score_their_floor():
    rate = measured(heard(" ".join(shuffles(VERSE)[3])))[WORDS]
    assert rate.verdict == "as other music" and abs(rate.scaled) < 0.35


def test_half_understood_lies_between_and_its_interval_holds_it():
    rate = measured(HALF)[WORDS]
    low, high = rate.interval
    assert rate.value == pytest.approx(8 / 17)
    assert low < rate.value < high
    assert rate.verdict in ("closer", "between") and 0.2 < rate.scaled < 0.8


def test_the_floor_is_the_mean_over_the_shuffles():
    rate = measured(HALF)[LETTERS]
    rates = [character_error_rate(order, HALF.hypothesis) for order in shuffles(VERSE)]
    assert rate.floor == pytest.approx(np.mean(rates))


BABBLE = heard("thank you for watching and the the the the rest of it was sung by another")


@pytest.mark.parametrize("estimate", [ALL, HALF, NOTHING, BABBLE])
@pytest.mark.parametrize(
    ("original", "why"),
    [
        (NOTHING, "no ceiling: the recogniser hears no voice in the baseline"),
        (BABBLE, "no ceiling: the recogniser understands no word of the baseline"),
    ],
)
def test_an_original_that_nobody_understands_makes_no_scale(estimate, original, why):
    for rate in measured(estimate, original).values():
        assert (rate.ceiling, rate.scaled, rate.scaled_interval) == (None, None, None)
        assert rate.verdict in OPEN and why in rate.note


def test_of_lyrics_without_an_order_there_is_no_ceiling():
    one = heard("amor", ("amor",))
    for rate in measured(one, one).values():
        assert rate.value == 0 and rate.verdict in OPEN
        assert "shuffled lyrics fit what was heard of the baseline as well" in rate.note


@pytest.mark.parametrize("estimate", [NOTHING, BABBLE, heard("the"), heard("and nobody")])
def test_a_take_of_which_no_word_is_understood_is_never_close(estimate):
    for rate in measured(estimate).values():
        assert rate.note.startswith("no word was understood") is not estimate.is_understood
        assert rate.verdict not in CLOSE
        if not estimate.is_understood:
            assert rate.verdict in ("as other music", *OPEN)


@given(st.lists(st.sampled_from(VERSE), max_size=25), st.lists(st.sampled_from(VERSE), max_size=25))
def test_a_verdict_wants_evidence_on_both_sides(sung, played):
    estimate, reference = heard(" ".join(sung)), heard(" ".join(played))
    for rate in measured(estimate, reference).values():
        if not reference.is_understood:
            assert rate.verdict in OPEN
        if not estimate.is_understood:
            assert rate.verdict not in CLOSE


@pytest.mark.parametrize("why", ["no ceiling: it is not here", "nobody listened; type: that"])
def test_without_the_originals_words_it_says_why_and_the_rest_stays(why):
    for rate in measured(HALF, why).values():
        assert rate.value is not None and rate.floor is not None and rate.interval is not None
        assert (rate.ceiling, rate.scaled, rate.verdict) == (
            None,
            None,
            "no scale",
        )
        assert rate.note == f"9 of 17 words understood; {why}"


def test_another_recognisers_ceiling_is_none():
    rate = measured(ALL, heard(ALL.raw_text, recogniser="another"))[WORDS]
    assert rate.ceiling is None and "another recogniser heard the baseline" in rate.note


def test_a_take_nobody_listened_to_has_no_number_and_says_what_to_type():
    words = TranscriptPair(ALL, "nobody listened; type: invoke understand")
    assert (
        lyrics.validate(words) == words.estimate and lyrics.validate(TranscriptPair(ALL, ALL)) == ""
    )
    for rate in lyrics.evaluate(words).values():
        assert (rate.value, rate.verdict, rate.note) == (
            None,
            "unknown",
            words.estimate,
        )


def test_the_sketch_stands_beside():
    rate = measured(ALL, control=NOTHING)[WORDS]
    assert (rate.mark, rate.mark_scaled, rate.against_mark) == (
        1.0,
        0.0,
        "ahead",
    )


def test_few_words_have_no_interval():
    short = heard("we danced", VERSE[4:7])
    rate = measured(short, heard("we danced until", VERSE[4:7]))[WORDS]
    assert rate.value == pytest.approx(1 / 3) and rate.interval is None
    assert "no interval: fewer than 8 words" in rate.note


def test_the_interval_of_independent_errors_is_that_of_their_number():
    """60 words, every other one wrong: the standard error of a share of .5 is .5 / √60."""
    expected = tuple(f"word{number}" for number in range(60))
    random = np.random.default_rng(3)
    wrong = random.permutation(60)[:30]
    text = " ".join("x" if place in wrong else word for place, word in enumerate(expected))
    low, high = measured(heard(text, expected), heard(" ".join(expected), expected))[WORDS].interval
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 60**0.5, rel=0.35)


def test_the_same_words_give_the_same_interval():
    assert measured(HALF) == measured(HALF)


@given(texts.filter(bool), texts)
def test_edits_are_the_fewest_wherever_they_fall(expected, understood):
    transcript = Transcript(tuple(expected), tuple(understood), " ".join(understood))
    for rate in lyrics.RATES:
        errors, sizes = lyrics.errors_by_word(rate, transcript)
        assert len(errors) == len(sizes) == len(expected)
        assert errors.sum() / sizes.sum() == pytest.approx(rate.value(transcript))
    assert lyrics.RATES[0].value(transcript) == character_error_rate(expected, understood)
    assert lyrics.RATES[1].value(transcript) == edit_distance(expected, understood) / len(expected)


def test_an_edit_falls_on_its_word():
    where = lyrics.edits_at(["we", "danced", "until"], ["oh", "we", "sang", "until", "the"])
    assert list(where) == [1, 1, 1]
    assert list(lyrics.edits_at(["a", "b"], [])) == [1, 1]
    assert list(lyrics.edits_at(["a", "b"], ["a", "b", "c", "d"])) == [0, 2]


@pytest.mark.parametrize("metric", lyrics.METRICS)
def test_every_rate_says_what_it_is(metric):
    assert all(parse_docstring(metric).values())
    assert metric.closer_is == "lower" and metric.unit.startswith("errors per")
