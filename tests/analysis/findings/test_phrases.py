import pytest

from secondtake.analysis.findings.phrases import (
    format_score,
    in_segments,
    join_names,
    open_reason,
    verdict_words,
)

ONE = {
    "name": "embedding", "question": "timbre", "scaled": 0.42, "scaled_interval": [0.29, 0.57],
    "verdict": "between", "mark_scaled": 0.2, "against_mark": "ahead", "note": "",
}  # fmt: skip


PROMPT = {"question": "prompt", "name": "prompt adherence"}
LIKED = {"question": "aesthetics", "name": "production quality"}
CLOSER = "closer to {reference} than most other music"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, f"{CLOSER}, though not beyond doubt"),
        ({"verdict": "further"}, "further from {reference} than other music is"),
        ({"verdict": "as other music"}, "not to be told from other music"),
        ({"verdict": "closer"}, CLOSER),
        ({"verdict": "as itself"}, "as close to {reference} as its own other parts are"),
        ({"question": "level", "verdict": "as itself"}, CLOSER),
        ({"question": "rhythm", "name": "tempo", "verdict": "as itself"}, CLOSER),
        (
            {"question": "lyrics", "verdict": "closer"},
            "more words are understood than chance gives",
        ),
        (
            {"question": "lyrics", "verdict": "as other music"},
            "no more is understood than chance gives",
        ),
        (
            {
                "question": "lyrics",
                "verdict": "as other music",
                "note": "no word was understood; too short",
            },
            "no word was understood",
        ),
        ({**PROMPT, "verdict": "closer"}, "better than under most other prompts"),
        ({**PROMPT, "verdict": "as itself"}, "better than under most other prompts"),
        ({**PROMPT, "verdict": "as other music"}, "no better than under other prompts"),
        ({**LIKED, "verdict": "as other music"}, "no better than damaged copies of the baseline"),
        ({**LIKED, "verdict": "further"}, "worse than damaged copies of the baseline"),
        (
            {**LIKED, "verdict": "between"},
            "better than most damaged copies of the baseline, though not beyond doubt",
        ),
    ],
)
def test_what_a_figure_says(change, words):
    assert verdict_words({**ONE, **change}) == words


def test_as_close_as_the_baseline_only_where_it_is_close_overall():
    same = {**ONE, "verdict": "as itself"}
    lost = {**ONE, "question": "overall", "verdict": "as other music"}
    assert "as its own other parts" not in verdict_words(same, lost)
    assert "as its own other parts" in verdict_words(same, {**lost, "verdict": "closer"})


def test_why_there_is_no_scale_says_what_stands_for_other_music():
    none = {**ONE, "verdict": "no scale", "ceiling": 0.1, "note": "about the value"}
    assert "than other music is: no scale" in open_reason(none)
    assert "hardly better than under other prompts: no scale" in open_reason({**none, **PROMPT})
    assert open_reason({**none, "ceiling": None}) == "about the value"


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
