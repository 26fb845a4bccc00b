import pytest

from secondtake_analysis.sentences import asked_and_made, sentence

ONE = {
    "name": "timbre", "scaled": 0.42, "floor": 0.1, "ceiling": 0.8, "mark": 0.2,
    "interval": [0.3, 0.5], "against_mark": "ahead",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Timbre: 42% (29% to 57%) of the way from pink noise to the baseline itself; ahead"),
        ({"interval": None}, "42% (too short for an interval) of the way"),
        ({"floor": 0.9, "ceiling": 0.1, "interval": [0.5, 0.7]}, "42% (25% to 50%) of the way"),
        ({"scaled": -0.1}, "no closer to the baseline than pink noise is"),
        ({"interval": [0.0, 0.5]}, "not to be told from pink noise (0.10)"),
        ({"scaled": 1.2}, "as close to the baseline as its own other parts are"),
        ({"against_mark": "behind"}, "behind the sketch, beyond the interval (0.20)"),
        ({"against_mark": "level"}, "not to be told from the sketch (0.20)"),
    ],
)
def test_what_a_figure_says(change, words):
    assert words in sentence({**ONE, **change}, "baseline")


def test_no_scale_no_sentence_and_no_claim_about_a_baseline_without_one():
    assert sentence({**ONE, "scaled": None}, "baseline") == ""
    assert "baseline" not in sentence({**ONE, "against_mark": ""}, "sketch")


def test_asked_beside_measured():
    asked = {"bpm": 120, "key": "A minor"}
    made = {"tempo_bpm": 97.24, "tempo_note": "", "key": "C major"}
    line = asked_and_made({"asked": asked, "measured": made})
    assert line == "Asked for 120 BPM and A minor; measured 97.2 BPM, C major."
    made = {"tempo_bpm": None, "tempo_note": "undecidable below 5 s", "key": None}
    assert "undecidable below 5 s, no key" in asked_and_made({"asked": asked, "measured": made})
