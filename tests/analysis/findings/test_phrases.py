import pytest

from secondtake.analysis.findings.phrases import (
    format_score,
    in_segments,
    join_names,
    measurement_sentence,
    requested_and_measured,
)
from secondtake.analysis.metrics.metric import OPEN

ONE = {
    "name": "embedding", "question": "timbre", "scaled": 0.42, "scaled_interval": [0.29, 0.57],
    "verdict": "between", "mark_scaled": 0.2, "against_mark": "ahead", "note": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Timbre (embedding): closer to the baseline than most other music, though not beyond"),
        ({}, "doubt, 0.42 (0.29 to 0.57); ahead of the control, beyond the interval (0.20)"),
        ({"name": "timbre"}, "Timbre: closer"),
        (
            {"verdict": "further", "scaled": -0.1},
            "further from the baseline than other music is, −",
        ),
        ({"verdict": "as other music"}, "not to be told from other music, 0.42 (0.29 to 0.57)"),
        ({"verdict": "closer"}, "closer to the baseline than most other music, 0.42"),
        ({"verdict": "as itself"}, "as close to the baseline as its own other parts are, 0.42"),
        ({"against_mark": "level"}, "not to be told from the control (0.20)"),
        ({"question": "level", "verdict": "as itself"}, "closer to the baseline than most other"),
        ({"question": "rhythm", "name": "tempo", "verdict": "as itself"}, "closer to the baseline"),
        (
            {"question": "lyrics", "verdict": "closer"},
            "more words are understood than chance gives",
        ),
        ({"question": "lyrics", "verdict": "as other music"}, "no more is understood than chance"),
        (
            {
                "question": "lyrics",
                "verdict": "as other music",
                "note": "no word was understood; too short",
            },
            "Lyrics (embedding): no word was understood, 0.42",
        ),
    ],
)
def test_what_a_figure_says(change, words):
    assert words in measurement_sentence({**ONE, **change}, "baseline")


def test_as_close_as_the_baseline_only_where_it_is_close_overall():
    same = {**ONE, "verdict": "as itself"}
    lost = {**ONE, "question": "overall", "verdict": "as other music"}
    assert "as its own other parts" not in measurement_sentence(same, "baseline", lost)
    assert "as its own other parts" in measurement_sentence(
        same, "baseline", {**lost, "verdict": "closer"}
    )


@pytest.mark.parametrize(
    ("own", "control", "says"),
    [
        ({}, {}, "; ahead"),
        ({"verdict": "as other music"}, {}, ""),  # neither is closer than other music
        ({}, {"verdict": "undecided"}, ""),
        ({"against_mark": "behind"}, {"verdict": "closer"}, "; behind the control"),
        ({"against_mark": "behind"}, {"verdict": "as other music"}, ""),
        ({"against_mark": "behind"}, None, ""),
    ],
)
def test_ahead_and_behind_only_where_the_winner_is_closer_than_other_music(own, control, says):
    beside = None if control is None else {**ONE, **control}
    sentence = measurement_sentence({**ONE, **own}, "baseline", None, beside)
    assert says in sentence if says else "the control" not in sentence


@pytest.mark.parametrize("verdict", OPEN)
def test_what_is_open_says_nothing(verdict):
    assert measurement_sentence({**ONE, "verdict": verdict}, "baseline") == ""


def test_no_scale_no_sentence_and_no_claim_about_a_baseline_without_one():
    assert measurement_sentence({**ONE, "scaled": None}, "baseline") == ""
    assert "baseline" not in measurement_sentence({**ONE, "against_mark": ""}, "sketch")


def test_numbers_and_lists_as_people_write_them():
    assert format_score(-0.104, -0.2, 0.1) == "−0.10 (−0.20 to 0.10)"
    assert format_score(0.5, None, None) == "0.50 (too short for an interval)"
    assert join_names(["a"]) == "a"
    assert join_names(["a", "b", "a", "c"]) == "a, b and c"
    assert join_names("abcdefghijkl") == "a, b, c, d, e, f, g, h and 4 more"


@pytest.mark.parametrize(
    ("holds", "of", "words"),
    [
        ([7], 1, "in segment 7"),
        ([7, 8], 2, "in both segments"),
        ([7, 8, 9], 3, "in all 3 segments"),
        ([7], 3, "in 1 of 3 segments"),
    ],
)
def test_in_which_segments(holds, of, words):
    assert in_segments(holds, of) == words


def test_asked_beside_measured():
    request = {"bpm": 120, "meter": "", "key": "A minor"}
    measured = {"tempo_bpm": 97.24, "tempo_note": "", "key": "C major"}
    line = requested_and_measured({"asked": request, "measured": measured})
    assert line == "Asked for 120 BPM and A minor; measured 97.2 BPM, C major."
    waltz = requested_and_measured({"asked": {**request, "meter": "3/4"}, "measured": measured})
    assert waltz.startswith("Asked for 120 BPM in 3/4 and A minor; measured")
    measured = {"tempo_bpm": None, "tempo_note": "undecidable below 5 s", "key": None}
    assert "undecidable below 5 s, no key" in requested_and_measured(
        {"asked": request, "measured": measured}
    )
